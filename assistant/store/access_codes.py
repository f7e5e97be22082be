"""The codes in letters to citizens: typed by hand, so forgiving of typing and strict about guessing."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from assistant.core.errors import UserError
from assistant.store.engine import Database
from assistant.store.tables import access_codes, checked_id, utc_now

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that looks like a digit or another letter."""
MOST_ATTEMPTS = 5
"""Wrong secrets before a code is locked: with 40 secret bits, one guess in 2e11 succeeds."""
_LOCATOR, _SECRET = 7, 8  # and one check letter: 16 in all, printed in fours
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None, "\u00a0": None, "\u2013": None})


class Refusal(StrEnum):
    """Why a code does not open; that it has expired or was withdrawn is said only when its secret was right."""

    MISTYPED = "mistyped"
    WRONG = "wrong"
    LOCKED = "locked"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class CodeRefusedError(UserError):
    """The code opens nothing."""

    def __init__(self, reason: Refusal) -> None:
        self.reason = reason
        super().__init__(
            f"The code does not open anything ({reason}); check it against the letter, "
            "or ask the municipality for a new one."
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """What a code opens: `ref` is what it was issued for, such as a suggestion's receipt."""

    case_id: str
    subject: str
    ref: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AccessCodeRepository:
    """Issues and checks codes; of the secret part only an argon2 hash is stored."""

    database: Database
    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    now: Callable[[], datetime] = utc_now

    def issue(self, case_id: str, subject: str, ref: str, by: str, lasts: timedelta) -> str:
        """A new code, to be printed and then forgotten: `ABCD-EFGH-JKMN-PQRS`."""
        locator, secret = _letters(_LOCATOR), _letters(_SECRET)
        issued_at = self.now()
        row = {
            "locator": locator,
            "subject": checked_id(subject, "subject"),
            "case_id": checked_id(case_id, "case id"),
            "ref": checked_id(ref, "reference"),
            "secret_hash": self.hasher.hash(secret),
            "attempts_left": MOST_ATTEMPTS,
            "issued_at": issued_at,
            "issued_by": checked_id(by, "user"),
            "expires_at": issued_at + lasts,
        }
        with self.database.write() as connection:
            connection.execute(access_codes.insert(), row)
        return printed(locator + secret)

    def open(self, code: str) -> Opened:
        """What the code opens. Raises `CodeRefusedError`; a mistyped code costs no attempt, a guess does."""
        typed = normalised(code)
        if typed is None:
            raise CodeRefusedError(Refusal.MISTYPED)
        locator, secret = typed[:_LOCATOR], typed[_LOCATOR:]
        mine = access_codes.c.locator == locator
        # The attempt is spent before the secret is looked at, so that a hundred guesses at once are not free.
        with self.database.write() as connection:
            left = access_codes.c.attempts_left
            spent = access_codes.update().where(mine, left > 0).values(attempts_left=left - 1)
            guessable = connection.execute(spent).rowcount == 1
            row = connection.execute(sa.select(access_codes).where(mine)).one_or_none()
        if row is None or not guessable:
            self.hasher.hash(secret)  # takes as long as a check, so that time does not tell which codes exist
            raise CodeRefusedError(Refusal.WRONG if row is None else Refusal.LOCKED)
        try:
            self.hasher.verify(row.secret_hash, secret)
        except VerificationError:
            raise CodeRefusedError(Refusal.WRONG) from None
        now = self.now()
        with self.database.write() as connection:
            right = {"attempts_left": MOST_ATTEMPTS, "last_used_at": now}
            connection.execute(access_codes.update().where(mine).values(right))
        if row.withdrawn_at is not None:
            raise CodeRefusedError(Refusal.WITHDRAWN)
        if row.expires_at <= now:
            raise CodeRefusedError(Refusal.EXPIRED)
        return Opened(row.case_id, row.subject, row.ref, row.expires_at)

    def withdraw(self, case_id: str) -> int:
        """Make every code of a case useless from now on; how many still worked."""
        still = sa.and_(
            access_codes.c.case_id == case_id,
            access_codes.c.withdrawn_at.is_(None),
            access_codes.c.expires_at > self.now(),
        )
        with self.database.write() as connection:
            return connection.execute(access_codes.update().where(still).values(withdrawn_at=self.now())).rowcount


def printed(body: str) -> str:
    """A code with its check letter, in groups of four.

    >>> printed("7K2M9QXA1B3C5D8")
    '7K2M-9QXA-1B3C-5D84'
    """
    whole = body + _check_letter(body)
    return "-".join(whole[start : start + 4] for start in range(0, len(whole), 4))


def normalised(code: str) -> str | None:
    """A typed code without its check letter; None when a letter is mistyped, missing or too many.

    >>> normalised(" 7k2m 9qxa-1b3c 5d8" + printed("7K2M9QXA1B3C5D8")[-1].lower())
    '7K2M9QXA1B3C5D8'
    """
    letters = code.strip().upper().translate(_LOOKALIKES)
    if len(letters) != _LOCATOR + _SECRET + 1 or not set(letters) <= set(ALPHABET):
        return None
    body = letters[:-1]
    return body if _check_letter(body) == letters[-1] else None


def _check_letter(body: str) -> str:
    return ALPHABET[hashlib.sha256(body.encode("ascii")).digest()[0] % len(ALPHABET)]


def _letters(number: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(number))
