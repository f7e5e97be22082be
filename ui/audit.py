"""What the board looks at: entries, verdicts, figures and switches, each read from the log itself."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.core.errors import VejviserError
from ui.house import House
from ui.room import room_top
from ui.visitors import BOARD, need
from ui.words import markup, texts

NEWEST = 60
"""Entries on the page; the filter and the export reach the rest."""
EVERYTHING = "*"


FLOOR = 10
"""Fewer decisions than this say more of a person than of the practice (ethics handbook, E21)."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How suggestions are used, counted from the log."""

    suggestions: int
    decisions: int
    outcomes: Mapping[str, int]
    objections: int
    injections: int
    entries: int

    @property
    def followed(self) -> float | None:
        """Share of decisions that followed the first suggestion; None below ten, where it would be about a person."""
        return self.outcomes.get("followed", 0) / self.decisions if self.decisions >= FLOOR else None


def figures_of(entries: Sequence[Any], size: int) -> Figures:
    """Count the entries that the figures rest on."""
    kinds = Counter(entry.type for entry in entries)
    outcomes = Counter(entry.body["outcome"] for entry in entries if entry.type == "HumanDecision")
    return Figures(
        suggestions=kinds["SuggestionShown"],
        decisions=kinds["HumanDecision"],
        outcomes=dict(outcomes),
        objections=kinds["ObjectionRegistered"] + kinds["HumanRouteChosen"],
        injections=kinds["InjectionDetected"],
        entries=size,
    )


class Audit:
    """The handlers of the room in one language."""

    def __init__(self, house: House, lang: str) -> None:
        self.house, self.lang = house, lang
        self.t = texts(lang)

    def load(self, s: Any) -> Callable[..., dict[Any, Any]]:
        """The whole page."""

        def handler(request: gr.Request) -> dict[Any, Any]:
            visitor = need(self.house, request.cookies, BOARD)
            log = self.house.assistant.log
            catalogue = self.house.assistant.catalogue
            kinds = log.read(lambda d: [row[0] for row in d.execute("SELECT DISTINCT type FROM entry ORDER BY type")])
            shown = log.find(type="SuggestionShown")[-100:]
            scopes = [(self.t("scope-all"), "all"), (self.t("scope-model"), "model")]
            scopes += sorted((catalogue.pathway_name(key, self.lang), key) for key in catalogue.pathways)
            return {
                s.top: room_top(self.house, visitor, "raad", self.lang, request.cookies),
                s.figures: self._figures(),
                s.kind: gr.update(
                    choices=[(self.t("log-all"), EVERYTHING), *((k, k) for k in kinds)], value=EVERYTHING
                ),
                s.log: self._log(EVERYTHING),
                s.opened: gr.update(
                    choices=[(self.t("depth-line", entry=e.index, id=str(e.ref)), str(e.ref)) for e in reversed(shown)],
                    value=shown[-1].ref if shown else None,
                ),
                s.questions: self._questions(),
                s.scope: gr.update(choices=scopes, value=None),
                s.health: self._health(),
            }

        return handler

    def _figures(self) -> str:
        log = self.house.assistant.log
        wanted = ["SuggestionShown", "HumanDecision", "ObjectionRegistered", "HumanRouteChosen", "InjectionDetected"]
        return markup("figures.html.j2", self.lang, f=figures_of(log.find_types(wanted), log.size()))

    def _questions(self) -> str:
        answers = getattr(self.house.assistant, "ethical_questions", None)
        return "" if answers is None else markup("questions.html.j2", self.lang, answers=answers(self.lang))

    def _health(self) -> str:
        assistant = self.house.assistant
        return markup(
            "health.html.j2", self.lang, mode=assistant.settings.mode.value, rules=assistant.catalogue.as_of,
            model=assistant.model.version if assistant.model else None, guidance=assistant.guidance.version,
            history=assistant.history.version if assistant.history else None, size=assistant.log.size(),
        )  # fmt: skip

    def log(self, kind: str | None, request: gr.Request) -> str:
        """The newest entries of a type, or of all."""
        need(self.house, request.cookies, BOARD)
        return self._log(kind or EVERYTHING)

    def _log(self, kind: str) -> str:
        log = self.house.assistant.log
        since = max(0, log.size() - NEWEST) if kind == EVERYTHING else 0
        entries = log.find(type=None if kind == EVERYTHING else kind, since=since)[-NEWEST:]
        lines = [(e, json.dumps(e.body, ensure_ascii=False, indent=1)) for e in reversed(entries)]
        return markup("log.html.j2", self.lang, lines=lines)

    def verify(self, request: gr.Request) -> str:
        """Every byte of the log checked, and the verdict in words."""
        need(self.house, request.cookies, BOARD)
        report = self.house.assistant.verify()
        head = self.house.assistant.log.head()
        return markup("verdict.html.j2", self.lang, report=report, root=head.root.hex())

    def open(self, suggestion_id: str | None, request: gr.Request) -> str:
        """One suggestion to the bottom: rules, data, model, sums and proofs."""
        need(self.house, request.cookies, BOARD)
        if not suggestion_id:
            return ""
        try:
            content = self.house.assistant.explain(suggestion_id, reader="board", language=self.lang, form="json")
        except VejviserError:
            return self._message("depth-failed", bad=True)
        log = self.house.assistant.log
        entries = log.find(ref=suggestion_id)
        proofs = [(entry, len(log.prove(entry.index))) for entry in entries]
        return markup("depth.html.j2", self.lang, doc=json.loads(content), proofs=proofs)

    def replay(self, suggestion_id: str | None, request: gr.Request) -> str:
        """Whether the suggestion comes out the same again from what was recorded."""
        need(self.house, request.cookies, BOARD)
        if not suggestion_id:
            return ""
        try:
            done = self.house.assistant.replay(suggestion_id)
        except VejviserError:
            return self._message("depth-failed", bad=True)
        return self._message("replay-same" if done.same else "replay-differs", bad=not done.same)

    def switch(self, action: str) -> Callable[..., tuple[str, str]]:
        """Suspend or restore something, at once in every process, with who and why in the log."""

        def handler(scope: str | None, why: str, request: gr.Request) -> tuple[str, str]:
            visitor = need(self.house, request.cookies, BOARD)
            if not scope or not why.strip():
                missing = "switch-choose" if not scope else "switch-why-missing"
                return self._message(missing, bad=True), gr.skip()
            kind = scope if scope in ("all", "model") else "pathway"
            act = self.house.assistant.suspend if action == "suspend" else self.house.assistant.restore
            try:
                logged = act(kind, scope, by=visitor.id, why=why.strip()[:400])
            except VejviserError:
                return self._message("switch-failed", bad=True), gr.skip()
            top = room_top(self.house, visitor, "raad", self.lang, request.cookies)
            return self._message(f"switched-{action}", entry=logged["entry"]), top

        return handler

    def _message(self, key: str, *, bad: bool = False, **values: Any) -> str:
        return markup("message.html.j2", self.lang, text=self.t(key, **values), bad=bad)
