"""Everything an operator may change, read once from `settings.toml` and kept in the workspace."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from assistant.core.domain import Mode
from assistant.core.errors import UserError


class SettingsError(UserError):
    """A settings file that cannot be used."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"settings.toml: {problem}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one workspace.

    `encoder` names the sentence-transformers model for dense search: "indbygget" (the built-in one), "ingen" (none),
    a local folder or a hub name. `model_off` runs on rules and guidance alone. `own_assessment_share` is the share
    of cases in which the caseworker gives an own assessment before the suggestion is shown; the board sets it.
    """

    mode: Mode = Mode.TRIAL
    municipality: str = "Demokommunen"
    contact_name: str = ""
    contact_telephone: str = ""
    encoder: str = "indbygget"
    model_off: bool = False
    neighbours: int = 50
    passages_per_pathway: int = 3
    questions: int = 3
    own_assessment_share: float = 0.2
    seed: int = 0

    def to_toml(self) -> str:
        """The settings as TOML, one line each."""
        return "".join(f"{field.name} = {_toml(getattr(self, field.name))}\n" for field in fields(self))


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    # A JSON string is a TOML string but for DEL, which TOML wants escaped.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


_LIMITS: Mapping[str, tuple[float, float]] = {
    "neighbours": (1, 1000),
    "passages_per_pathway": (1, 10),
    "questions": (0, 3),  # more than three at once is a form, not a conversation
    "own_assessment_share": (0, 1),
    "seed": (0, 2**32 - 1),
}


def load_settings(text: str) -> Settings:
    """Read TOML; a key we do not know, or a value of the wrong type, is refused.

    >>> load_settings('mode = "operation"').mode
    <Mode.OPERATION: 'operation'>
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"not valid TOML ({error})") from None
    known = {field.name: field for field in fields(Settings)}
    if unknown := sorted(given.keys() - known.keys()):
        raise SettingsError(f"unknown settings {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    return Settings(**{name: _checked(name, value) for name, value in given.items()})


def _checked(name: str, value: Any) -> Any:
    if name == "mode":
        try:
            return Mode(value)
        except ValueError:
            raise SettingsError(f"mode is {value!r}; it is trial or operation") from None
    default = getattr(Settings(), name)
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not type(default):
        raise SettingsError(f"{name} is {value!r}; it must be like {default!r}")
    low, high = _LIMITS.get(name, (value, value))
    if not low <= value <= high:
        raise SettingsError(f"{name} is {value!r}; it lies between {low} and {high}")
    return value
