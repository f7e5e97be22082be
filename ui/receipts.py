"""What a letter's code opens, the letter itself, and a source opened at the quote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from assistant.store.access_codes import CodeRefusedError
from ui.house import House
from ui.prose import Block, blocks

CODE_LASTS = timedelta(days=90)
"""Longer than any complaint limit of four weeks, so that the letter still opens while it matters."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What may be shown to whoever holds the letter: nothing about the person, only what was logged and when."""

    suggestion_id: str
    entry: int
    time: str
    leaf_hash: str
    rules_version: str
    mode: str
    decided: bool
    in_log: bool


@dataclass(frozen=True, slots=True)
class OpenedCode:
    """A receipt, or the key of the sentence that says why not."""

    receipt: Receipt | None
    problem: str


def open_code(house: House, typed: str) -> OpenedCode:
    """What a typed code opens."""
    try:
        opened = house.codes.open(typed)
    except CodeRefusedError as refusal:
        return OpenedCode(None, f"code-{refusal.reason}")
    return OpenedCode(receipt_of(house, opened.ref), "")


def receipt_of(house: House, suggestion_id: str) -> Receipt:
    """The receipt of a suggestion, its entry read from the log itself."""
    log = house.assistant.log
    entry = log.find(type="SuggestionShown", ref=suggestion_id)[0]
    decided = log.find(type="HumanDecision", ref=suggestion_id)
    return Receipt(
        suggestion_id=suggestion_id,
        entry=entry.index,
        time=entry.time,
        leaf_hash=entry.leaf_hash,
        rules_version=entry.body["rules_version"],
        mode=entry.body["mode"],
        decided=bool(decided),
        in_log=bool(log.prove(entry.index)) or log.size() == 1,
    )


@dataclass(frozen=True, slots=True)
class Letter:
    """A fresh code for a suggestion; the code is printed and then forgotten."""

    suggestion_id: str
    code: str
    lasts_days: int


def letter(house: House, suggestion_id: str, by: str) -> Letter:
    """Issue a code for the citizen's letter. Raises `UnknownSuggestionError`."""
    case_id = house.assistant.recorded(suggestion_id).suggestion["case_id"]
    code = house.codes.issue(case_id, case_id, suggestion_id, by, CODE_LASTS)
    body = {"kind": "receipt_letter", "audience": "citizen", "channel": "paper", "suppressed_fields": []}
    house.assistant.note_event("OutputRendered", body, suggestion_id)
    return Letter(suggestion_id, code, CODE_LASTS.days)


@dataclass(frozen=True, slots=True)
class Source:
    """A guidance document, parted at the passage that was quoted."""

    title: str
    version: str
    law_refs: tuple[str, ...]
    valid_from: str
    before: tuple[Block, ...]
    quoted: tuple[Block, ...]
    after: tuple[Block, ...]


def source_of(house: House, passage_id: str) -> Source:
    """The document that a passage stands in. Raises an error for an unknown passage."""
    guidance = house.assistant.guidance
    passage = guidance.find_passage(passage_id)
    text = guidance.sources[guidance.source_of_row[guidance.row_of_id[passage_id]]]["text"]
    return Source(
        title=passage.document_title,
        version=passage.version,
        law_refs=passage.law_refs,
        valid_from=passage.valid_from.isoformat() if passage.valid_from else "",
        before=blocks(text[: passage.start]),
        quoted=blocks(text[passage.start : passage.end]),
        after=blocks(text[passage.end :]),
    )
