"""What can go wrong with the log, its keys and its proofs; the sentence is written once, in the class."""

from __future__ import annotations

from pathlib import Path

from assistant.core.errors import CheckFailedError, MissingError, UserError


class LogMissingError(MissingError):
    """No ethics log where one was expected."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"There is no ethics log at {path}; make the workspace with `vejviser init` first.")


class LogExistsError(UserError):
    """A log would be written over."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} already exists; an ethics log is never written over, choose another path.")


class OriginError(UserError):
    """A log cannot carry that name."""

    def __init__(self, origin: str) -> None:
        super().__init__(f"{origin!r} cannot name a log: it should look like example.org/log, without spaces or plus.")


class LogWriteError(CheckFailedError):
    """The entries could not be made durable; none of them is in the log."""

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(
            f"The ethics log {path} could not store the entries ({cause}), and nothing was written; "
            "free some disk space or mend the disk, then try again."
        )


class LogBusyError(CheckFailedError):
    """Another process held the log for longer than the waiting time."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"The ethics log {path} was held by another process, and nothing was written; try again.")


class LogBrokenError(CheckFailedError):
    """The log does not fit its own signed checkpoint."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The ethics log {path} does not fit its own checkpoint ({reason}), so nothing is written to it; "
            "run `vejviser ledger verify` and compare with a copy kept elsewhere."
        )


class RecordError(UserError):
    """An entry that the log does not accept."""

    def __init__(self, kind: str, problem: str) -> None:
        super().__init__(f"A {kind} entry was not logged: {problem}.")


class NotInLogError(UserError):
    """What was asked for is not in the log."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"The ethics log cannot answer that: {problem}.")


class ErasedError(UserError):
    """The key of this person was shredded; what it sealed cannot be read again."""

    def __init__(self) -> None:
        super().__init__("This content was erased: its key is shredded, and only the proof that it existed is left.")


class KeyUseError(UserError):
    """A key is missing, wrong or unreadable."""


class ReceiptError(UserError):
    """What was handed in as a receipt is none, or none can be made."""


class UnusableExportError(CheckFailedError):
    """An exported log that does not check out is not taken in."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} was not imported, because it does not check out: {reason}.")


class WitnessRefusesError(CheckFailedError):
    """A witness does not cosign what it cannot show to be the continuation of what it saw."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The witness did not cosign: {reason}. Keep both checkpoints and tell the board.")
