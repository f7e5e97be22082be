"""Consents as objects with a source, a recipient, a purpose and an end; the log is where they live."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from ethics.entry import Entry, NewEntry


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent: data may go from `source` to `recipient` for `purpose`, until it expires or is withdrawn.

    It is the procedural consent of the administrative acts, which opens a door between departments. It is no
    legal basis for the processing itself.
    """

    id: str
    source: str
    recipient: str
    purpose: str
    given: date
    expires: date | None = None
    withdrawn: date | None = None

    def holds(self, on: date) -> bool:
        """Whether it may be relied on that day; on the day of withdrawal it may not."""
        ended = (self.expires is not None and on > self.expires) or (
            self.withdrawn is not None and on >= self.withdrawn
        )
        return self.given <= on and not ended

    def covers(self, source: str, recipient: str, purpose: str, on: date) -> bool:
        """Whether it allows exactly this."""
        return (self.source, self.recipient, self.purpose) == (source, recipient, purpose) and self.holds(on)


def consents(entries: Iterable[Entry]) -> list[Consent]:
    """Every consent in the entries of one person, withdrawals included, in the order given."""
    found: dict[str, Consent] = {}
    for entry in entries:
        body = entry.body
        if entry.type == "ConsentGiven":
            expires = body.get("expires")
            found[body["consent"]] = Consent(
                body["consent"],
                body["source"],
                body["recipient"],
                body["purpose"],
                date.fromisoformat(body["given"]),
                date.fromisoformat(expires) if expires else None,
            )
        elif entry.type == "ConsentWithdrawn" and (known := found.get(body["consent"])):
            found[known.id] = replace(known, withdrawn=date.fromisoformat(body["withdrawn"]))
    return list(found.values())


def covering(given: Iterable[Consent], source: str, recipient: str, purpose: str, on: date) -> Consent | None:
    """The consent that allows data to go that way that day, or None."""
    return next((consent for consent in given if consent.covers(source, recipient, purpose, on)), None)


def given_entry(consent: Consent, subject: str, by: str = "citizen", words: bytes | None = None) -> NewEntry:
    """What to log when a consent is given; `words` is what the person saw and signed, and is sealed."""
    body: dict[str, str] = {
        "consent": consent.id,
        "source": consent.source,
        "recipient": consent.recipient,
        "purpose": consent.purpose,
        "given": consent.given.isoformat(),
        "by": by,
    }
    if consent.expires is not None:
        body["expires"] = consent.expires.isoformat()
    return NewEntry("ConsentGiven", body, subject=subject, payload=words)


def withdrawn_entry(consent: str, subject: str, on: date, by: str = "citizen") -> NewEntry:
    """What to log when a consent is taken back."""
    body = {"consent": consent, "withdrawn": on.isoformat(), "by": by}
    return NewEntry("ConsentWithdrawn", body, subject=subject)
