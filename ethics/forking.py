"""No SQLite file may be open across a fork.

The child inherits SQLite's belief that it holds locks, and not the locks: parent and child then write at once, and
the file is destroyed. Everything here that keeps a file open is closed just before a fork, and opens its file again
when it is next used, on either side. Servers that load first and fork their workers afterwards need this.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class Forkable(Protocol):
    """Something with an open file: it lets go of it, and of nothing in use, around a fork."""

    def before_fork(self) -> None:
        """Wait for what is under way, close the file, and let nobody in."""

    def after_fork(self) -> None:
        """Let users in again, in parent and child."""


_OPEN: WeakSet[Forkable] = WeakSet()
_PAUSED: list[Forkable] = []


def closed_across_forks(thing: Forkable) -> None:
    """Have `thing` close its file whenever this process forks."""
    _OPEN.add(thing)


def _before() -> None:
    _PAUSED[:] = list(_OPEN)
    for thing in _PAUSED:
        thing.before_fork()


def _after() -> None:
    while _PAUSED:
        _PAUSED.pop().after_fork()


os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_after)
