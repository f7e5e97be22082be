"""One class per kind of failure; the exit code of the command line follows from the class."""

from __future__ import annotations


class VejviserError(Exception):
    """A failure a person can act on: its message is one sentence saying what, where and what to do."""

    exit_code = 1


class CheckFailedError(VejviserError):
    """A check did not hold: verification, replay or a release gate (exit 1)."""

    exit_code = 1


class UserError(VejviserError):
    """Bad usage or bad input; nothing was changed (exit 2)."""

    exit_code = 2


class MissingError(VejviserError):
    """There is no workspace, index or model there yet (exit 3)."""

    exit_code = 3
