"""The parts of the caseworker's screen by name, so that a handler can say which of them change."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


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
