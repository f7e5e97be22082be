"""The caseworker's room: the work list, and one case on one screen in the order that casework has."""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.store.cases import WorkOrder
from ui.desk import Desk
from ui.house import House
from ui.room import blank
from ui.screen import Screen
from ui.words import texts

QUIET: dict[str, Any] = {"queue": False, "api_visibility": "private", "show_progress": "hidden"}
"""Handlers answer at once over one request, and are no public interface."""


def caseworker_room(house: House, lang: str) -> gr.Blocks:
    """The room in one language."""
    t = texts(lang)
    room: gr.Blocks
    with gr.Blocks(analytics_enabled=False, title=t("room-sagsbehandler"), fill_width=True) as room:
        screen: dict[str, Any] = {"top": blank()}
        _work_list(screen, t)
        with gr.Column(visible=False, elem_id="sag") as screen["case_view"]:
            screen["case_top"] = blank()
            with gr.Row(elem_classes="v-desk", equal_height=False):
                with gr.Column(scale=5, min_width=320, elem_id="sagen"):
                    _facts(screen, t)
                with gr.Column(scale=7, min_width=320, elem_id="svaret"):
                    _suggestion(screen, t)
        for hidden in ("act", "field", "version"):
            screen[hidden] = gr.Textbox(visible="hidden", elem_id=f"bro-{hidden}", label=hidden)
        screen["act_go"] = gr.Button(visible="hidden", elem_id="bro-go")
        _wire(room, Screen(**screen), Desk(house, lang))
    return room


def _work_list(screen: dict[str, Any], t: Any) -> None:
    with gr.Column(visible=False, elem_id="liste") as screen["list_view"]:
        screen["list_head"] = blank()
        with gr.Row(elem_classes="v-filter"):
            screen["search"] = gr.Textbox(label=t("work-search"), elem_id="soeg", max_lines=1)
            orders = [(t(f"order-{order.value.replace('_', '-')}"), order.value) for order in WorkOrder]
            screen["order"] = gr.Radio(orders, value=WorkOrder.DEADLINE.value, label=t("work-order"), elem_id="orden")
        screen["work"] = blank()


def _editor(screen: dict[str, Any], t: Any, name: str) -> None:
    """The four widgets of which one shows, by the field's type."""
    screen[f"{name}_choice"] = gr.Radio([], visible=False, elem_id=f"{name}-valg")
    screen[f"{name}_several"] = gr.CheckboxGroup([], visible=False, elem_id=f"{name}-flere")
    screen[f"{name}_line"] = gr.Textbox(visible=False, elem_id=f"{name}-linje", max_lines=1)
    screen[f"{name}_area"] = gr.Textbox(visible=False, elem_id=f"{name}-tekst", lines=6, max_lines=20)


def _facts(screen: dict[str, Any], t: Any) -> None:
    with gr.Column(visible=False, elem_id="rediger", elem_classes="v-editor") as screen["editor"]:
        screen["edit_head"] = blank()
        _editor(screen, t, "edit")
        with gr.Row():
            screen["source"] = gr.Textbox(label=t("edit-source"), elem_id="kilde", max_lines=1)
            screen["observed"] = gr.Textbox(label=t("edit-date"), info=t("edit-date-help"), elem_id="dato", max_lines=1)
        screen["edit_message"] = blank()
        with gr.Row():
            screen["save"] = gr.Button(t("save"), variant="primary", elem_id="gem")
            screen["unknown"] = gr.Button(t("mark-unknown"), elem_id="ukendt")
            screen["cancel"] = gr.Button(t("cancel"), elem_id="fortryd")
    screen["facts"] = blank()
    screen["note"] = blank()


