"""Train, try, and promote only what passes: the one way a model comes into use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assistant.core.catalogue import Catalogue
from models.card import model_card, render_card
from models.ebm import FitSettings
from models.evidence import EvidenceSource
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to train and release: `without` leaves fields out, `promote=False` tries without putting to use."""

    seed: int = 0
    without: tuple[str, ...] = ()
    promote: bool = True
    settings: FitSettings | None = None
    challenger: Challenger | None = None


def train_and_release(
    episodes: Sequence[Episode],
    catalogue: Catalogue,
    registry: Registry,
    plan: Plan | None = None,
    evidence: EvidenceSource | None = None,
) -> Released:
    """Train on the history, run the gates, keep the candidate, and put it to use only if every gate passed.

    A refused candidate leaves the model in use as it was. Raises `HistoryError` where nothing can be learnt.
    """
    plan = plan or Plan()
    trained = train(episodes, catalogue, plan.seed, evidence, without=plan.without, settings=plan.settings)
    decision = decide(trained, catalogue, plan.challenger)
    card = model_card(trained, decision, catalogue)
    texts = {f"card.{language}.md": render_card(card, catalogue, language) for language in ("da", "en")}
    registry.add(trained.model, card, texts)
    put_to_use = decision.passed and plan.promote
    if put_to_use:
        registry.promote(trained.model.version)
    return Released(trained.model.version, put_to_use, decision, card, trained)
