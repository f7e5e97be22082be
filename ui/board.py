"""The board's room: the log, its verification, a decision to the bottom, figures, and the switch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.audit import Audit
from ui.caseworker import QUIET
from ui.house import House
from ui.room import blank
from ui.words import markup, texts


@dataclass(frozen=True, slots=True)
class BoardScreen:
    """Every component of the room by name."""

    top: Any
    figures: Any
    verify_go: Any
    verdict: Any
    kind: Any
    log: Any
    opened: Any
    open_go: Any
    depth: Any
    replay_go: Any
    replay: Any
    scope: Any
    why: Any
    suspend_go: Any
    restore_go: Any
    switched: Any
    questions: Any
    health: Any


def board_room(house: House, lang: str) -> gr.Blocks:
    """The room in one language."""
    t = texts(lang)
    room: gr.Blocks
    with gr.Blocks(analytics_enabled=False, title=t("room-raad"), fill_width=True) as room:
        made: dict[str, Any] = {"top": blank()}
        with gr.Column(elem_id="raadet"):
            made |= _page(lang)
        _wire(room, BoardScreen(**made), Audit(house, lang))
    return room


def _wire(room: gr.Blocks, s: BoardScreen, audit: Audit) -> None:
    page = [s.top, s.figures, s.kind, s.log, s.opened, s.questions, s.scope, s.health]
    room.load(audit.load(s), None, page, **QUIET)
    s.verify_go.click(audit.verify, None, [s.verdict], **{**QUIET, "show_progress": "minimal"})
    s.kind.input(audit.log, [s.kind], [s.log], **QUIET)
    s.open_go.click(audit.open, [s.opened], [s.depth], **QUIET)
    s.replay_go.click(audit.replay, [s.opened], [s.replay], **QUIET)
    s.suspend_go.click(audit.switch("suspend"), [s.scope, s.why], [s.switched, s.top], **QUIET)
    s.restore_go.click(audit.switch("restore"), [s.scope, s.why], [s.switched, s.top], **QUIET)


def _page(lang: str) -> dict[str, Any]:
    t = texts(lang)
    made: dict[str, Any] = {"figures": blank()}
    with gr.Column(elem_classes="v-card", elem_id="efterproev-boks"):
        blank(markup("head.html.j2", lang, name="verify"))
        made["verify_go"] = gr.Button(t("verify-go"), variant="primary", elem_id="efterproev")
        made["verdict"] = blank()
    with gr.Column(elem_classes="v-card", elem_id="log-boks"):
        blank(markup("head.html.j2", lang, name="log"))
        made["kind"] = gr.Dropdown([], label=t("log-kind"), elem_id="slags")
        made["log"] = blank()
    with gr.Column(elem_classes="v-card", elem_id="bund-boks"):
        blank(markup("head.html.j2", lang, name="depth"))
        with gr.Row():
            made["opened"] = gr.Dropdown([], label=t("depth-which"), elem_id="forslag-nr")
            made["open_go"] = gr.Button(t("depth-go"), elem_id="aabn-forslag")
            made["replay_go"] = gr.Button(t("replay-go"), elem_id="regn-efter")
        made["replay"] = blank()
        made["depth"] = blank()
    made["questions"] = blank()
    with gr.Column(elem_classes="v-card", elem_id="stop-boks"):
        blank(markup("head.html.j2", lang, name="switch"))
        made["scope"] = gr.Dropdown([], label=t("switch-scope"), elem_id="hvad")
        made["why"] = gr.Textbox(label=t("switch-why"), lines=2, max_lines=6, elem_id="hvorfor")
        with gr.Row():
            made["suspend_go"] = gr.Button(t("switch-suspend"), variant="stop", elem_id="stop")
            made["restore_go"] = gr.Button(t("switch-restore"), elem_id="start")
        made["switched"] = blank()
    made["health"] = blank()
    return made
