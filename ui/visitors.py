"""Who is asking: session cookie, roles, and the mark that a form came from our own page."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import HTTPConnection
from starlette.responses import Response

from assistant.core.errors import UserError
from assistant.store.accounts import User
from ui.house import House

SESSION = "vejviser_session"
FORM_MARK = "vejviser_form"
LASTS = timedelta(hours=1)
"""A session ends this long after the last act."""

CASEWORKER, CITIZEN, BOARD = "caseworker", "citizen", "board"


class NotAllowedError(UserError):
    """Somebody asks for what their role does not open."""

    def __init__(self, role: str) -> None:
        self.role = role
        super().__init__(f"This needs the role {role}; sign in with an account that has it.")


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person; `subject` is set for a citizen and is the only case they may see."""

    user: User

    @property
    def id(self) -> str:
        """The account's id, as it stands in records."""
        return self.user.user_id

    @property
    def name(self) -> str:
        """What to call them on the page; a citizen's account carries no name."""
        return self.user.name or self.user.user_id

    def has(self, role: str) -> bool:
        """Whether they hold the role."""
        return role in self.user.roles


def visitor_of(house: House, cookies: Mapping[str, str]) -> Visitor | None:
    """The signed-in visitor, whose session then lasts anew; None for a stranger."""
    return _visitor(house, cookies)


def need(house: House, cookies: Mapping[str, str], role: str) -> Visitor:
    """The visitor, who must hold `role`; asked again in every handler. Raises `NotAllowedError`."""
    visitor = _visitor(house, cookies)
    if visitor is None or not visitor.has(role):
        raise NotAllowedError(role)
    return visitor


def _visitor(house: House, cookies: Mapping[str, str]) -> Visitor | None:
    token = cookies.get(SESSION)
    session = house.accounts.session(token) if token else None
    if token is None or session is None:
        return None
    if session.expires_at - house.accounts.now() < LASTS / 2:
        house.accounts.prolong_session(token, LASTS)
    return Visitor(session.user)


def start(house: House, response: Response, user_id: str, *, secure: bool) -> None:
    """Sign in: a fresh token each time, kept by the browser where no script can read it."""
    token = house.accounts.start_session(user_id, LASTS)
    _set(response, SESSION, token, secure=secure)


def end(house: House, request: HTTPConnection, response: Response) -> None:
    """Sign out, on the server too."""
    token = request.cookies.get(SESSION)
    if token:
        house.accounts.end_session(token)
    response.delete_cookie(SESSION)


def form_mark(request: HTTPConnection) -> str:
    """The mark to put in a form: the same as in the cookie, which another site can neither read nor set."""
    return request.cookies.get(FORM_MARK) or secrets.token_urlsafe(24)


def keep_form_mark(response: Response, mark: str, *, secure: bool) -> None:
    """Send the mark along as a cookie."""
    _set(response, FORM_MARK, mark, secure=secure)


def mark_is_ours(request: HTTPConnection, given: str) -> bool:
    """Whether a posted form carries the visitor's own mark."""
    kept = request.cookies.get(FORM_MARK) or ""
    return bool(kept) and hmac.compare_digest(kept.encode(), given.encode("utf-8", "replace"))


def _set(response: Response, name: str, value: str, *, secure: bool) -> None:
    response.set_cookie(
        name, value, max_age=int(LASTS.total_seconds()) * 12, httponly=True, samesite="lax", secure=secure, path="/"
    )
