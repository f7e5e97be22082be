"""Codes in letters: easy to type, hard to guess, useless once expired, withdrawn or tried too often."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from assistant.store.access_codes import (
    ALPHABET,
    MOST_ATTEMPTS,
    AccessCodeRepository,
    CodeRefusedError,
    Opened,
    Refusal,
    normalised,
    printed,
)
from assistant.store.engine import Database
from assistant.store.errors import UnstorableTextError
from assistant.store.tables import access_codes

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
MONTH = timedelta(days=30)


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
def codes(database: Database, clock: Clock) -> AccessCodeRepository:
    return AccessCodeRepository(database, QUICK, clock)


def issue(codes: AccessCodeRepository, case_id: str = "C-1") -> str:
    return codes.issue(case_id, "person-1", "S-1", "cw-1", MONTH)


def refusal(codes: AccessCodeRepository, code: str) -> Refusal:
    with pytest.raises(CodeRefusedError) as caught:
        codes.open(code)
    return caught.value.reason


def wrong_secret(code: str) -> str:
    """A well-typed code with the same locator and another secret."""
    body = code.replace("-", "")[:-1]
    return printed(body[:-1] + ("0" if body[-1] != "0" else "1"))


def test_a_code_opens_what_it_was_issued_for_as_often_as_needed(codes: AccessCodeRepository) -> None:
    code = issue(codes)

    assert codes.open(code) == codes.open(code) == Opened("C-1", "person-1", "S-1", NOON + MONTH)


@pytest.mark.parametrize(
    "typed",
    [str.lower, lambda code: code.replace("-", " "), lambda code: f"  {code.replace('-', '')}\t", str],
)
def test_a_code_may_be_typed_as_people_type(codes: AccessCodeRepository, typed: Callable[[str], str]) -> None:
    assert codes.open(typed(issue(codes))).case_id == "C-1"


def test_letters_that_look_like_digits_are_taken_for_them() -> None:
    code = printed("0123456789ABCDE")

    assert normalised(code.replace("0", "O").replace("1", "l")) == "0123456789ABCDE"


@given(body=st.text(ALPHABET, min_size=15, max_size=15), place=st.integers(0, 14), letter=st.sampled_from(ALPHABET))
def test_a_slip_in_one_letter_is_nearly_always_noticed(body: str, place: int, letter: str) -> None:
    code = printed(body).replace("-", "")

    slipped = normalised(code[:place] + letter + code[place + 1 :])

    assert normalised(code) == body
    assert slipped is None or slipped == body[:place] + letter + body[place + 1 :]


@pytest.mark.parametrize(
    "typed", ["", "ABCD", "æøå-1234-5678-9012", "\ud800" * 16, "7K2M-9QXA-1B3C-5D8Q", "A" * 10_000]
)
def test_a_mistyped_code_costs_no_attempt(codes: AccessCodeRepository, typed: str) -> None:
    assert refusal(codes, typed) is Refusal.MISTYPED


def test_a_code_nobody_issued_opens_nothing(codes: AccessCodeRepository) -> None:
    assert refusal(codes, printed("0123456789ABCDE")) is Refusal.WRONG


def test_after_too_many_guesses_even_the_right_secret_opens_nothing(codes: AccessCodeRepository) -> None:
    code, other = issue(codes), issue(codes, "C-2")

    guesses = [refusal(codes, wrong_secret(code)) for _ in range(MOST_ATTEMPTS + 1)]

    assert guesses == [Refusal.WRONG] * MOST_ATTEMPTS + [Refusal.LOCKED]
    assert refusal(codes, code) is Refusal.LOCKED
    assert codes.open(other).case_id == "C-2"


def test_the_right_secret_gives_the_attempts_back(codes: AccessCodeRepository) -> None:
    code = issue(codes)
    for _ in range(3):
        for _ in range(MOST_ATTEMPTS - 1):
            refusal(codes, wrong_secret(code))
        codes.open(code)


def test_guessing_from_many_places_at_once_gives_no_more_guesses(codes: AccessCodeRepository) -> None:
    code = issue(codes)

    with ThreadPoolExecutor(8) as pool:
        reasons = list(pool.map(lambda _: refusal(codes, wrong_secret(code)), range(20)))

    assert reasons.count(Refusal.WRONG) == MOST_ATTEMPTS
    assert reasons.count(Refusal.LOCKED) == 20 - MOST_ATTEMPTS


def test_an_expired_code_says_so_only_to_who_has_the_letter(codes: AccessCodeRepository, clock: Clock) -> None:
    code = issue(codes)
    clock.time += MONTH

    assert refusal(codes, wrong_secret(code)) is Refusal.WRONG
    assert refusal(codes, code) is Refusal.EXPIRED


def test_a_withdrawn_code_opens_nothing(codes: AccessCodeRepository) -> None:
    code, other = issue(codes), issue(codes, "C-2")

    assert codes.withdraw("C-1") == 1
    assert codes.withdraw("C-1") == 0
    assert refusal(codes, code) is Refusal.WITHDRAWN
    assert codes.open(other).case_id == "C-2"


def test_the_secret_is_stored_only_as_a_hash(codes: AccessCodeRepository, database: Database) -> None:
    secret = issue(codes).replace("-", "")[7:15]

    with database.read() as connection:
        rows = str(connection.execute(sa.select(access_codes)).all())

    assert "$argon2id$" in rows
    assert secret not in rows


def test_a_refusal_repeats_nothing_of_the_code(codes: AccessCodeRepository) -> None:
    code = wrong_secret(issue(codes))

    with pytest.raises(CodeRefusedError) as caught:
        codes.open(code)

    assert not any(part in str(caught.value) for part in code.split("-"))


def test_an_unusable_reference_is_refused(codes: AccessCodeRepository) -> None:
    with pytest.raises(UnstorableTextError):
        codes.issue("C-1", "person-1", "", "cw-1", MONTH)
