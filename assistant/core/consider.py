"""All that the rules say of one case, before anything is searched or scored: pure, and the same every time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.core.catalogue import Catalogue
from assistant.core.deadlines import Deadline, running
from assistant.core.domain import Case, Eligibility, ModelUse, Outcome, View
from assistant.core.eligibility import Assessment, assess, blocked_everywhere
from assistant.core.flags import (
    Flag,
    Sight,
    authority_flags,
    deadline_flags,
    gate_flags,
    outdated_flags,
    rule_flags,
    screening_flags,
)
from assistant.core.gates import condition, stopped_by, view_of
from assistant.core.ordering import Ranked, Reason, goal_topics_in, may_be_ranked, order, reasons_for
from assistant.core.rules import GoalTopic, LawChoice, OutcomeRule
from assistant.core.screening import Screened, screen_texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """What the rules make of a case.

    `texts` are the free texts, screened; `note_withheld` says that the note is kept out because other areas are
    masked and free text would leak them. `pointed` holds the reasons per pathway that something points to.
    """

    case: Case
    view: View
    texts: Mapping[str, Screened]
    note_withheld: bool
    goals: tuple[GoalTopic, ...]
    assessments: Mapping[str, Assessment]
    pointed: Mapping[str, tuple[Reason, ...]]
    deadlines: tuple[Deadline, ...]
    flags: tuple[Flag, ...]
    law_choice: LawChoice | None
    stopped: str | None

    @property
    def usable_texts(self) -> dict[str, str]:
        """The screened texts that may be searched with, without what reads like an instruction."""
        return {name: screened.own_words for name, screened in self.texts.items()}


def consider(case: Case, catalogue: Catalogue) -> Considered:
    """Apply gates, masking, screening, eligibility, pointers, deadlines and flags to one case."""
    view = view_of(case, catalogue)
    gate = stopped_by(case, catalogue)
    goal_fields = catalogue.ordering.goal_fields
    text_fields = tuple(name for name, field in catalogue.fields.items() if field.model_use is ModelUse.TEXT_SOURCE)
    every_text = screen_texts(view.facts, text_fields, catalogue.screening)
    notes = [name for name in every_text if name not in goal_fields]
    withheld = bool(view.masked) and bool(notes)
    texts = {name: text for name, text in every_text.items() if not (withheld and name in notes)}
    own_words = " . ".join(texts[name].own_words for name in goal_fields if name in texts)
    goals = goal_topics_in(own_words, catalogue.ordering)
    assessments = {
        key: blocked_everywhere(pathway, view, catalogue, gate.id)
        if gate
        else assess(pathway, view, catalogue, case.today)
        for key, pathway in catalogue.pathways.items()
    }
    pointed = {
        key: reasons
        for key, assessment in assessments.items()
        if may_be_ranked(assessment) and (reasons := reasons_for(assessment, view, catalogue, goals))
    }
    opened = [key for key, assessment in assessments.items() if assessment.open]
    deadlines = running(view, catalogue, case.today, opened)
    eligible = [key for key, a in assessments.items() if a.eligibility is Eligibility.ELIGIBLE]
    # A flag raised by words names only the flag, so a note that is withheld may still raise one.
    sight = Sight(case=case, view=view, texts=every_text, eligible=eligible, note_withheld=withheld)
    flags = _flags(sight, catalogue, assessments, pointed, deadlines)
    choice = next((c for c in catalogue.ordering.law_choices if condition(c.when, view, catalogue) is True), None)
    return Considered(
        case=case,
        view=view,
        texts=texts,
        note_withheld=withheld,
        goals=goals,
        assessments=assessments,
        pointed=pointed,
        deadlines=deadlines,
        flags=flags,
        law_choice=None if gate else choice,
        stopped=gate.id if gate else None,
    )


def _flags(
    sight: Sight,
    catalogue: Catalogue,
    assessments: Mapping[str, Assessment],
    pointed: Mapping[str, tuple[Reason, ...]],
    deadlines: tuple[Deadline, ...],
) -> tuple[Flag, ...]:
    expired = [a.pathway for a in assessments.values() if a.blocked_by == "G7_expired"]
    found = [
        *gate_flags(sight.case, sight.view, catalogue),
        *screening_flags(sight.texts.values(), catalogue),
        *deadline_flags(deadlines),
        *outdated_flags(sight.view, sight.case, catalogue),
        *authority_flags([*(catalogue.pathways[key] for key in pointed), *expired], sight.case.today),
        *rule_flags(sight, catalogue),
    ]
    return tuple({flag.id: flag for flag in found}.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The kind of result, the order of what is suggested, and the rule that called for it, if one did."""

    outcome: Outcome
    ranked: tuple[Ranked, ...]
    rule: OutcomeRule | None


