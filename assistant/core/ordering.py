"""The order of suggestions: law first, then the citizen's own goal, then evidence, then score, then gentleness.

Scores are compared within one goal type only, so a goal type's places in the order are filled by its scores and
never traded with another goal type's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.core.catalogue import Catalogue
from assistant.core.domain import Eligibility, Tier, View
from assistant.core.eligibility import Assessment
from assistant.core.gates import condition
from assistant.core.rules import GoalTopic, Ordering

NEGATION_REACH = 24
"""How many characters before a goal word a negation still turns it around."""

_CLAUSE_END = re.compile(r"[.,;:!?\n]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a pathway is pointed to."""

    tier: Tier
    because_da: str
    because_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A pathway with its place in the order, from 1, and the reasons for it."""

    assessment: Assessment
    rank: int
    reasons: tuple[Reason, ...]
    placed_by: str


def goal_topics_in(text: str, ordering: Ordering) -> tuple[GoalTopic, ...]:
    """The topics that a citizen's own words point to; a negated mention does not count."""
    return tuple(topic for topic in ordering.goal_topics.values() if _mentions(text, topic, ordering))


def _mentions(text: str, topic: GoalTopic, ordering: Ordering) -> bool:
    for pattern in topic.words:
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - NEGATION_REACH) : match.start()]
            clause = _CLAUSE_END.split(before)[-1]
            if not topic.negatable or not any(negation.search(clause) for negation in ordering.negations):
                return True
    return False


def reasons_for(
    assessment: Assessment, view: View, catalogue: Catalogue, goals: Sequence[GoalTopic]
) -> tuple[Reason, ...]:
    """Every reason that points to the pathway, heaviest tier first.

    The citizen's goal alone points only to a pathway whose conditions are met: for one that is undetermined it
    would make us ask for data merely because it is absent.
    """
    pathway = assessment.pathway
    found = [
        Reason(tier=p.tier, because_da=p.because_da, because_en=p.because_en)
        for p in pathway.pointers
        if condition(p.when, view, catalogue) is True
    ]
    found.extend(_documents(assessment, view, catalogue))
    shared = [topic for topic in goals if topic.id in pathway.goal_topics]
    if shared and (found or assessment.eligibility is Eligibility.ELIGIBLE):
        found.append(
            Reason(
                tier="goal",
                because_da=f"Borgerens eget mål handler om {shared[0].label_da}.",
                because_en=f"The citizen's own goal is about {shared[0].label_en}.",
            )
        )
    weight = {"law": 0, "goal": 1, "evidence": 2}
    return tuple(sorted(found, key=lambda reason: weight[reason.tier]))


def _documents(assessment: Assessment, view: View, catalogue: Catalogue) -> list[Reason]:
    wanted = set(assessment.pathway.evidence_required)
    reasons = []
    for name, fact in sorted(view.facts.items()):
        if isinstance(fact.value, tuple):
            for item in sorted(wanted & set(fact.value)):
                label_da = catalogue.value_label(name, item, "da")
                label_en = catalogue.value_label(name, item, "en")
                reasons.append(
                    Reason(
                        tier="evidence",
                        because_da=f"På sagen ligger: {label_da}.",
                        because_en=f"On file: {label_en}.",
                    )
                )
    return reasons


def may_be_ranked(assessment: Assessment) -> bool:
    """Whether the pathway can have a place at all: open, and not a duty."""
    return assessment.open and not assessment.pathway.duty


def order(
    pointed: Mapping[str, tuple[Reason, ...]],
    assessments: Mapping[str, Assessment],
    scores: Mapping[str, float],
) -> tuple[Ranked, ...]:
    """Put the pathways that something points to in order.

    `scores` holds the probability of those that may be scored; a pathway without one keeps its place by
    gentleness. The same input gives the same order.
    """
    catalogue_order = {pathway: place for place, pathway in enumerate(assessments)}
    buckets: dict[tuple[int, int, int, int], list[str]] = defaultdict(list)
    for pathway, reasons in pointed.items():
        buckets[_bucket(assessments[pathway], reasons)].append(pathway)
    ranked: list[Ranked] = []
    for key in sorted(buckets):
        members = sorted(buckets[key], key=lambda p: (assessments[p].pathway.intrusiveness, catalogue_order[p]))
        for pathway in _by_score_within_goal_type(members, assessments, scores):
            placed = _placed_by(key, pathway, members, assessments, scores)
            ranked.append(
                Ranked(
                    assessment=assessments[pathway],
                    rank=len(ranked) + 1,
                    reasons=pointed[pathway],
                    placed_by=placed,
                )
            )
    return tuple(ranked)


def _bucket(assessment: Assessment, reasons: Sequence[Reason]) -> tuple[int, int, int, int]:
    tiers = [reason.tier for reason in reasons]
    return (
        0 if "law" in tiers else 1,
        0 if "goal" in tiers else 1,
        0 if assessment.eligibility is Eligibility.ELIGIBLE else 1,
        -tiers.count("evidence"),
    )


def _by_score_within_goal_type(
    members: Sequence[str], assessments: Mapping[str, Assessment], scores: Mapping[str, float]
) -> list[str]:
    """Fill each goal type's places, as gentleness gave them, with its pathways by falling score."""
    of_type: dict[str, list[str]] = defaultdict(list)
    for pathway in members:
        if pathway in scores:
            of_type[assessments[pathway].pathway.goal_type].append(pathway)
    by_score = {kind: iter(sorted(group, key=lambda p: -scores[p])) for kind, group in of_type.items()}
    return [next(by_score[assessments[p].pathway.goal_type]) if p in scores else p for p in members]


def _placed_by(
    key: tuple[int, int, int, int],
    pathway: str,
    members: Sequence[str],
    assessments: Mapping[str, Assessment],
    scores: Mapping[str, float],
) -> str:
    """What gave the pathway its place: `law`, `goal`, `evidence`, `score` or `gentleness`."""
    if len(members) > 1:
        kind = assessments[pathway].pathway.goal_type
        rivals = [p for p in members if p != pathway and assessments[p].pathway.goal_type == kind and p in scores]
        return "score" if pathway in scores and rivals else "gentleness"
    if key[0] == 0:
        return "law"
    return "goal" if key[1] == 0 else "evidence"
