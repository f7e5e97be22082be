"""The board's register of ethical questions, about action and about omission, each with its live answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from ethics.entry import Entry
from ethics.errors import NotInLogError
from ethics.figures import Figure, figure
from ethics.log import EthicsLog


@dataclass(frozen=True, slots=True)
class Question:
    """One question, who raises it, and the kinds of entry its answer rests on."""

    id: str
    texts: Mapping[str, str]
    labels: Mapping[str, str]
    raised_by: tuple[str, ...]
    records: tuple[str, ...]
    spec: Mapping[str, Any]

    @property
    def about_omission(self) -> bool:
        """Whether it asks what it costs not to digitalise."""
        return self.id.startswith("N")

    def answer(self, entries: Sequence[Entry]) -> Figure:
        """The figure, from entries in log order."""
        return figure(self.spec, entries)


@dataclass(frozen=True, slots=True)
class Answer:
    """A question with its figure as of now, and the board's own latest words on it."""

    question: Question
    figure: Figure
    review: Entry | None


@cache
def questions() -> tuple[Question, ...]:
    """All 28 questions about what the assistant does and the 10 about what is not digitalised."""
    text = (resources.files("ethics") / "data" / "questions.yaml").read_text(encoding="utf-8")
    return tuple(
        Question(
            item["id"],
            {"da": item["da"], "en": item["en"]},
            item["label"],
            tuple(item["raised_by"]),
            tuple(item["records"]),
            item["figure"],
        )
        for item in yaml.safe_load(text)
    )


def question(identifier: str) -> Question:
    """The question with this id; raises `NotInLogError` when there is none."""
    found = next((one for one in questions() if one.id == identifier), None)
    if found is None:
        raise NotInLogError(f"there is no question {identifier}; they are E01 to E28 and N01 to N10")
    return found


def needed_types(asked: Sequence[Question]) -> tuple[str, ...]:
    """The kinds of entry that the answers to these questions rest on."""
    return tuple(sorted({name for one in asked for name in (*one.records, "EthicsReview")}))


def answers(log: EthicsLog, asked: Sequence[Question] | None = None) -> list[Answer]:
    """Every question with its live figure, read from one state of the log."""
    asked = questions() if asked is None else asked
    entries = log.find_types(needed_types(asked))
    reviews = {entry.body["question"]: entry for entry in entries if entry.type == "EthicsReview"}
    return [Answer(one, one.answer(entries), reviews.get(one.id)) for one in asked]
