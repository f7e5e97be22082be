"""What happens on the caseworker's screen: every handler asks again who it is, and answers with what changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import gradio as gr

from assistant.core.cases import Located
from assistant.core.errors import VejviserError
from assistant.store.cases import WorkOrder
from assistant.store.errors import AlreadyDecidedError, StaleCaseError
from ui import facts, typed, work
from ui.house import House, considered, today
from ui.room import room_top
from ui.suggestion_view import contrast, moved, shown
from ui.typed import Typed, TypedError, widget_of
from ui.visitors import CASEWORKER, Visitor, need
from ui.words import markup, texts
from ui.work import Choice, OpenCase

Updates = dict[Any, Any]
Handler = Callable[..., Updates]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Every component of the room by name."""

    top: Any
    list_view: Any
    list_head: Any
    search: Any
    order: Any
    work: Any
    case_view: Any
    case_top: Any
    editor: Any
    edit_head: Any
    edit_choice: Any
    edit_several: Any
    edit_line: Any
    edit_area: Any
    source: Any
    observed: Any
    edit_message: Any
    save: Any
    unknown: Any
    cancel: Any
    facts: Any
    note: Any
    own_view: Any
    own_head: Any
    own: Any
    suggest: Any
    suggest_message: Any
    result: Any
    after: Any
    decide_view: Any
    decide_head: Any
    kind: Any
    pathway: Any
    step: Any
    reason: Any
    decide_message: Any
    decide: Any
    decided: Any
    contrast_head: Any
    one: Any
    other: Any
    contrast_go: Any
    contrast: Any
    whatif_head: Any
    whatif_field: Any
    whatif_choice: Any
    whatif_several: Any
    whatif_line: Any
    whatif_area: Any
    whatif_go: Any
    whatif: Any
    act: Any
    field: Any
    version: Any
    act_go: Any

    def outputs(self) -> list[Any]:
        """What a handler that redraws the case may change."""
        return [getattr(self, field.name) for field in fields(self)]


