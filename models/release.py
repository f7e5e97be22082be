"""Train, try, and promote only what passes: the one way a model comes into use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.core.catalogue import Catalogue
from models.card import model_card, render_card
from models.ebm import FitSettings
from models.evidence import GuidanceSupport, Nearest
from models.gates import Challenger, Decision, decide
from models.history import Episode
from models.registry import Registry
from models.train import TrainedModel, train


@dataclass(frozen=True, slots=True)
class Released:
    """What came of a training: the candidate, the gates and the card; `promoted` says whether it is in use now."""

    version: str
    promoted: bool
    decision: Decision
    card: dict[str, Any]
    trained: TrainedModel


def train_and_release(
    episodes: Sequence[Episode],
    catalogue: Catalogue,
    registry: Registry,
    seed: int = 0,
    *,
    nearest: Nearest | None = None,
    guidance_support: GuidanceSupport | None = None,
    without: Iterable[str] = (),
    settings: FitSettings | None = None,
    challenger: Challenger | None = None,
    promote: bool = True,
) -> Released:
    """Train on the history, run the gates, keep the candidate, and put it to use only if every gate passed.

    A refused candidate leaves the model in use as it was. `promote=False` tries without putting to use.
    Raises `HistoryError` where nothing can be learnt.
    """
    trained = train(
        episodes,
        catalogue,
        seed,
        nearest=nearest,
        guidance_support=guidance_support,
        without=without,
        settings=settings,
    )
    decision = decide(trained, catalogue, challenger)
    card = model_card(trained, decision, catalogue)
    texts = {f"card.{language}.md": render_card(card, catalogue, language) for language in ("da", "en")}
    registry.add(trained.model, card, texts)
    put_to_use = decision.passed and promote
    if put_to_use:
        registry.promote(trained.model.version)
    return Released(trained.model.version, put_to_use, decision, card, trained)
