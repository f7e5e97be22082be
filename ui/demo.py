"""The demonstration: invented citizens' cases in the work list, and accounts to step into with one click."""

from __future__ import annotations

import datetime as dt
import json
import re
from importlib import resources
from typing import Any

from assistant.core.cases import Located, case_to_json
from assistant.store.accounts import User
from assistant.store.cases import CaseRecord
from assistant.store.errors import UnknownRecordError
from ui.house import UNIT, CaseDocument, House, document_of, save
from ui.visitors import BOARD, CASEWORKER, CITIZEN

CASEWORKER_ID, SECOND_ID, BOARD_ID = "demo-sagsbehandler", "demo-kollega", "demo-raad"
_DAY = re.compile(r"\{(iso|kort):(-?\d+)\}")


def is_demo(user_id: str) -> bool:
    """Whether one click may sign this account in."""
    return user_id.startswith("demo-")


def demo_cases(today: dt.date) -> list[CaseDocument]:
    """The invented cases, their dates counted from `today`: `{iso:-5}` is five days ago, `{kort:3}` in three days."""

    def day(found: re.Match[str]) -> str:
        on = today + dt.timedelta(days=int(found[2]))
        return on.isoformat() if found[1] == "iso" else f"{on.day}/{on.month}"

    text = (resources.files("ui") / "demo_cases.jsonl").read_text(encoding="utf-8")
    return [json.loads(_DAY.sub(day, line)) for line in text.splitlines() if line.strip()]


def fill(house: House, today: dt.date) -> int:
    """Put the demonstration in place where it is not there yet; how many cases were added."""
    for user in _users():
        _add_user(house, user)
    added = 0
    for given in demo_cases(today):
        added += _add_case(house, given, today)
        citizen = User(f"demo-borger-{given['case_id']}", frozenset({CITIZEN}), subject=given["case_id"])
        _add_user(house, citizen)
    return added


def _users() -> list[User]:
    return [
        User(CASEWORKER_ID, frozenset({CASEWORKER}), "Anne Krogh", UNIT),
        User(SECOND_ID, frozenset({CASEWORKER}), "Mads Juul", UNIT),
        User(BOARD_ID, frozenset({BOARD}), "Etisk Råd", UNIT),
    ]


def _add_user(house: House, user: User) -> None:
    if house.accounts.get(user.user_id) is None:
        house.accounts.add(user)


def _add_case(house: House, given: dict[str, Any], today: dt.date) -> int:
    case_id = given["case_id"]
    try:
        house.assistant.cases.get(case_id)
    except UnknownRecordError:
        case = house.assistant.read_case(Located(case_id, given))
        document = case_to_json(case)
        ahead = given.get("look_again_in_days")
        record = CaseRecord(
            case_id=case_id,
            subject=case_id,
            unit=UNIT,
            facts=document,
            owner=CASEWORKER_ID,
            next_date=None if ahead is None else today + dt.timedelta(days=ahead),
        )
        stored = house.assistant.cases.save(record, 0, CASEWORKER_ID)
        save(house, stored, document_of(stored, today), CASEWORKER_ID)
        return 1
    return 0
