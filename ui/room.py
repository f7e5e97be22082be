"""What stands at the top of every room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr
from markupsafe import Markup

from ui.house import House
from ui.visitors import FORM_MARK, Visitor
from ui.words import markup, texts


def room_top(
    house: House, visitor: Visitor | None, room: str, lang: str, cookies: Mapping[str, str], query: str = ""
) -> Markup:
    """Brand, room, language, who is signed in, the demonstration's banner and what is switched off."""
    off = sorted(house.assistant.suspended())
    alarms = [suspended_words(house, scope, lang) for scope in off]
    return markup(
        "room_top.html.j2",
        lang,
        room=room,
        visitor=visitor,
        query=query,
        trial=house.trial,
        municipality=house.assistant.settings.municipality,
        form_mark=cookies.get(FORM_MARK, ""),
        alarms=alarms,
    )


def suspended_words(house: House, scope: str, lang: str) -> str:
    """One thing that is switched off, in words."""
    t = texts(lang)
    if scope in ("all", "model"):
        return t(f"suspended-{scope}")
    known = house.assistant.catalogue.pathways
    return t("suspended-one", what=house.assistant.catalogue.pathway_name(scope, lang) if scope in known else scope)


def blank(html: str = "") -> Any:
    """A place for a piece of page. It runs no script of its own."""
    return gr.HTML(html, js_on_load=None, apply_default_css=False)