def _suggestion(screen: dict[str, Any], t: Any) -> None:
    with gr.Column(visible=False, elem_id="egen", elem_classes="v-card") as screen["own_view"]:
        screen["own_head"] = blank()
        screen["own"] = gr.Radio([], label=t("own-label"), elem_id="egen-valg")
    screen["suggest"] = gr.Button(t("suggest"), variant="primary", elem_id="foreslaa", size="lg")
    screen["suggest_message"] = blank()
    screen["result"] = blank()
    with gr.Column(visible=False, elem_id="efter") as screen["after"]:
        _decision(screen, t)
        with gr.Column(elem_classes="v-card", elem_id="sammenlign-boks"):
            screen["contrast_head"] = blank()
            with gr.Row():
                screen["one"] = gr.Dropdown([], label=t("contrast-one"), elem_id="den-ene")
                screen["other"] = gr.Dropdown([], label=t("contrast-other"), elem_id="den-anden")
            screen["contrast_go"] = gr.Button(t("contrast-go"), elem_id="sammenlign")
            screen["contrast"] = blank()
        with gr.Column(elem_classes="v-card", elem_id="hvad-hvis-boks"):
            screen["whatif_head"] = blank()
            screen["whatif_field"] = gr.Dropdown([], label=t("whatif-field"), elem_id="hvad-hvis")
            _editor(screen, t, "whatif")
            screen["whatif_go"] = gr.Button(t("whatif-go"), elem_id="proev")
            screen["whatif"] = blank()


def _decision(screen: dict[str, Any], t: Any) -> None:
    with gr.Column(elem_classes="v-card v-decide", elem_id="afgoer-boks") as screen["decide_view"]:
        screen["decide_head"] = blank()
        kinds = [(t(f"choice-{kind}"), kind) for kind in ("accept", "change", "reject", "none")]
        screen["kind"] = gr.Radio(kinds, label=t("decide-kind"), elem_id="valg")
        screen["pathway"] = gr.Dropdown([], label=t("decide-pathway"), visible=False, elem_id="forloeb")
        steps = [(t(f"step-{step}"), step) for step in ("offer", "recommendation", "decision", "refusal")]
        screen["step"] = gr.Radio(steps, value="offer", label=t("decide-step"), elem_id="trin")
        screen["reason"] = gr.Textbox(
            label=t("decide-reason"), info=t("decide-reason-help"), lines=3, max_lines=12, elem_id="begrundelse"
        )
        screen["decide_message"] = blank()
        screen["decide"] = gr.Button(t("decide"), variant="primary", elem_id="afgoer")
    screen["decided"] = blank()


def _wire(room: gr.Blocks, s: Screen, desk: Desk) -> None:
    everything = s.outputs()
    edit = [s.edit_choice, s.edit_several, s.edit_line, s.edit_area, s.source, s.observed]
    whatif = [s.whatif_choice, s.whatif_several, s.whatif_line, s.whatif_area]
    room.load(desk.load(s), None, everything, **QUIET)
    for trigger in (s.search.input, s.order.change):
        trigger(desk.work_list, [s.search, s.order], [s.work], trigger_mode="always_last", **QUIET)
    s.act_go.click(desk.act(s), [s.act], everything, **QUIET)
    s.save.click(desk.save(s), [s.field, s.version, *edit], everything, **QUIET)
    s.unknown.click(desk.mark_unknown(s), [s.field, s.version], everything, **QUIET)
    s.cancel.click(desk.cancel(s), [s.field], [s.editor, s.edit_message], **QUIET)
    s.edit_area.input(desk.keep, [s.field, s.edit_area], None, trigger_mode="always_last", **QUIET)
    s.suggest.click(desk.suggest(s), [s.own], everything, **QUIET)
    s.contrast_go.click(desk.contrast, [s.one, s.other], [s.contrast], **QUIET)
    s.whatif_field.change(desk.whatif_widgets, [s.whatif_field], [*whatif, s.whatif], **QUIET)
    s.whatif_go.click(desk.what_if, [s.whatif_field, *whatif], [s.whatif], **QUIET)
    s.kind.change(desk.kind_chosen, [s.kind], [s.pathway], **QUIET)
    s.reason.input(desk.keep_reason, [s.reason], None, trigger_mode="always_last", **QUIET)
    s.decide.click(desk.decide(s), [s.version, s.kind, s.pathway, s.step, s.reason, s.own], everything, **QUIET)
