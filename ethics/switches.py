"""What is switched off: a pathway, a law, a model or all of it, worked out from the log alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ethics.entry import Appended, Entry, NewEntry
from ethics.log import EthicsLog

ALL = "all"
"""The scope that stands for the whole assistant."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One thing that can be switched off: `kind` is all, pathway, law or model."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Suspension:
    """A scope that is switched off, by which entry, by whom and why."""

    scope: Scope
    entry: int
    since: str
    by: str
    why: str
    drill: bool


@dataclass(frozen=True, slots=True)
class Switches:
    """Everything that is switched off."""

    suspended: tuple[Suspension, ...] = ()

    def blocking(
        self, *, pathway: str | None = None, law: str | None = None, model: str | None = None
    ) -> Suspension | None:
        """The suspension that forbids this pathway, law or model, the whole assistant's first; or None."""
        wanted = [("all", ALL), ("law", law), ("pathway", pathway), ("model", model)]
        for kind, name in wanted:
            for one in self.suspended:
                if one.scope == Scope(kind, name or ""):
                    return one
        return None


def fold(entries: Iterable[Entry]) -> Switches:
    """The state after these entries; a drill switches off as truly as an emergency.

    Restoring a scope lifts that scope and no other: with the whole assistant restored, a suspended law stays so.
    """
    suspended: dict[Scope, Suspension] = {}
    for entry in entries:
        if entry.type != "KillSwitch":
            continue
        body = entry.body
        scope = Scope(body["kind"], ALL if body["kind"] == ALL else body["scope"])
        suspended.pop(scope, None)
        if body["action"] == "suspend":
            suspended[scope] = Suspension(scope, entry.index, entry.time, body["by"], body["why"], body["drill"])
    return Switches(tuple(suspended.values()))


class LiveSwitches:
    """The state as of now, in every process: the log is asked each time, and read again only when it grew."""

    def __init__(self, log: EthicsLog) -> None:
        self._log, self._size, self._switches = log, -1, Switches()

    def now(self) -> Switches:
        """What is switched off at this moment."""
        size = self._log.size()
        if size != self._size:
            self._switches, self._size = fold(self._log.find(type="KillSwitch")), size
        return self._switches


def suspend(log: EthicsLog, scope: Scope, by: str, why: str, drill: bool = False) -> Appended:
    """Switch something off; in force everywhere when this returns."""
    return log.append([_entry("suspend", scope, by, why, drill)])[0]


def restore(log: EthicsLog, scope: Scope, by: str, why: str, drill: bool = False) -> Appended:
    """Switch something on again."""
    return log.append([_entry("restore", scope, by, why, drill)])[0]


def _entry(action: str, scope: Scope, by: str, why: str, drill: bool) -> NewEntry:
    body = {"action": action, "kind": scope.kind, "scope": scope.id, "by": by, "why": why, "drill": drill}
    return NewEntry("KillSwitch", body)
