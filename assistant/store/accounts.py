"""Who may sign in: users with their roles and unit, passwords, sessions and absences."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.exc import IntegrityError

from assistant.core.errors import UserError
from assistant.store.engine import Database
from assistant.store.errors import UnknownRecordError
from assistant.store.tables import absences, checked_id, sessions, users, utc_now

SHORTEST_PASSWORD = 12
"""Characters; length is what makes a password hard to guess."""
LONGEST_PASSWORD = 1_000
"""Characters; hashing a longer one would let a stranger keep the server busy."""
MOST_FAILURES = 10
"""Wrong passwords in a row before the account rests."""
REST = timedelta(minutes=15)
"""How long it rests."""


class PasswordRefusedError(UserError):
    """A new password that is too easy to guess, or too long to hash."""

    def __init__(self) -> None:
        super().__init__(
            f"The password was not accepted; choose one of {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."
        )


class UserExistsError(UserError):
    """The user id is taken."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"There is a user {user_id!r} already; choose another id.")


@dataclass(frozen=True, slots=True)
class User:
    """Someone who can sign in.

    `subject` is set for a citizen and names the key of their own case, so that erasing them erases the account;
    a citizen's `name` stays empty, for it would lie in the clear.
    """

    user_id: str
    roles: frozenset[str]
    name: str = ""
    unit: str | None = None
    subject: str | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in user until `expires_at`."""

    user: User
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Absence:
    """From the first day to the last, both included, `stand_in` looks after the user's cases."""

    user_id: str
    first_day: date
    last_day: date
    stand_in: str