def conclude(considered: Considered, catalogue: Catalogue, scores: Mapping[str, float]) -> Result:
    """Order what is pointed to and name the kind of result.

    `scores` is the probability per pathway that may be scored; empty when the model is off.
    """
    if considered.stopped:
        return Result(outcome=Outcome.OTHER_MUNICIPALITY, ranked=(), rule=None)
    tiers = {reason.tier for reasons in considered.pointed.values() for reason in reasons}
    rule = next(
        (
            rule
            for rule in catalogue.outcomes
            if not tiers & set(rule.unless_tier) and condition(rule.when, considered.view, catalogue) is True
        ),
        None,
    )
    folded = rule.folds if rule else ()
    pointed = {
        key: reasons
        for key, reasons in considered.pointed.items()
        if "*" not in folded and catalogue.pathways[key].family not in folded
    }
    ranked = order(pointed, considered.assessments, scores)
    if rule is not None and (not folded or not ranked):
        return Result(outcome=rule.outcome, ranked=ranked, rule=rule)
    return Result(outcome=_outcome(considered, catalogue, ranked), ranked=ranked, rule=rule)


def _outcome(considered: Considered, catalogue: Catalogue, ranked: tuple[Ranked, ...]) -> Outcome:
    law_first = any(reason.tier == "law" for entry in ranked for reason in entry.reasons)
    if not law_first and _consent_comes_first(considered, catalogue, ranked):
        return Outcome.ASK_CONSENT_FIRST
    if ranked:
        elsewhere = ranked[0].assessment.pathway.decided_elsewhere
        return Outcome.OTHER_AUTHORITY if elsewhere else Outcome.SUGGEST
    if _handed_over(considered, catalogue):
        return Outcome.OTHER_AUTHORITY
    if any(a.eligibility is Eligibility.BLOCKED and a.blocked_by == "contraindication" for a in _new(considered)):
        return Outcome.ASK_FIRST
    if any(a.eligibility is Eligibility.UNDETERMINED for a in _new(considered)):
        return Outcome.ASK_FIRST
    return Outcome.NOTHING_NOW


def _new(considered: Considered) -> list[Assessment]:
    return [a for a in considered.assessments.values() if not a.pathway.duty]


def _consent_comes_first(considered: Considered, catalogue: Catalogue, ranked: tuple[Ranked, ...]) -> bool:
    """Whether consent may be asked for, and what is hidden without it may well matter.

    It may when facts in view say so, when nothing in view points anywhere, or when the citizen's own goal is one
    that only pathways waiting on hidden fields serve.
    """
    ordering, view = catalogue.ordering, considered.view
    if ordering.consent_may_be_asked is None or not view.masked:
        return False
    if condition(ordering.consent_may_be_asked, view, catalogue) is not True:
        return False
    waiting = [
        a for a in _new(considered) if a.eligibility is Eligibility.UNDETERMINED and set(a.missing_fields) & view.masked
    ]
    if not waiting or not ranked:
        return bool(waiting)
    if ordering.consent_matters is not None and condition(ordering.consent_matters, view, catalogue) is True:
        return True
    topics = {topic.id for topic in considered.goals}
    served = {topic for entry in ranked for topic in entry.assessment.pathway.goal_topics} & topics
    return not served and any(topics & set(a.pathway.goal_topics) for a in waiting)


def _handed_over(considered: Considered, catalogue: Catalogue) -> bool:
    """Whether a pathway that facts point to has gone to another authority by this date."""
    return any(
        a.blocked_by == "G7_expired"
        and a.pathway.authority_change is not None
        and any(condition(p.when, considered.view, catalogue) is True for p in a.pathway.pointers)
        for a in considered.assessments.values()
    )
