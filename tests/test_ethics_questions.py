from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.core.texts import LANGUAGES, Texts
from ethics.aggregate import REST, use_by_unit
from ethics.checkpoint import Signer
from ethics.entry import Entry, NewEntry
from ethics.errors import NotInLogError
from ethics.figures import Figure, kinds
from ethics.keys import KeyStore
from ethics.log import EthicsLog
from ethics.records import newest, records
from ethics.register_of_questions import answers, question, questions

SIGNER = Signer("vejviser.example/log", b"s" * 32)


def logged(*items: tuple[str, dict[str, Any]] | tuple[str, dict[str, Any], str]) -> list[Entry]:
    """Entries as they would be read from a log."""
    return [
        Entry(at, "2026-11-22T12:00:00Z", kind, 1, None, rest[0] if rest else f"person-{at}", body, None, "")
        for at, (kind, body, *rest) in enumerate(items)
    ]


def decision(unit: str, staff: str, outcome: str = "followed", **more: Any) -> tuple[str, dict[str, Any]]:
    return "HumanDecision", {
        "outcome": outcome,
        "reason": "fits",
        "role": "caseworker",
        "unit": unit,
        "staff": staff,
        **more,
    }


def test_the_register_holds_the_28_questions_and_the_10_about_omission() -> None:
    assert [one.id for one in questions()] == [f"E{n:02d}" for n in range(1, 29)] + [f"N{n:02d}" for n in range(1, 11)]
    assert [one.id for one in questions() if one.about_omission] == [f"N{n:02d}" for n in range(1, 11)]


@pytest.mark.parametrize("one", questions(), ids=lambda one: one.id)
def test_a_question_is_asked_in_both_languages_and_rests_on_entries_that_exist(one: Any) -> None:
    for language in LANGUAGES:
        assert one.texts[language].endswith("?")
        assert one.labels[language]
        for who in one.raised_by:
            assert Texts.of("ethics", language)(f"raised-{who}")
    assert one.texts["da"] != one.texts["en"]
    assert set(one.records) <= newest().keys()
    assert one.spec["kind"] in kinds()
    if "type" in one.spec:
        body = records()[one.spec["type"], 1].body
        used = {one.spec[key] for key in ("key", "bottom", "filled") if key in one.spec}
        used |= {
            *one.spec.get("keys", ()),
            *one.spec.get("top", ()),
            *one.spec.get("where", {}),
            *one.spec.get("without", ()),
        }
        assert used <= body.keys()
        assert one.spec["type"] in one.records


@pytest.mark.parametrize("one", questions(), ids=lambda one: one.id)
def test_without_entries_the_answer_is_that_there_is_none_yet(one: Any) -> None:
    assert one.answer([]).n == 0
    assert one.answer([]).value in (None, 0.0)


@pytest.mark.parametrize(
    ("identifier", "entries", "expected"),
    [
        (
            "E01",
            [decision("u", "s"), decision("u", "s", "rejected"), decision("u", "s"), decision("u", "s")],
            Figure(4, 0.75, {"hits": 3}),
        ),
        (
            "E02",
            [("CounterfactualRun", {"score_changes": 0}), ("CounterfactualRun", {"score_changes": 3})],
            Figure(2, 3.0),
        ),
        (
            "E04",
            [
                ("SuggestionDismissed", {"right": True, "reason": "no_time"}),
                ("SuggestionDismissed", {"right": True, "reason": "no_time"}),
                ("SuggestionDismissed", {"right": False, "reason": "other"}),
            ],
            Figure(2, 2.0, {"no_time": 2}),
        ),
        (
            "E05",
            [
                ("ModelVersion", {"version": "m-1", "approver": "a"}),
                ("ModelVersion", {"version": "m-2", "approver": "b"}),
            ],
            Figure(2, None, {"version": "m-2", "approver": "b"}),
        ),
        (
            "E06",
            [
                ("NoticeGiven", {}, "ada"),
                ("SuggestionShown", {}, "ada"),
                ("SuggestionShown", {}, "bo"),
                ("NoticeGiven", {}, "bo"),
                ("SuggestionShown", {}, "bo"),
            ],
            Figure(2, 0.5),
        ),
        (
            "E09",
            [
                ("DataAccess", {"fields": ["a"], "basis": "casework"}),
                ("DataAccess", {"fields": ["a"], "consent": "c-1"}),
                ("DataAccess", {"fields": ["a"]}),
                ("DataAccess", {"fields": []}),
            ],
            Figure(4, 0.25, {"hits": 1}),
        ),
        (
            "E11",
            [("OutputRendered", {"suppressed_fields": ["violence"]}), ("OutputRendered", {"suppressed_fields": []})],
            Figure(2, 0.5, {"hits": 1}),
        ),
        (
            "E12",
            [
                ("AuditRun", {"topic": "intensity", "figures": {"a": 1.0}, "sizes": {"a": 40}, "suppressed": 0}),
                ("AuditRun", {"topic": "error", "figures": {}, "sizes": {}, "suppressed": 9}),
            ],
            Figure(1, None, {"figures": {"a": 1.0}, "sizes": {"a": 40}, "suppressed": 0}),
        ),
        (
            "E23",
            [
                ("SuggestionShown", {"scored": True, "model_version": "m-1"}),
                ("ModelVersion", {"version": "m-1"}),
                ("SuggestionShown", {"scored": True, "model_version": "m-1"}),
                ("SuggestionShown", {"scored": False}),
            ],
            Figure(2, 0.5, {"unknown": {"m-1": 1}}),
        ),
        (
            "E27",
            [
                ("ComputeUsed", {"cases": 3, "cpu_seconds": 6.0}),
                ("ComputeUsed", {"cases": 1, "cpu_seconds": 2.0, "kwh": 1.0}),
            ],
            Figure(2, 2.0, {"cpu_seconds": 2.0, "kwh": 0.25, "kroner": 0.0}),
        ),
        (
            "N01",
            [
                ("OmissionEstimate", {"rule": "D1_syv_dage", "number": 7}),
                ("OmissionEstimate", {"rule": "other", "number": 9}),
            ],
            Figure(1, None, {"number": 7}),
        ),
        (
            "N05",
            [("NonBuildDecision", {"idea": "fraud model", "reasons": ["wrong"], "review_date": "2027-01-01"})],
            Figure(1, 1.0, {"entry 0": {"idea": "fraud model", "reasons": ["wrong"], "review_date": "2027-01-01"}}),
        ),
        (
            "N07",
            [("HarmMatrix", {"pathway": "p", "false_no": 3}), ("HarmMatrix", {"pathway": "p", "false_no": 4})],
            Figure(2, None, {"p": {"false_no": 4}}),
        ),
    ],
)
def test_the_figure_answers_the_question(identifier: str, entries: list[Any], expected: Figure) -> None:
    assert question(identifier).answer(logged(*entries)) == expected


