"""Accounts: passwords are hashed, sessions end, tokens are stored hashed, stand-ins cover absences."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from assistant.store.accounts import (
    MOST_FAILURES,
    REST,
    Absence,
    AccountRepository,
    PasswordRefusedError,
    User,
    UserExistsError,
)
from assistant.store.engine import Database
from assistant.store.errors import UnknownRecordError, UnstorableTextError
from assistant.store.tables import sessions, users

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
USER = User("cw-1", frozenset({"caseworker", "team_leader"}), "Sagsbehandler Ét", "genoptræning")
PASSWORD = "hest batteri klips æøå"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HOUR = timedelta(hours=1)


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(database: Database, clock: Clock) -> AccountRepository:
    return AccountRepository(database, QUICK, clock)


def stored_hash(database: Database) -> str | None:
    with database.read() as connection:
        return connection.execute(sa.select(users.c.password_hash)).scalar_one()


def test_a_user_comes_back_and_the_right_password_lets_them_in(accounts: AccountRepository) -> None:
    accounts.add(USER, PASSWORD)

    assert accounts.get("cw-1") == USER
    assert accounts.check_password("cw-1", PASSWORD) == USER
    assert accounts.check_password("cw-1", PASSWORD + "x") is None
    assert accounts.check_password("cw-2", PASSWORD) is None
    assert accounts.check_password("cw-1", "x" * 1_000_000) is None
    assert accounts.get("cw-2") is None


def test_only_an_argon2_hash_of_the_password_is_stored(accounts: AccountRepository, database: Database) -> None:
    accounts.add(USER, PASSWORD)

    stored = stored_hash(database)

    assert stored is not None
    assert stored.startswith("$argon2id$")
    assert "batteri" not in stored


def test_a_user_without_a_password_cannot_be_let_in_by_one(accounts: AccountRepository) -> None:
    accounts.add(USER)

    assert accounts.check_password("cw-1", "") is None
    assert accounts.check_password("cw-1", PASSWORD) is None


@pytest.mark.parametrize("bad", ["", "kort", "x" * 11, "x" * 1_001])
def test_a_weak_password_is_refused(accounts: AccountRepository, bad: str) -> None:
    with pytest.raises(PasswordRefusedError, match="12 to 1000"):
        accounts.add(USER, bad)

    assert accounts.get("cw-1") is None


def test_a_user_id_is_given_once(accounts: AccountRepository) -> None:
    accounts.add(USER, PASSWORD)

    with pytest.raises(UserExistsError, match="'cw-1'"):
        accounts.add(replace(USER, unit=None))

    assert accounts.get("cw-1") == USER


def test_a_citizens_account_has_no_name(accounts: AccountRepository) -> None:
    with pytest.raises(ValueError, match="in the clear"):
        accounts.add(User("citizen-1", frozenset({"citizen"}), "Fru Ø.", subject="person-1"))


def test_an_unusable_user_id_is_refused(accounts: AccountRepository) -> None:
    with pytest.raises(UnstorableTextError):
        accounts.add(replace(USER, user_id=" "))


def test_users_are_listed_by_unit(accounts: AccountRepository) -> None:
    accounts.add(USER)
    accounts.add(replace(USER, user_id="cw-2", unit="jobcenter"))

    assert [user.user_id for user in accounts.everyone()] == ["cw-1", "cw-2"]
    assert [user.user_id for user in accounts.everyone("jobcenter")] == ["cw-2"]


def test_an_account_rests_after_too_many_wrong_passwords(accounts: AccountRepository, clock: Clock) -> None:
    accounts.add(USER, PASSWORD)
    for _ in range(MOST_FAILURES):
        assert accounts.check_password("cw-1", "forkert kode") is None

    assert accounts.check_password("cw-1", PASSWORD) is None
    clock.time += REST
    assert accounts.check_password("cw-1", PASSWORD) == USER


def test_a_right_password_forgets_the_wrong_ones_before_it(accounts: AccountRepository) -> None:
    accounts.add(USER, PASSWORD)
    for _ in range(3):
        for _ in range(MOST_FAILURES - 1):
            accounts.check_password("cw-1", "forkert kode")
        assert accounts.check_password("cw-1", PASSWORD) == USER


def test_a_hash_with_old_settings_is_renewed_at_sign_in(accounts: AccountRepository, database: Database) -> None:
    accounts.add(USER, PASSWORD)
    before = stored_hash(database)
    stronger = replace(accounts, hasher=PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))

    assert stronger.check_password("cw-1", PASSWORD) == USER

    after = stored_hash(database)
    assert after is not None
    assert after != before
    assert "t=2" in after
    assert stronger.check_password("cw-1", PASSWORD) == USER


def test_a_session_lasts_until_it_expires(accounts: AccountRepository, clock: Clock) -> None:
    accounts.add(USER)
    token = accounts.start_session("cw-1", HOUR)

    session = accounts.session(token)

    assert session is not None
    assert (session.user, session.expires_at) == (USER, NOON + HOUR)
    assert accounts.session(token + "x") is None
    clock.time += HOUR
    assert accounts.session(token) is None
    accounts.prolong_session(token, HOUR)
    assert accounts.session(token) is None


def test_a_session_in_use_is_prolonged(accounts: AccountRepository, clock: Clock) -> None:
    accounts.add(USER)
    token = accounts.start_session("cw-1", HOUR)
    clock.time += HOUR / 2

    accounts.prolong_session(token, HOUR)

    clock.time += HOUR * 0.9
    assert accounts.session(token) is not None


def test_the_token_itself_is_not_stored_and_expired_sessions_are_cleared_away(
    accounts: AccountRepository, database: Database, clock: Clock
) -> None:
    accounts.add(USER)
    accounts.start_session("cw-1", HOUR)
    clock.time += 2 * HOUR
    token = accounts.start_session("cw-1", HOUR)

    with database.read() as connection:
        rows = connection.execute(sa.select(sessions)).all()

    assert len(rows) == 1
    assert token not in str(rows)


def test_sessions_end_at_sign_out_new_password_and_departure(accounts: AccountRepository) -> None:
    accounts.add(USER, PASSWORD)

    def signed_in() -> str:
        return accounts.start_session("cw-1", HOUR)

    token, other = signed_in(), signed_in()
    accounts.end_session(token)
    assert accounts.session(token) is None
    assert accounts.session(other) is not None
    accounts.end_sessions_of("cw-1")
    assert accounts.session(other) is None

    token = signed_in()
    accounts.set_password("cw-1", PASSWORD * 2)
    assert accounts.session(token) is None
    assert accounts.check_password("cw-1", PASSWORD) is None
    assert accounts.check_password("cw-1", PASSWORD * 2) == USER

    token = signed_in()
    accounts.change(replace(USER, active=False, roles=frozenset()))
    assert accounts.session(token) is None
    assert accounts.check_password("cw-1", PASSWORD * 2) is None
    with pytest.raises(UnknownRecordError):
        signed_in()
    accounts.change(USER)
    assert accounts.session(token) is None


def test_what_is_not_there_cannot_be_changed(accounts: AccountRepository) -> None:
    with pytest.raises(UnknownRecordError):
        accounts.change(USER)
    with pytest.raises(UnknownRecordError):
        accounts.set_password("cw-1", PASSWORD)
    with pytest.raises(UnknownRecordError):
        accounts.start_session("cw-1", HOUR)


def test_a_stand_in_covers_an_absence_from_first_day_to_last(accounts: AccountRepository) -> None:
    for name in ("cw-1", "cw-2", "cw-3"):
        accounts.add(replace(USER, user_id=name))
    first, last = date(2026, 12, 21), date(2027, 1, 3)
    accounts.set_absence(Absence("cw-1", first, last, "cw-3"))
    accounts.set_absence(Absence("cw-1", first, last, "cw-2"))

    days = [first - timedelta(days=1), first, last, last + timedelta(days=1)]

    covered = [accounts.covered_by("cw-2", day) for day in days]
    assert covered == [{"cw-2"}, {"cw-1", "cw-2"}, {"cw-1", "cw-2"}, {"cw-2"}]
    assert accounts.covered_by("cw-3", first) == {"cw-3"}


def test_an_absence_needs_days_in_order_and_somebody_else(accounts: AccountRepository) -> None:
    accounts.add(USER)
    day = date(2026, 12, 21)

    with pytest.raises(ValueError, match="stand-in"):
        accounts.set_absence(Absence("cw-1", day, day, "cw-1"))
    with pytest.raises(ValueError, match="first day"):
        accounts.set_absence(Absence("cw-1", day, day - timedelta(days=1), "cw-2"))
    with pytest.raises(UnknownRecordError, match="cw-2"):
        accounts.set_absence(Absence("cw-1", day, day, "cw-2"))
