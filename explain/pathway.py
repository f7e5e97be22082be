"""One pathway's whole explanation, and the gate that refuses one that does not add up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from assistant.core.errors import CheckFailedError
from explain.game import Curve, Floats, guidance_shares, past_case_shares

TOLERANCE = 1e-9
"""How far an explanation may miss the library's own margin, in logits, before it is refused."""

PAST_CASES = "evidence:past_cases"
GUIDANCE = "evidence:guidance"
PRIOR = "past_case:prior"
BASELINE = "guidance:baseline"
PATHWAY = "pathway"

Kind: TypeAlias = Literal["fact", "note", "guidance", "past_case", "pathway"]


class ExplanationRefused(CheckFailedError):  # noqa: N818 - the name is the design's
    """The numbers do not account for the score, so nothing is shown."""

    def __init__(self, pathway: str, what: str, residual: float) -> None:
        self.pathway = pathway
        self.residual = residual
        super().__init__(
            f"The explanation of {pathway!r} is refused: {what} (off by {residual:.3g}); use the rules and the "
            "guidance without a score, and report the model version to the owner."
        )


@dataclass(frozen=True, slots=True)
class Contribution:
    """One part of a margin, in logits; a parent's value is the sum of its children and is no leaf."""

    id: str
    kind: Kind
    value: float
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class PathwayExplanation:
    """Base plus the leaves is the margin; probability is sigmoid(margin)."""

    pathway: str
    base: float
    margin: float
    probability: float
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class PathwayTerms:
    """What the model says of one pathway: g_pj(x_j), mu_pj, c + f_P(p), and the library's own margin."""

    pathway: str
    features: tuple[str, ...]
    values: Floats
    means: Floats
    context: float
    margin: float
    base: float


@dataclass(frozen=True, slots=True)
class PastEvidence:
    """The nearest earlier cases by opaque id, whether each reached its goal, and the curve that read them."""

    ids: tuple[str, ...]
    reached: tuple[bool, ...]
    curve: Curve
    alpha: float
    prior: float


@dataclass(frozen=True, slots=True)
class GuidanceEvidence:
    """The pathway's best passages with their relevance in [0, 1], and the curve that read them."""

    ids: tuple[str, ...]
    relevances: tuple[float, ...]
    curve: Curve


def split_terms(
    pathways: Sequence[str],
    features: Sequence[str],
    values: Floats,
    means: Floats,
    context: Floats,
    margin: Floats,
) -> dict[str, PathwayTerms]:
    """The model's terms per pathway; `values` and `means` are [pathways, features].

    The base is the mean over pathways of v_p(empty set), so that it is the same number for all of them.
    """
    empty = context + means.sum(axis=1)
    base = float(empty.mean())
    return {
        pathway: PathwayTerms(pathway, tuple(features), values[i], means[i], float(context[i]), float(margin[i]), base)
        for i, pathway in enumerate(pathways)
    }


def explain_pathway(
    terms: PathwayTerms,
    past: PastEvidence | None,
    guidance: GuidanceEvidence | None,
    *,
    probability: float | None = None,
    parents: Mapping[str, str] | None = None,
) -> PathwayExplanation:
    """Every number behind one pathway's margin.

    `parents` maps a feature to the list field it is an item of; without it `field=item` names its parent.
    `probability` is the library's own, checked when given. Raises `ExplanationRefused` when base plus leaves
    miss the library's margin, or sigmoid(margin) the probability, by more than `TOLERANCE`.
    """
    parts: list[Contribution] = []
    sums: dict[str, list[float]] = {}
    values, means = terms.values.tolist(), terms.means.tolist()
    for feature, value, mean in zip(terms.features, values, means, strict=True):
        if feature == PAST_CASES and past is not None:
            parts += _past_parts(past, mean)
        elif feature == GUIDANCE and guidance is not None:
            parts += _guidance_parts(guidance, mean)
        else:
            parts.append(_fact_part(feature, value - mean, parents))
    empty = terms.context + math.fsum(means)
    parts.append(Contribution(PATHWAY, "pathway", empty - terms.base))
    for part in parts:
        if part.parent is not None:
            sums.setdefault(part.parent, []).append(part.value)
    kinds: dict[str, Kind] = {PAST_CASES: "past_case", GUIDANCE: "guidance"}
    whole = [Contribution(name, kinds.get(name, "fact"), math.fsum(items)) for name, items in sums.items()]
    explanation = PathwayExplanation(terms.pathway, terms.base, terms.margin, sigmoid(terms.margin), (*whole, *parts))
    check(explanation, probability)
    return explanation


def check(explanation: PathwayExplanation, probability: float | None = None) -> float:
    """The residual |base + leaves - margin|; raises `ExplanationRefused` when it, or the probability, is off."""
    leaves_sum = math.fsum(part.value for part in leaves(explanation.contributions))
    residual = abs(explanation.base + leaves_sum - explanation.margin)
    if not residual <= TOLERANCE:  # also catches NaN
        raise ExplanationRefused(explanation.pathway, "base plus contributions miss the model's margin", residual)
    stated = explanation.probability if probability is None else probability
    gap = abs(sigmoid(explanation.margin) - stated)
    if not gap <= TOLERANCE:
        raise ExplanationRefused(explanation.pathway, "the probability is not that of the margin", gap)
    return residual


def leaves(contributions: Iterable[Contribution]) -> tuple[Contribution, ...]:
    """The contributions that are no one's parent."""
    known = tuple(contributions)
    parents = {part.parent for part in known}
    return tuple(part for part in known if part.id not in parents)


def sigmoid(margin: float) -> float:
    """The logistic function, without overflow.

    >>> sigmoid(0.0), sigmoid(-1000.0)
    (0.5, 0.0)
    """
    if margin >= 0:
        return 1 / (1 + math.exp(-margin))
    odds = math.exp(margin)
    return odds / (1 + odds)


def _fact_part(feature: str, value: float, parents: Mapping[str, str] | None) -> Contribution:
    field = (parents or {}).get(feature) or (feature.split("=", 1)[0] if "=" in feature else None)
    if feature in (PAST_CASES, GUIDANCE):
        return Contribution(feature, "past_case" if feature == PAST_CASES else "guidance", value)
    return Contribution(f"fact:{feature}", "fact", value, None if field is None else f"fact:{field}")


def _past_parts(past: PastEvidence, mean: float) -> list[Contribution]:
    shares = past_case_shares(past.curve, past.reached, alpha=past.alpha, prior=past.prior, mean=mean)
    named = [
        Contribution(f"past_case:{name}", "past_case", share, PAST_CASES)
        for name, share in zip(past.ids, shares.shares.tolist(), strict=True)
    ]
    return [Contribution(PRIOR, "past_case", shares.prior, PAST_CASES), *named]


def _guidance_parts(guidance: GuidanceEvidence, mean: float) -> list[Contribution]:
    shares = guidance_shares(guidance.curve, np.asarray(guidance.relevances, dtype=np.float64), mean=mean)
    named = [
        Contribution(f"guidance:{name}", "guidance", share, GUIDANCE)
        for name, share in zip(guidance.ids, shares.shares.tolist(), strict=True)
    ]
    return [Contribution(BASELINE, "guidance", shares.baseline, GUIDANCE), *named]
