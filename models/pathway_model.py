"""P(goal reached | case, pathway): one additive model whose every number can be accounted for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.core.errors import CheckFailedError, MissingError
from models import conformal, tables
from models import features as feature_io
from models.columns import Floats
from models.ebm import build_ebm
from models.evidence import shrunken_rate
from models.features import GUIDANCE, PAST_CASES, Feature, bin_counts, bins_of, encode_facts
from models.history import Facts
from models.joints import shared_out

FORMAT = 1
FILE = "model.json"


class ModelFileError(CheckFailedError):
    """A model file that is not what it says it is."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"The model at {path} {what}; train again with `vejviser train`.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything a model is, as it lies on disk: tables and rates, no rows and no cell under ten people.

    Per pathway, in order: `prior` (the rate that similar cases are shrunk towards), `cuts` (conformal),
    `experience` (cases learnt from), `goal_types`. `mean[p, j]` is μ_pj over the training rows.
    """

    pathways: tuple[str, ...]
    goal_types: tuple[str, ...]
    features: tuple[Feature, ...]
    tables: tables.Tables
    mean: Floats
    prior: tuple[float, ...]
    alpha: float
    cuts: tuple[conformal.Cut, ...]
    experience: tuple[int, ...]
    nominal: float
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """One case under every pathway: values[p, j] = g_pj(x_j), mean[p, j] = μ_pj, context[p] = c + f_P(p).

    Where the model has joint terms of two facts, each fact's exact share of them is part of its value and mean.
    `margin` is the library's own answer, worked out apart from `values`.
    """

    pathways: tuple[str, ...]
    features: tuple[str, ...]
    values: Floats
    mean: Floats
    context: Floats
    margin: Floats


class PathwayModel:
    """A trained model, ready to score; immutable once made."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.version = "m-" + hashlib.sha256(_text(content).encode()).hexdigest()[:16]
        self.pathways = content.pathways
        self.features = tuple(feature.name for feature in content.features)
        self.parents = {f.name: f.parent for f in content.features if f.parent is not None}
        self.alpha = content.alpha
        self.prior = dict(zip(content.pathways, content.prior, strict=True))
        self._place = {pathway: place for place, pathway in enumerate(content.pathways)}
        self._column = {name: column for column, name in enumerate(self.features)}
        self._summed = _stacked(content)
        self._context = content.tables.intercept + content.tables.pathway
        self._ebm = build_ebm(content.features, content.tables)

    def terms(
        self,
        facts: Facts,
        past_success: Mapping[str, float] | None = None,
        guidance_support: Mapping[str, float] | None = None,
    ) -> Terms:
        """The case's terms under every pathway; a pathway without evidence has it as unknown."""
        rows = self._rows(facts, past_success or {}, guidance_support or {})
        bins = tables.binned(self.content.features, rows)
        everyone = np.arange(len(self.pathways))[:, None]
        values = self._summed[everyone, np.arange(len(self.features))[None, :], bins]
        if self.content.tables.joint:
            values = values + shared_out(self.content.tables.joint, bins)
        coded = np.column_stack([np.arange(len(self.pathways), dtype=np.float64), rows])
        return Terms(
            pathways=self.pathways,
            features=self.features,
            values=values,
            mean=self.content.mean,
            context=self._context,
            margin=np.asarray(self._ebm.decision_function(coded), dtype=np.float64),
        )

    def _rows(self, facts: Facts, past: Mapping[str, float], guidance: Mapping[str, float]) -> Floats:
        rows = np.tile(encode_facts(self.content.features, facts), (len(self.pathways), 1))
        for name, support in ((PAST_CASES, past), (GUIDANCE, guidance)):
            if name in self._column:
                rows[:, self._column[name]] = [support.get(pathway, np.nan) for pathway in self.pathways]
        return rows

    def scores(self, rows: Floats, past_success: Floats | None, guidance_support: Floats | None) -> Floats:
        """Margins of many cases under every pathway, shape [n, P]; for nightly work and evaluation.

        `rows` are encoded facts (`models.features.encode_many`); the evidence has shape [n, P].
        """
        shared = np.zeros((len(rows), len(self.pathways))) + self._context
        for j, feature in enumerate(self.content.features):
            own = {PAST_CASES: past_success, GUIDANCE: guidance_support}.get(feature.name)
            if own is None:
                shared += self._summed[:, j, :].T[bins_of(feature, rows[:, j])]
            else:
                for p in range(len(self.pathways)):
                    shared[:, p] += self._summed[p, j, bins_of(feature, own[:, p])]
        if self.content.tables.joint:
            bins = tables.binned(self.content.features, rows)
            for joint in self.content.tables.joint:
                shared += joint.of(bins)[:, None]
        return shared

    def curve(self, pathway: str, feature: str) -> Callable[[Floats], Floats]:
        """g_pj as a function of the feature's number (NaN is unknown)."""
        p, j = self._place[pathway], self._column[feature]
        spec, scores = self.content.features[j], self._summed[p, j]
        return lambda x: scores[bins_of(spec, np.asarray(x, dtype=np.float64))]

    def past_success(self, pathway: str, successes: float, k: int) -> float:
        """The value of `evidence:past_cases` for `successes` among `k` similar earlier cases."""
        return float(shrunken_rate(successes, k, self.prior[pathway], self.alpha))

    def in_prediction_set(self, pathway: str, probability: float) -> bool:
        """Whether reaching the goal is among what the model cannot rule out (conformal, see `models.conformal`)."""
        return bool(probability >= self.content.cuts[self._place[pathway]].success)

    def experience(self, pathway: str) -> int:
        """How many earlier cases of this pathway the model learnt from; 0 for one it does not know."""
        place = self._place.get(pathway)
        return 0 if place is None else self.content.experience[place]

    def save(self, folder: Path) -> None:
        """Write `model.json` into `folder`; the same model gives the same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(_text(self.content), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> PathwayModel:
        """Read a saved model; `MissingError` where there is none, `ModelFileError` where it is damaged."""
        path = folder / FILE
        if not path.is_file():
            raise MissingError(f"No pathway model at {folder}; train one with `vejviser train`.")
        try:
            return cls(_content(json.loads(path.read_text(encoding="utf-8"))))
        except (ValueError, KeyError, TypeError) as error:
            raise ModelFileError(path, f"cannot be read ({type(error).__name__}: {error})") from error


def _stacked(content: Content) -> Floats:
    width = max(bin_counts(feature) for feature in content.features) + 2
    stacked = np.zeros((len(content.pathways), len(content.features), width))
    for j, summed in enumerate(content.tables.summed()):
        stacked[:, j, : summed.shape[1]] = summed
    return stacked


def _text(content: Content) -> str:
    data = {
        "format": FORMAT,
        "about": dict(content.about),
        "pathways": list(content.pathways),
        "goal_types": list(content.goal_types),
        "features": [feature_io.as_mapping(feature) for feature in content.features],
        "tables": tables.as_mapping(content.tables),
        "mean": content.mean.tolist(),
        "prior": list(content.prior),
        "alpha": content.alpha,
        "cuts": [conformal.as_mapping(cut) for cut in content.cuts],
        "experience": list(content.experience),
        "nominal": content.nominal,
    }
    return json.dumps(data, ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":"))


def _content(data: Mapping[str, Any]) -> Content:
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']}, this program reads {FORMAT}")
    return Content(
        pathways=tuple(data["pathways"]),
        goal_types=tuple(data["goal_types"]),
        features=tuple(feature_io.from_mapping(feature) for feature in data["features"]),
        tables=tables.from_mapping(data["tables"]),
        mean=np.array(data["mean"], dtype=np.float64).reshape(len(data["pathways"]), len(data["features"])),
        prior=tuple(float(rate) for rate in data["prior"]),
        alpha=float(data["alpha"]),
        cuts=tuple(conformal.from_mapping(cut) for cut in data["cuts"]),
        experience=tuple(int(count) for count in data["experience"]),
        nominal=float(data["nominal"]),
        about=data["about"],
    )


def sigmoid(margin: Floats) -> Floats:
    """1 / (1 + e^−margin)."""
    return np.asarray(1 / (1 + np.exp(-margin)))


def pathway_codes(pathways: Sequence[str], names: Sequence[str]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Each name's place among the model's pathways, −1 where it has none."""
    place = {pathway: code for code, pathway in enumerate(pathways)}
    return np.array([place.get(name, -1) for name in names], dtype=np.int64)