def test_groups_of_fewer_than_ten_people_are_held_back() -> None:
    entries = [("OutcomeKnown", {"channel": "phone", "reached": at % 2 == 0}) for at in range(10)]
    entries += [("OutcomeKnown", {"channel": "letter", "reached": True}) for _ in range(9)]

    answer = question("E18").answer(logged(*entries))

    assert answer == Figure(19, None, {"phone": {"n": 10, "share": 0.5}}, 9)


def test_many_entries_about_one_person_are_one_person() -> None:
    entries = [("OutcomeKnown", {"channel": "phone", "reached": True}, "ada") for _ in range(50)]

    assert question("E18").answer(logged(*entries)) == Figure(50, None, {}, 50)


def unit(name: str, n: int, staff: int = 5, **more: Any) -> list[Any]:
    return [decision(name, f"{name}-{at % staff}", **more) for at in range(n)]


def test_use_is_counted_by_unit() -> None:
    entries = unit("north", 8, seconds=30, opened_reasons=False) + unit(
        "north", 4, 5, outcome="rejected", opened_reasons=True
    )

    use = use_by_unit(logged(*entries))

    (north,) = use.units
    assert (north.unit, north.n, use.held_back) == ("north", 12, 0)
    assert north.followed == pytest.approx(8 / 12)
    assert north.rejected == pytest.approx(4 / 12)
    assert (north.median_seconds, north.opened_reasons, north.followed_unopened) == (30, pytest.approx(4 / 12), 1.0)
    assert north.agreed_before is None


def test_small_units_are_shown_together_or_not_at_all() -> None:
    together = use_by_unit(logged(*unit("north", 12), *unit("east", 6, 3), *unit("west", 6, 3)))
    alone = use_by_unit(logged(*unit("north", 12), *unit("east", 6, 3)))

    assert [one.unit for one in together.units] == ["north", REST]
    assert together.held_back == 0
    assert [one.unit for one in alone.units] == ["north"]
    assert alone.held_back == 6
    assert alone.total is not None
    assert alone.total.n == 12  # the held-back unit cannot be found by subtraction


@pytest.mark.parametrize(("n", "staff"), [(9, 9), (50, 4)])
def test_too_few_decisions_or_employees_are_never_shown(n: int, staff: int) -> None:
    use = use_by_unit(logged(*unit("north", n, staff)))

    assert (use.total, use.units, use.held_back) == (None, (), n)


def test_no_figure_names_an_employee() -> None:
    assert "north-1" not in str(use_by_unit(logged(*unit("north", 40))))
    assert "north-1" not in str(question("E03").answer(logged(*unit("north", 40))))


def test_every_answer_is_read_live_from_the_log(tmp_path: Path) -> None:
    keys = KeyStore.create(tmp_path / "keys", b"m" * 32)
    log = EthicsLog.create(tmp_path / "log", "vejviser.example/log", SIGNER, keys=keys)
    review = {"question": "N05", "participants": ["board"], "answer": "We look again in spring.", "follow_up": "lead"}
    built = {"idea": "a fraud model", "reasons": ["not our purpose"], "review_date": "2027-01-01", "by": "board"}

    before = {one.question.id: one for one in answers(log)}
    log.append([NewEntry("NonBuildDecision", built), NewEntry("EthicsReview", review)])
    after = {one.question.id: one for one in answers(log)}

    assert len(before) == 38
    assert (before["N05"].figure.n, after["N05"].figure.n) == (0, 1)
    assert before["N05"].review is None
    assert after["N05"].review is not None
    assert after["N05"].review.body["answer"] == "We look again in spring."


def test_there_is_no_question_e99() -> None:
    with pytest.raises(NotInLogError, match="E01 to E28"):
        question("E99")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_of_a_check_has_words(language: str) -> None:
    texts = Texts.of("ethics", language)
    code = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parents[1].glob("ethics/*.py"))
    kinds_of_fault = [
        "entry_missing entry_changed entry_replaced payload_missing payload_changed payload_extra node_changed",
        "node_missing node_extra checkpoint_changed checkpoint_signature checkpoint_root checkpoint_missing",
        "entries_missing rolled_back forked outside_signature proof_failed file_damaged",
    ]

    for kind in " ".join(kinds_of_fault).split():
        assert f'"{kind}"' in code
        assert texts(f"verify-{kind}")
    assert "7" in texts("verify-bad", first_bad=7)
    assert "7" in texts("verify-ok", size=7)
    assert "7" in texts("figure-held_back", count=7)
