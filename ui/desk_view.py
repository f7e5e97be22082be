"""What the caseworker sees, drawn from the case and its suggestion as they stand in the store and the log."""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.core.cases import Located
from assistant.core.domain import FieldSpec
from assistant.store.cases import WorkOrder
from ui import facts, typed, work
from ui.house import House, considered, today
from ui.screen import Screen
from ui.suggestion_view import Shown, shown
from ui.typed import Typed, widget_of
from ui.visitors import CASEWORKER, Visitor, need
from ui.words import markup, texts
from ui.work import OpenCase

Updates = dict[Any, Any]


class DeskView:
    """The drawing of the screen in one language; `ui.desk` adds what happens on it."""

    def __init__(self, house: House, lang: str) -> None:
        self.house, self.lang = house, lang
        self.t = texts(lang)

    def _work_list(self, visitor: Visitor, search: str, order: WorkOrder) -> str:
        lines = work.work_lines(self.house, visitor, search or "", order, today())
        return markup("work_list.html.j2", self.lang, items=lines)

    def _heads(self, s: Screen) -> Updates:
        names = {"own_head": "own", "contrast_head": "contrast", "whatif_head": "whatif", "decide_head": "decide"}
        made = {getattr(s, k): markup("head.html.j2", self.lang, name=name) for k, name in names.items()}
        specs = facts.editable(self.house.assistant.catalogue)
        fields_ = [(self._label(x.id), x.id) for x in specs if x.type != "text"]
        return {**made, s.whatif_field: gr.update(choices=sorted(fields_), value=None)}

    def _label(self, field: str) -> str:
        return self.house.assistant.catalogue.field_label(field, self.lang)

    def _name(self, user_id: str) -> str:
        user = self.house.accounts.get(user_id)
        return user.name if user and user.name else user_id

    def _case(self, s: Screen, opened: OpenCase) -> Updates:
        catalogue, lang = self.house.assistant.catalogue, self.lang
        weighed = considered(self.house, opened.document)
        held = facts.free_texts(opened.case, catalogue)
        marks = {name: facts.marked(text, weighed, catalogue, lang) for name, text in held.items()}
        goals = catalogue.ordering.goal_fields
        notes = [
            {"field": name, "html": mark.html, "kinds": mark.kinds, "withheld": mark.withheld}
            for name, mark in marks.items()
            if name not in goals
        ]
        top = markup(
            "case_top.html.j2",
            lang,
            case_id=opened.case.id,
            on=today(),
            area=self.t(f"area-{opened.case.area}"),
            version=opened.stored.version,
            deadlines=facts.due_lines(weighed, today(), lang),
            goals=[marks[name] for name in goals if held.get(name)],
            topics=[topic.label_en if lang == "en" else topic.label_da for topic in weighed.goals],
            voices=work.voices(self.house, opened.case.id),
        )
        shown_areas = facts.areas(opened.case, weighed, catalogue, lang)
        return {
            s.case_top: top,
            s.facts: markup("facts.html.j2", lang, areas=shown_areas, seen=opened.case.area),
            s.note: markup("note.html.j2", lang, notes=notes),
            s.version: str(opened.stored.version),
            s.editor: gr.update(visible=False),
            s.edit_message: "",
        }

    def _result(self, s: Screen, opened: OpenCase, visitor: Visitor) -> Updates:
        suggestion, lang = opened.suggestion, self.lang
        own = suggestion is None and work.wants_own_assessment(self.house, opened.case.id, opened.stored.version)
        base: Updates = {s.own_view: gr.update(visible=own)}
        if own:
            base[s.own] = gr.update(choices=self._own_choices(opened), value=None)
        if suggestion is None or opened.recorded is None:
            return {**base, s.result: markup("no_result.html.j2", lang), s.after: gr.update(visible=False)}
        seen = self.house.assistant.read_case(Located(opened.case.id, dict(opened.recorded.case)))
        view = shown(suggestion, seen, self.house.assistant.catalogue, lang)
        return {
            **base,
            s.result: markup("result.html.j2", lang, shown=view, data=suggestion, stale=opened.stale),
            s.suggest: gr.update(value=self.t("suggest-again"), variant="secondary"),
            s.after: gr.update(visible=True),
            s.decide_view: gr.update(visible=opened.decision is None),
            s.decided: self._decided(opened) if opened.decision else "",
            s.pathway: gr.update(choices=work.may_choose(suggestion, lang), value=None),
            **self._comparable(s, view),
            s.reason: work.draft(self.house, opened.case.id, visitor, "reason"),
            s.whatif: "",
        }

    def _comparable(self, s: Screen, view: Shown) -> Updates:
        everyone = [(card.name, card.id) for card in (*view.ranked, *view.folded, *view.closed)]
        first, second = (*[card.id for card in view.ranked[:2]], None, None)[:2]
        return {
            s.one: gr.update(choices=everyone, value=first),
            s.other: gr.update(choices=everyone, value=second),
            s.contrast: "",
        }

    def _own_choices(self, opened: OpenCase) -> list[tuple[str, str]]:
        weighed = considered(self.house, opened.document)
        pointed = sorted((self.house.assistant.catalogue.pathway_name(key, self.lang), key) for key in weighed.pointed)
        return [*pointed, (self.t("own-none"), "none")]

    def _decided(self, opened: OpenCase) -> str:
        if opened.decision is None:
            return ""
        made = opened.decision.decision
        log = self.house.assistant.log.find(type="HumanDecision", ref=made.suggestion_id)
        catalogue = self.house.assistant.catalogue
        chosen = catalogue.pathway_name(made.pathway, self.lang) if made.pathway else self.t("decided-none")
        choice = str(made.details.get("choice", "")) or "accept"
        what = f"{self.t(f'choice-{choice}')}: {chosen}"
        by = str(made.details.get("name") or made.decided_by)
        return markup(
            "decided.html.j2", self.lang, by=by, entry=log[-1].index, what=what, reason=made.reason,
            suggestion_id=made.suggestion_id,
        )  # fmt: skip

    def _widgets(self, four: tuple[Any, Any, Any, Any], field: str, given: Typed) -> Updates:
        spec = self.house.assistant.catalogue.fields[field]
        label, words = self._label(field), self._words(spec)
        choice, several, line, area = four
        made: Updates = dict.fromkeys(four, gr.update(visible=False))
        match widget_of(spec):
            case "choice":
                options = [*words, (self.t("unknown"), typed.UNKNOWN)]
                made[choice] = gr.update(visible=True, label=label, choices=options, value=given.choice)
            case "several":
                made[several] = gr.update(visible=True, label=label, choices=words, value=list(given.several))
            case "area":
                made[area] = gr.update(visible=True, label=label, value=given.area)
            case _:
                help_ = None if spec.type == "string" else typed.expected(spec, self.lang)
                made[line] = gr.update(visible=True, label=label, info=help_, value=given.line)
        return made

    def _words(self, spec: FieldSpec) -> list[tuple[str, str]]:
        if spec.type == "boolean":
            return [(self.t("yes"), "true"), (self.t("no"), "false")]
        return [(self.house.assistant.catalogue.value_label(spec.id, v, self.lang), v) for v in spec.allowed]

    def _opened(self, request: gr.Request) -> tuple[OpenCase, Visitor]:
        visitor = need(self.house, request.cookies, CASEWORKER)
        opened = work.open_case(self.house, case_id_of(request), visitor)
        if opened is None:
            raise gr.Error(self.t("no-such-case"))
        return opened, visitor

    def _message(self, text: str, *, bad: bool = True) -> str:
        return markup("message.html.j2", self.lang, text=text, bad=bad)


def case_id_of(request: gr.Request) -> str:
    """The case that the page's address names."""
    return str(request.query_params.get("sag") or "")[:64]
