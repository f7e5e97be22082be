"""Deadlines that run on the municipality itself: complaints to reassess and forward, incidents to report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from ethics.entry import Entry, NewEntry

REASSESSMENT = timedelta(weeks=4)
"""From receipt to reassessment and forwarding (RSL § 66)."""
REPORT_WITHIN = timedelta(hours=72)
"""From noticing a breach of personal data to reporting it (GDPR art. 33)."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One complaint on its way; dates are None until the step is taken."""

    id: str
    subject: str | None
    about: str
    received: date
    reassess_by: date
    forwarded: date | None = None
    forwarded_to: str | None = None
    outcome: str | None = None
    decided: date | None = None
    board_informed: bool = False

    @property
    def open(self) -> bool:
        """Whether it is still undecided."""
        return self.outcome is None

    def overdue(self, on: date) -> bool:
        """Whether it should have been reassessed or forwarded by that day, and was not."""
        return self.open and self.forwarded is None and on > self.reassess_by


@dataclass(frozen=True, slots=True)
class Running:
    """An incident whose report is still due."""

    entry: int
    severity: str
    noticed: datetime
    due: datetime

    def overdue(self, at: datetime) -> bool:
        """Whether the 72 hours have passed."""
        return at > self.due


def complaints(entries: Iterable[Entry]) -> list[Complaint]:
    """Every complaint with how far it has come, in the order received."""
    found: dict[str, Complaint] = {}
    for entry in entries:
        body = entry.body
        if entry.type == "ComplaintReceived":
            dates = (date.fromisoformat(body["received"]), date.fromisoformat(body["reassess_by"]))
            found[body["complaint"]] = Complaint(body["complaint"], entry.subject, body["about"], *dates)
        elif entry.type == "ComplaintForwarded" and (known := found.get(body["complaint"])):
            sent = date.fromisoformat(body["forwarded"])
            found[known.id] = replace(known, forwarded=sent, forwarded_to=body["to"])
        elif entry.type == "ComplaintOutcome" and (known := found.get(body["complaint"])):
            found[known.id] = replace(
                known,
                outcome=body["outcome"],
                decided=date.fromisoformat(body["decided"]),
                board_informed=bool(body.get("board_informed")),
            )
    return list(found.values())


def received_entry(
    complaint: str, subject: str, *, channel: str, about: str, received: date, words: bytes | None = None
) -> NewEntry:
    """What to log when a complaint comes in, by whatever channel; the four weeks begin that day."""
    body = {
        "complaint": complaint,
        "channel": channel,
        "about": about,
        "received": received.isoformat(),
        "reassess_by": (received + REASSESSMENT).isoformat(),
    }
    return NewEntry("ComplaintReceived", body, subject=subject, payload=words)


def unreported(entries: Iterable[Entry]) -> list[Running]:
    """Incidents that were noticed and not yet reported; a later entry with the same `ref` reports them."""
    found: dict[str, Running] = {}
    for entry in entries:
        if entry.type != "Incident":
            continue
        name = entry.ref or f"entry {entry.index}"
        if entry.body.get("reported"):
            found.pop(name, None)
        else:
            noticed = datetime.fromisoformat(entry.body["noticed"]).astimezone(UTC)
            found[name] = Running(entry.index, entry.body["severity"], noticed, noticed + REPORT_WITHIN)
    return list(found.values())
