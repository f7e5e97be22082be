"""What happens on the caseworker's screen: every handler asks again who it is, and answers with what changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from assistant.core.errors import VejviserError
from assistant.store.cases import WorkOrder
from assistant.store.errors import AlreadyDecidedError, StaleCaseError
from ui import facts, typed, work
from ui.desk_view import DeskView, Updates, case_id_of
from ui.house import today
from ui.room import room_top
from ui.screen import Screen
from ui.suggestion_view import contrast
from ui.typed import Typed, TypedError
from ui.visitors import CASEWORKER, need
from ui.what_if_view import moved
from ui.words import markup
from ui.work import Choice

Handler = Callable[..., Updates]


class Desk(DeskView):
    """The handlers of the room in one language."""

    # ---------------------------------------------------------------- look

    def load(self, s: Screen) -> Handler:
        """The page as it is first shown: the work list, or the case that the address names."""

        def handler(request: gr.Request) -> Updates:
            visitor = need(self.house, request.cookies, CASEWORKER)
            case_id = case_id_of(request)
            query = f"?sag={case_id}" if case_id else ""
            top = room_top(self.house, visitor, "sagsbehandler", self.lang, request.cookies, query)
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

    def save(self, s: Screen) -> Handler:
        """Save what stands in the editor; on a mistake everything typed stays where it is."""

        def handler(  # noqa: PLR0913, PLR0917 - one argument a widget, as Gradio hands them over
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
            return {
                **redrawn,
                s.editor: gr.update(visible=True),
                s.edit_message: self._message(self.t("stale", by=self._name(fresh.stored.changed_by))),
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
                return {
                    s.decide_message: self._message(self.t("stale-decide", by=self._name(opened.stored.changed_by)))
                }
            except AlreadyDecidedError:
                fresh, _ = self._opened(request)
                return {**self._result(s, fresh, visitor), s.decide_message: self._message(self.t("already-decided"))}
            work.keep_draft(self.house, opened.case.id, visitor, "reason", "")
            fresh, _ = self._opened(request)
            return {s.decide_message: "", **self._result(s, fresh, visitor)}

        return handler


def _typed(given: Any) -> Typed:
    choice, several, line, area, source, observed = given
    return Typed(choice, tuple(several or ()), line or "", area or "", source or "", observed or "")