class Desk:
    """The handlers of the room in one language."""

    def __init__(self, house: House, lang: str) -> None:
        self.house, self.lang = house, lang
        self.t = texts(lang)

    # ---------------------------------------------------------------- look

    def load(self, s: Screen) -> Handler:
        """The page as it is first shown: the work list, or the case that the address names."""

        def handler(request: gr.Request) -> Updates:
            visitor = need(self.house, request.cookies, CASEWORKER)
            case_id = _case_id(request)
            query = f"?sag={case_id}" if case_id else ""
            top = room_top(self.house, visitor, "sagsbehandler", self.lang, request, query)
            if not case_id:
                head = markup("list_head.html.j2", self.lang, on=today())
                work_list = self._work_list(visitor, "", WorkOrder.DEADLINE)
                return {s.top: top, s.list_view: gr.update(visible=True), s.list_head: head, s.work: work_list}
            opened = work.open_case(self.house, case_id, visitor)
            if opened is None:
                message = markup("no_case.html.j2", self.lang)
                return {s.top: top, s.list_view: gr.update(visible=True), s.list_head: message}
            return {
                s.top: top,
                s.case_view: gr.update(visible=True),
                **self._heads(s),
                **self._case(s, opened),
                **self._result(s, opened, visitor),
            }

        return handler

    def work_list(self, search: str, order: str, request: gr.Request) -> str:
        """The work list as searched and sorted."""
        return self._work_list(need(self.house, request.cookies, CASEWORKER), search, WorkOrder(order))

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

    def _case(self, s: Screen, opened: OpenCase) -> Updates:
        catalogue, lang = self.house.assistant.catalogue, self.lang
        weighed = considered(self.house, opened.document)
        texts_ = facts.free_texts(opened.case, catalogue)
        marks = {name: facts.marked(text, weighed, catalogue, lang) for name, text in texts_.items()}
        goals = [marks[name] for name in catalogue.ordering.goal_fields if texts_.get(name)]
        notes = [
            {"field": name, "html": mark.html, "kinds": mark.kinds, "withheld": mark.withheld}
            for name, mark in marks.items()
            if name not in catalogue.ordering.goal_fields
        ]
        dues = [
            {
                "due": d.due,
                "near": facts.overdue(d.due, today()),
                "text": d.rule.text_en if lang == "en" else d.rule.text_da,
            }
            for d in sorted(weighed.deadlines, key=lambda d: d.due)
        ]
        area = self.t(f"area-{opened.case.area}")
        top = markup(
            "case_top.html.j2", lang, case_id=opened.case.id, on=today(), area=area, version=opened.stored.version,
            deadlines=dues, goals=goals, topics=[topic.label_en if lang == "en" else topic.label_da for topic in weighed.goals],
        )  # fmt: skip
        shown_areas = facts.areas(opened.case, weighed, catalogue, lang)
        return {
            s.case_top: top,
            s.facts: markup("facts.html.j2", lang, areas=shown_areas),
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
        if suggestion is None:
            return {**base, s.result: markup("no_result.html.j2", lang), s.after: gr.update(visible=False)}
        seen = opened.case
        if opened.recorded is not None:
            seen = self.house.assistant.read_case(Located(seen.id, dict(opened.recorded.case)))
        view = shown(suggestion, seen, self.house.assistant.catalogue, lang)
        choices = work.may_choose(suggestion, lang)
        ranked = [card.id for card in view.ranked]
        everyone = [(card.name, card.id) for card in (*view.ranked, *view.folded, *view.closed)]
        decided = self._decided(opened) if opened.decision else ""
        return {
            **base,
            s.result: markup("result.html.j2", lang, shown=view, data=suggestion, stale=opened.stale),
            s.suggest: gr.update(value=self.t("suggest-again"), variant="secondary"),
            s.after: gr.update(visible=True),
            s.decide_view: gr.update(visible=opened.decision is None),
            s.decided: decided,
            s.pathway: gr.update(choices=choices, value=None),
            s.one: gr.update(choices=everyone, value=ranked[0] if ranked else None),
            s.other: gr.update(choices=everyone, value=ranked[1] if len(ranked) > 1 else None),
            s.reason: work.draft(self.house, opened.case.id, visitor, "reason"),
            s.contrast: "",
            s.whatif: "",
        }

    def _own_choices(self, opened: OpenCase) -> list[tuple[str, str]]:
        weighed = considered(self.house, opened.document)
        pointed = sorted((self.house.assistant.catalogue.pathway_name(key, self.lang), key) for key in weighed.pointed)
        return [*pointed, (self.t("own-none"), "none")]

    def _decided(self, opened: OpenCase) -> str:
        assert opened.decision is not None
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

    # ---------------------------------------------------------------- facts

    def act(self, s: Screen) -> Handler:
        """A button inside the page was pressed: open the editor for a field."""

        def handler(asked: str, request: gr.Request) -> Updates:
            opened, visitor = self._opened(request)
            field = str(work.act_of(asked).get("field", ""))
            spec = self.house.assistant.catalogue.fields.get(field)
            if spec is None or spec not in facts.editable(self.house.assistant.catalogue):
                return {s.edit_message: ""}
            given = typed.typed_from(opened.document["case"].get(field), spec, self.lang)
            kept = work.draft(self.house, opened.case.id, visitor, f"field-{field}") if spec.type == "text" else ""
            given = given if not kept else Typed(area=kept, source=given.source, observed_on=given.observed_on)
            return {
                s.field: field,
                s.editor: gr.update(visible=True),
                s.edit_head: markup("edit_head.html.j2", self.lang, label=self._label(field), draft=bool(kept)),
                **self._widgets((s.edit_choice, s.edit_several, s.edit_line, s.edit_area), field, given),
                s.source: given.source,
                s.observed: given.observed_on,
                s.edit_message: "",
            }

        return handler

    def _widgets(self, four: tuple[Any, Any, Any, Any], field: str, given: Typed) -> Updates:
        catalogue = self.house.assistant.catalogue
        spec, label, kind = catalogue.fields[field], self._label(field), widget_of(catalogue.fields[field])
        values = ("true", "false") if spec.type == "boolean" else spec.allowed
        words = [(catalogue.value_label(field, value, self.lang), value) for value in values]
        if spec.type == "boolean":
            words = [(self.t("yes"), "true"), (self.t("no"), "false")]
        choice, several, line, area = four
        help_ = typed.expected(spec, self.lang) if spec.type in ("integer", "number", "date") else None
        hidden = gr.update(visible=False)
        made = {choice: hidden, several: hidden, line: hidden, area: hidden}
        if kind == "choice":
            options = [*words, (self.t("unknown"), typed.UNKNOWN)]
            made[choice] = gr.update(visible=True, label=label, choices=options, value=given.choice)
        elif kind == "several":
            made[several] = gr.update(visible=True, label=label, choices=words, value=list(given.several))
        elif kind == "area":
            made[area] = gr.update(visible=True, label=label, value=given.area)
        else:
            made[line] = gr.update(visible=True, label=label, info=help_, value=given.line)
        return made

    def save(self, s: Screen) -> Handler:
        """Save what stands in the editor; on a mistake everything typed stays where it is."""

        def handler(
            field: str, version: str, c: Any, v: Any, li: Any, a: Any, source: str, on: str, request: gr.Request
        ) -> Updates:
            return self._store(s, field, version, _typed((c, v, li, a, source, on)), request)

        return handler

    def mark_unknown(self, s: Screen) -> Handler:
        """Save that the field is unknown."""

        def handler(field: str, version: str, request: gr.Request) -> Updates:
            return self._store(s, field, version, Typed(), request)

        return handler

    def _store(self, s: Screen, field: str, version: str, given: Typed, request: gr.Request) -> Updates:
        opened, visitor = self._opened(request)
        if field not in self.house.assistant.catalogue.fields:
            return {s.editor: gr.update(visible=False)}
        try:
            work.save_fact(self.house, opened, field, given, int(version), visitor, self.lang)
        except TypedError as error:
            return {s.edit_message: self._message(str(error))}
        except StaleCaseError:
            fresh, _ = self._opened(request)
            redrawn = self._case(s, fresh)
            names = {"by": fresh.stored.changed_by}
            return {
                **redrawn,
                s.editor: gr.update(visible=True),
                s.edit_message: self._message(self.t("stale", **names)),
            }
        work.keep_draft(self.house, opened.case.id, visitor, f"field-{field}", "")
        fresh, _ = self._opened(request)
        return {**self._case(s, fresh), **self._result(s, fresh, visitor)}

    def cancel(self, s: Screen) -> Handler:
        """Close the editor and forget the draft."""

        def handler(field: str, request: gr.Request) -> Updates:
            opened, visitor = self._opened(request)
            work.keep_draft(self.house, opened.case.id, visitor, f"field-{field}", "")
            return {s.editor: gr.update(visible=False), s.edit_message: ""}

        return handler

    def keep(self, field: str, text: str, request: gr.Request) -> None:
        """Save the text while it is being typed."""
        opened, visitor = self._opened(request)
        work.keep_draft(self.house, opened.case.id, visitor, f"field-{field}", text)

    def keep_reason(self, text: str, request: gr.Request) -> None:
        """Save the reason while it is being typed."""
        opened, visitor = self._opened(request)
        work.keep_draft(self.house, opened.case.id, visitor, "reason", text)

    # ---------------------------------------------------------------- suggest

    def suggest(self, s: Screen) -> Handler:
        """Make and log a suggestion; on the sampled cases the caseworker's own view comes first."""

        def handler(own: str | None, request: gr.Request) -> Updates:
            opened, visitor = self._opened(request)
            asked = opened.suggestion is None and work.wants_own_assessment(
                self.house, opened.case.id, opened.stored.version
            )
            if asked and not own:
                return {s.suggest_message: self._message(self.t("own-first"))}
            try:
                work.suggest(self.house, opened, visitor)
            except VejviserError:
                return {s.suggest_message: self._message(self.t("suggest-failed"))}
            fresh, _ = self._opened(request)
            return {s.suggest_message: "", **self._case(s, fresh), **self._result(s, fresh, visitor)}

        return handler

    def contrast(self, one: str | None, other: str | None, request: gr.Request) -> str:
        """Two pathways of the suggestion side by side."""
        opened, _ = self._opened(request)
        if not one or not other or one == other or opened.suggestion is None:
            return self._message(self.t("contrast-two"))
        found = contrast(opened.suggestion, one, other, opened.case, self.house.assistant.catalogue, self.lang)
        return markup("contrast.html.j2", self.lang, c=found)

    def whatif_widgets(self, field: str | None, request: gr.Request) -> list[Any]:
        """The widget for the field that is to be changed, holding the value it has now."""
        opened, _ = self._opened(request)
        four = (0, 1, 2, 3)
        if not field:
            return [gr.update(visible=False)] * 4 + [""]
        spec = self.house.assistant.catalogue.fields[field]
        now = typed.typed_from(opened.document["case"].get(field), spec, self.lang)
        made = self._widgets(four, field, now)
        return [*(made[place] for place in four), ""]

    def what_if(self, field: str | None, c: Any, v: Any, li: Any, a: Any, request: gr.Request) -> str:
        """How the suggestion would be with one fact changed."""
        opened, visitor = self._opened(request)
        if not field:
            return self._message(self.t("whatif-choose"))
        try:
            before, after, value = work.what_if(
                self.house, opened, field, _typed((c, v, li, a, "", "")), visitor, self.lang
            )
        except TypedError as error:
            return self._message(str(error))
        catalogue = self.house.assistant.catalogue
        said = self.t("unknown") if value is None else facts.value_words(catalogue, field, value, self.lang)
        return markup(
            "what_if.html.j2", self.lang, label=self._label(field), value=said,
            lines=moved(before, after, self.lang), outcome_before=before["outcome"], outcome_after=after["outcome"],
        )  # fmt: skip

    # ---------------------------------------------------------------- decide

    def kind_chosen(self, kind: str | None) -> Any:
        """Only a change asks which pathway."""
        return gr.update(visible=kind == "change")

    def decide(self, s: Screen) -> Handler:
        """Log the decision under the name of who is signed in."""

        def handler(
            version: str, kind: str | None, pathway: str | None, step: str | None, reason: str, own: str | None,
            request: gr.Request,
        ) -> Updates:  # fmt: skip
            opened, visitor = self._opened(request)
            if opened.suggestion is None:
                return {s.decide_message: self._message(self.t("decide-suggest-first"))}
            choice = Choice(kind or "", pathway, reason or "", own, step)
            if problem := work.problem_with(choice, opened.suggestion):
                return {s.decide_message: self._message(self.t(problem))}
            try:
                work.decide(self.house, opened.suggestion, choice, int(version), visitor)
            except StaleCaseError:
                return {s.decide_message: self._message(self.t("stale-decide", by=opened.stored.changed_by))}
            except AlreadyDecidedError:
                fresh, _ = self._opened(request)
                return {**self._result(s, fresh, visitor), s.decide_message: self._message(self.t("already-decided"))}
            work.keep_draft(self.house, opened.case.id, visitor, "reason", "")
            fresh, _ = self._opened(request)
            return {s.decide_message: "", **self._result(s, fresh, visitor)}

        return handler

    # ---------------------------------------------------------------- help

    def _opened(self, request: gr.Request) -> tuple[OpenCase, Visitor]:
        visitor = need(self.house, request.cookies, CASEWORKER)
        opened = work.open_case(self.house, _case_id(request), visitor)
        if opened is None:
            raise gr.Error(self.t("no-such-case"))
        return opened, visitor

    def _message(self, text: str, *, bad: bool = True) -> str:
        return markup("message.html.j2", self.lang, text=text, bad=bad)


def _case_id(request: gr.Request) -> str:
    return str(request.query_params.get("sag") or "")[:64]


def _typed(given: Any) -> Typed:
    choice, several, line, area, source, observed = given
    return Typed(choice, tuple(several or ()), line or "", area or "", source or "", observed or "")