@dataclass(frozen=True, slots=True)
class AccountRepository:
    """Keeps users, and sessions by the hash of their token."""

    database: Database
    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    now: Callable[[], datetime] = utc_now

    def add(self, user: User, password: str | None = None) -> None:
        """A new user; without a password only another sign-in (OpenID Connect, demo) can let them in.

        Raises `UserExistsError`, `PasswordRefusedError`.
        """
        if user.subject is not None and user.name:
            raise ValueError("a citizen's account carries no name: it would lie in the clear")
        hashed = None if password is None else self._hash(password)
        row = {**_row(user), "password_hash": hashed, "failures": 0, "created_at": self.now()}
        try:
            with self.database.write() as connection:
                connection.execute(users.insert(), row)
        except IntegrityError:
            raise UserExistsError(user.user_id) from None

    def change(self, user: User) -> None:
        """Save name, roles, unit and `active`; an inactive user's sessions end. Raises `UnknownRecordError`."""
        with self.database.write() as connection:
            mine = users.c.user_id == user.user_id
            if connection.execute(users.update().where(mine).values(_row(user))).rowcount == 0:
                raise UnknownRecordError("user", user.user_id)
            if not user.active:
                connection.execute(sessions.delete().where(sessions.c.user_id == user.user_id))

    def set_password(self, user_id: str, password: str) -> None:
        """A new password; every session of the user ends. Raises `PasswordRefusedError`."""
        values = {"password_hash": self._hash(password), "failures": 0, "locked_until": None}
        with self.database.write() as connection:
            if connection.execute(users.update().where(users.c.user_id == user_id).values(values)).rowcount == 0:
                raise UnknownRecordError("user", user_id)
            connection.execute(sessions.delete().where(sessions.c.user_id == user_id))

    def get(self, user_id: str) -> User | None:
        """The user, or None."""
        found = self._find(users.c.user_id == user_id)
        return found[0] if found else None

    def everyone(self, unit: str | None = None) -> list[User]:
        """Every user by id; of one unit when named."""
        return self._find(sa.true() if unit is None else users.c.unit == unit)

    def check_password(self, user_id: str, password: str) -> User | None:
        """The active user whose password this is, else None: unknown, wrong, resting and inactive look alike
        and take alike long.
        """
        with self.database.read() as connection:
            row = connection.execute(sa.select(users).where(users.c.user_id == user_id)).one_or_none()
        stored = None if row is None else row.password_hash
        right = self._matches(stored, password)
        if row is None or stored is None:
            return None
        if not row.active or (row.locked_until is not None and row.locked_until > self.now()):
            return None
        self._remember_attempt(user_id, password if right and self.hasher.check_needs_rehash(stored) else None, right)
        return _user(row) if right else None

    def start_session(self, user_id: str, lasts: timedelta) -> str:
        """The secret token of a new session; only its hash is stored. Raises `UnknownRecordError`."""
        user = self.get(user_id)
        if user is None or not user.active:
            raise UnknownRecordError("active user", user_id)
        token, started = secrets.token_urlsafe(32), self.now()
        row = {
            "token_hash": _hash_token(token),
            "user_id": user_id,
            "started_at": started,
            "expires_at": started + lasts,
        }
        with self.database.write() as connection:
            connection.execute(sessions.delete().where(sessions.c.expires_at <= started))
            connection.execute(sessions.insert(), row)
        return token

    def session(self, token: str) -> Session | None:
        """The session of this token, unless it has expired, was ended or its user is inactive."""
        query = (
            sa.select(users, sessions.c.expires_at)
            .join(sessions, sessions.c.user_id == users.c.user_id)
            .where(
                sessions.c.token_hash == _hash_token(token),
                sessions.c.expires_at > self.now(),
                users.c.active,
            )
        )
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Session(_user(row), row.expires_at)

    def prolong_session(self, token: str, lasts: timedelta) -> None:
        """Let a session that has not expired last this long from now."""
        now = self.now()
        alive = sa.and_(sessions.c.token_hash == _hash_token(token), sessions.c.expires_at > now)
        with self.database.write() as connection:
            connection.execute(sessions.update().where(alive).values(expires_at=now + lasts))

    def end_session(self, token: str) -> None:
        """Sign out."""
        with self.database.write() as connection:
            connection.execute(sessions.delete().where(sessions.c.token_hash == _hash_token(token)))

    def end_sessions_of(self, user_id: str) -> None:
        """Sign a user out everywhere."""
        with self.database.write() as connection:
            connection.execute(sessions.delete().where(sessions.c.user_id == user_id))

    def set_absence(self, absence: Absence) -> None:
        """Enter an absence, replacing one that began the same day. Raises `UnknownRecordError`, `ValueError`."""
        if absence.last_day < absence.first_day or absence.stand_in == absence.user_id:
            raise ValueError("an absence ends on or after its first day and needs somebody else as stand-in")
        same = sa.and_(absences.c.user_id == absence.user_id, absences.c.first_day == absence.first_day)
        row = {name: getattr(absence, name) for name in Absence.__dataclass_fields__}
        try:
            with self.database.write(alone="absences") as connection:
                connection.execute(absences.delete().where(same))
                connection.execute(absences.insert(), row)
        except IntegrityError:
            raise UnknownRecordError("user", f"{absence.user_id} or {absence.stand_in}") from None

    def covered_by(self, user_id: str, day: date) -> set[str]:
        """Whose cases this user looks after on a day: the owners to ask a work list for, themselves included."""
        query = sa.select(absences.c.user_id).where(
            absences.c.stand_in == user_id, absences.c.first_day <= day, absences.c.last_day >= day
        )
        with self.database.read() as connection:
            return {user_id, *connection.execute(query).scalars()}

    def _hash(self, password: str) -> str:
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise PasswordRefusedError
        return self.hasher.hash(password)

    def _matches(self, stored: str | None, password: str) -> bool:
        if len(password) > LONGEST_PASSWORD:
            return False
        if stored is None:
            self.hasher.hash(password)  # takes as long as a check, so that time does not tell who exists
            return False
        try:
            return self.hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    def _remember_attempt(self, user_id: str, rehash: str | None, right: bool) -> None:
        values: dict[str, Any] = {"failures": 0, "locked_until": None}
        if rehash is not None:
            values["password_hash"] = self.hasher.hash(rehash)
        if not right:
            resting = users.c.failures + 1 >= MOST_FAILURES
            values = {
                "failures": sa.case((resting, 0), else_=users.c.failures + 1),
                "locked_until": sa.case((resting, self.now() + REST), else_=users.c.locked_until),
            }
        with self.database.write() as connection:
            connection.execute(users.update().where(users.c.user_id == user_id).values(values))

    def _find(self, which: sa.ColumnElement[bool]) -> list[User]:
        with self.database.read() as connection:
            rows = connection.execute(sa.select(users).where(which).order_by(users.c.user_id))
            return [_user(row) for row in rows]


def roles_text(roles: Collection[str]) -> str:
    """Roles as stored: a sorted JSON list.

    >>> roles_text({"caseworker", "board"})
    '["board", "caseworker"]'
    """
    return json.dumps(sorted(roles))


def _hash_token(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _row(user: User) -> dict[str, Any]:
    checked_id(user.user_id, "user id")
    return {
        "user_id": user.user_id,
        "name": user.name,
        "unit": None if user.unit is None else checked_id(user.unit, "unit"),
        "roles": roles_text(user.roles),
        "subject": None if user.subject is None else checked_id(user.subject, "subject"),
        "active": user.active,
    }


def _user(row: sa.Row[Any]) -> User:
    return User(row.user_id, frozenset(json.loads(row.roles)), row.name, row.unit, row.subject, row.active)
