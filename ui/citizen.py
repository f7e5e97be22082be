"""The citizen's room: a letter's code opens the receipt; signed in, their own explanation and what they can do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import gradio as gr

from ui import receipts
from ui.caseworker import QUIET
from ui.house import House, today
from ui.room import blank, room_top
from ui.visitors import CITIZEN, Visitor, need, visitor_of
from ui.words import markup, texts

REVIEW_WITHIN = timedelta(days=14)
"""How soon a person looks at an objection."""
LONGEST_WORDS = 4_000
Updates = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class CitizenScreen:
    """Every component of the room by name."""

    top: Any
    code_view: Any
    code: Any
    code_go: Any
    code_result: Any
    own_view: Any
    explanation: Any
    wrong: Any
    wrong_go: Any
    human_go: Any
    object_go: Any
    understood: Any
    answered: Any
    timeline: Any


def citizen_room(house: House, lang: str) -> gr.Blocks:
    """The room in one language."""
    t = texts(lang)
    room: gr.Blocks
    with gr.Blocks(analytics_enabled=False, title=t("room-borger"), fill_width=True) as room:
        top = blank()
        with gr.Column(visible=False, elem_id="kode-del", elem_classes="v-narrow") as code_view:
            blank(markup("citizen_code.html.j2", lang))
            code = gr.Textbox(label=t("code-label"), info=t("code-help"), max_lines=1, elem_id="brevkode")
            code_go = gr.Button(t("code-open"), variant="primary", elem_id="aabn")
            code_result = blank()
        with gr.Column(visible=False, elem_id="egen-del", elem_classes="v-narrow") as own_view:
            explanation = blank()
            with gr.Column(elem_classes="v-card v-say", elem_id="sig-fra"):
                blank(markup("citizen_say.html.j2", lang))
                wrong = gr.Textbox(
                    label=t("wrong-label"), info=t("wrong-help"), lines=3, max_lines=10, elem_id="forkert"
                )
                with gr.Row():
                    wrong_go = gr.Button(t("wrong-go"), elem_id="send-rettelse")
                    human_go = gr.Button(t("human-go"), elem_id="menneske")
                    object_go = gr.Button(t("object-go"), elem_id="indsigelse")
                kinds = [(t(f"understood-{k}"), k) for k in ("understood", "partly", "not_understood", "declined")]
                understood = gr.Radio(kinds, label=t("understood-label"), elem_id="forstaaet")
                answered = blank()
            timeline = blank()
        s = CitizenScreen(
            top, code_view, code, code_go, code_result, own_view, explanation, wrong, wrong_go, human_go, object_go,
            understood, answered, timeline,
        )  # fmt: skip
        _wire(room, s, Window(house, lang))
    return room


def _wire(room: gr.Blocks, s: CitizenScreen, window: Window) -> None:
    room.load(window.load(s), None, [s.top, s.code_view, s.own_view, s.explanation, s.timeline], **QUIET)
    for trigger in (s.code_go.click, s.code.submit):
        trigger(window.open_code, [s.code], [s.code_result], **QUIET)
    done = [s.answered, s.timeline, s.wrong]
    s.wrong_go.click(window.say(s, "wrong"), [s.wrong], done, **QUIET)
    s.human_go.click(window.say(s, "human"), [s.wrong], done, **QUIET)
    s.object_go.click(window.say(s, "object"), [s.wrong], done, **QUIET)
    s.understood.input(window.understood(s), [s.understood], [s.answered, s.timeline], **QUIET)


class Window:
    """The handlers of the room in one language."""

    def __init__(self, house: House, lang: str) -> None:
        self.house, self.lang = house, lang
        self.t = texts(lang)

    def load(self, s: CitizenScreen) -> Any:
        """The citizen's own newest explanation, or the place to enter a code."""

        def handler(request: gr.Request) -> Updates:
            visitor = visitor_of(self.house, request.cookies)
            signed_in = visitor is not None and visitor.has(CITIZEN)
            top = room_top(self.house, visitor, "borger", self.lang, request.cookies)
            if not signed_in or visitor is None:
                return {s.top: top, s.code_view: gr.update(visible=True)}
            return {
                s.top: top,
                s.own_view: gr.update(visible=True),
                s.explanation: self._explanation(visitor),
                s.timeline: self._timeline(visitor),
            }

        return handler

    def open_code(self, typed: str) -> str:
        """What a letter's code opens: the receipt only."""
        opened = receipts.open_code(self.house, typed or "")
        return markup("citizen_receipt.html.j2", self.lang, receipt=opened.receipt, problem=opened.problem)

    def _newest(self, visitor: Visitor) -> str | None:
        entries = self.house.assistant.log.find(type="SuggestionShown", subject=visitor.user.subject)
        return entries[-1].ref if entries else None

    def _explanation(self, visitor: Visitor) -> str:
        suggestion_id = self._newest(visitor)
        if suggestion_id is None:
            return markup("citizen_none.html.j2", self.lang)
        content = self.house.assistant.explain(suggestion_id, reader="citizen", language=self.lang, form="json")
        receipt = receipts.receipt_of(self.house, suggestion_id)
        return markup("citizen_text.html.j2", self.lang, doc=json.loads(content), receipt=receipt)

    def _timeline(self, visitor: Visitor) -> str:
        entries = self.house.assistant.log.find(subject=visitor.user.subject)
        known = [entry for entry in entries if self.t.has(f"event-{entry.type}")]
        return markup("timeline.html.j2", self.lang, entries=list(reversed(known)))

    def say(self, s: CitizenScreen, what: str) -> Any:
        """Log what the citizen says; the caseworker sees it on the case."""

        def handler(words: str, request: gr.Request) -> Updates:
            visitor = need(self.house, request.cookies, CITIZEN)
            suggestion_id = self._newest(visitor)
            if suggestion_id is None:
                return {s.answered: self._message("say-nothing-yet", bad=True)}
            if what == "wrong" and not words.strip():
                return {s.answered: self._message("wrong-empty", bad=True)}
            payload = json.dumps({"words": words.strip()[:LONGEST_WORDS]}, ensure_ascii=False).encode()
            kind, body = _record(what)
            logged = self.house.assistant.note_event(kind, body, suggestion_id, payload)
            return {
                s.answered: self._message(f"said-{what}", entry=logged["entry"]),
                s.timeline: self._timeline(visitor),
                s.wrong: "",
            }

        return handler

    def understood(self, s: CitizenScreen) -> Any:
        """Log whether the explanation made sense to the one it is for."""

        def handler(answer: str, request: gr.Request) -> Updates:
            visitor = need(self.house, request.cookies, CITIZEN)
            suggestion_id = self._newest(visitor)
            if suggestion_id is None or answer not in ("understood", "partly", "not_understood", "declined"):
                return {s.answered: ""}
            body = {"audience": "citizen", "result": answer, "language": self.lang, "aloud": False}
            self.house.assistant.note_event("UnderstandingCheck", body, suggestion_id)
            return {s.answered: self._message(f"thanks-{answer}"), s.timeline: self._timeline(visitor)}

        return handler

    def _message(self, key: str, *, bad: bool = False, **values: Any) -> str:
        return markup("message.html.j2", self.lang, text=self.t(key, **values), bad=bad)


def _record(what: str) -> tuple[str, dict[str, Any]]:
    if what == "human":
        return "HumanRouteChosen", {"by": "citizen", "reason": "asked_for_a_human"}
    against = "fact" if what == "wrong" else "use_of_assistant"
    effect = "caseworker_checks" if what == "wrong" else "human_route"
    review = (today() + REVIEW_WITHIN).isoformat()
    body = {"by": "citizen", "against": against, "effect": effect, "review_date": review, "channel": "web"}
    return "ObjectionRegistered", body
