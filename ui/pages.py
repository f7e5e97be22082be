"""The plain pages, which need no JavaScript: sign-in, a code from a letter, print, source and letter."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from assistant.app import UnknownSuggestionError
from assistant.core.errors import VejviserError
from assistant.core.texts import LANGUAGES
from ui import demo, receipts, visitors
from ui.house import House
from ui.visitors import BOARD, CASEWORKER, CITIZEN, Visitor
from ui.words import page, prefix

_ROOM_OF = {CASEWORKER: "sagsbehandler", CITIZEN: "borger", BOARD: "raad"}
_NEXT = re.compile(r"^(sagsbehandler|borger|raad)$")
Text = Annotated[str, Form()]


def router(house: House) -> APIRouter:
    """The plain pages of both languages."""
    routes = APIRouter(default_response_class=HTMLResponse)
    for language in LANGUAGES:
        _add_entrance(routes, house, language)
        _add_papers(routes, house, language)
    return routes


def _language(given: str) -> str:
    return given if given in LANGUAGES else LANGUAGES[0]


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"


def _shown(request: Request, template: str, language: str, status: int = 200, **values: Any) -> HTMLResponse:
    mark = visitors.form_mark(request)
    response = HTMLResponse(page(template, language, form_mark=mark, **values), status_code=status)
    visitors.keep_form_mark(response, mark, secure=_secure(request))
    return response


def _add_entrance(routes: APIRouter, house: House, language: str) -> None:
    home = prefix(language)

    def entrance(request: Request, problem: str = "", naeste: str = "", status: int = 200) -> HTMLResponse:
        citizens = [user.user_id for user in house.accounts.everyone() if CITIZEN in user.roles] if house.trial else []
        return _shown(
            request,
            "entrance.html.j2",
            language,
            status,
            trial=house.trial,
            citizens=citizens,
            municipality=house.assistant.settings.municipality,
            visitor=visitors.visitor_of(house, request.cookies),
            rooms=_ROOM_OF,
            problem=problem,
            onward=naeste if _NEXT.match(naeste) else "",
        )

    @routes.get(f"{home}/")
    def landing(request: Request, naeste: str = "") -> HTMLResponse:
        return entrance(request, naeste=naeste)

    @routes.post(f"{home}/log-ind")
    def sign_in(
        request: Request, maerke: Text = "", bruger: Text = "", kode: Text = "", demo_bruger: Text = ""
    ) -> Response:
        if not visitors.mark_is_ours(request, maerke):
            return entrance(request, "form-too-old", status=400)
        if demo_bruger:
            user = house.accounts.get(demo_bruger) if house.trial and demo.is_demo(demo_bruger) else None
        else:
            user = house.accounts.check_password(bruger.strip(), kode)
        if user is None:
            return entrance(request, "sign-in-refused", status=403)
        room = next((path for role, path in _ROOM_OF.items() if role in user.roles), "")
        response = RedirectResponse(f"{home}/{room}/", status_code=303)
        visitors.end(house, request, response)
        visitors.start(house, response, user.user_id, secure=_secure(request))
        return response

    @routes.post(f"{home}/log-ud")
    def sign_out(request: Request, maerke: Text = "") -> Response:
        if not visitors.mark_is_ours(request, maerke):
            return entrance(request, "form-too-old", status=400)
        response = RedirectResponse(f"{home}/", status_code=303)
        visitors.end(house, request, response)
        return response

    @routes.get(f"{home}/kode")
    def ask_code(request: Request) -> HTMLResponse:
        return _shown(request, "code.html.j2", language, receipt=None, problem="", typed="")

    @routes.post(f"{home}/kode")
    def open_code(request: Request, maerke: Text = "", brevkode: Text = "") -> HTMLResponse:
        if not visitors.mark_is_ours(request, maerke):
            return _shown(
                request, "code.html.j2", language, 400, receipt=None, problem="form-too-old", typed=brevkode[:40]
            )
        opened = receipts.open_code(house, brevkode)
        return _shown(
            request,
            "code.html.j2",
            language,
            200 if opened.receipt else 403,
            receipt=opened.receipt,
            problem=opened.problem,
            typed="" if opened.receipt else brevkode[:40],
        )


def _add_papers(routes: APIRouter, house: House, language: str) -> None:
    home = prefix(language)

    def refused(request: Request, visitor: Visitor | None, status: int = 403) -> Response:
        if visitor is None:
            return RedirectResponse(f"{home}/", status_code=303)
        return _shown(request, "refused.html.j2", language, status, visitor=visitor)

    @routes.get(f"{home}/udskrift/{{suggestion_id}}")
    def printed(request: Request, suggestion_id: str, til: str = "citizen", form: str = "html") -> Response:
        visitor = visitors.visitor_of(house, request.cookies)
        try:
            case_id = house.assistant.recorded(suggestion_id).suggestion["case_id"]
        except UnknownSuggestionError:
            return refused(request, visitor, 404)
        if visitor is None or not _may_read(visitor, case_id, til):
            return refused(request, visitor)
        kind = "pdf" if form == "pdf" else "html"
        content = house.assistant.explain(suggestion_id, reader=til, language=language, form=kind)
        media = "application/pdf" if kind == "pdf" else "text/html; charset=utf-8"
        return Response(content, media_type=media)

    @routes.get(f"{home}/kilde/{{passage_id}}")
    def source(request: Request, passage_id: str) -> Response:
        visitor = visitors.visitor_of(house, request.cookies)
        if visitor is None:
            return refused(request, None)
        try:
            shown = receipts.source_of(house, passage_id)
        except VejviserError:
            return refused(request, visitor, 404)
        return _shown(request, "source.html.j2", language, source=shown)

    @routes.get(f"{home}/brev/{{suggestion_id}}")
    def letter(request: Request, suggestion_id: str) -> Response:
        visitor = visitors.visitor_of(house, request.cookies)
        if visitor is None or not visitor.has(CASEWORKER):
            return refused(request, visitor)
        try:
            letter = receipts.letter(house, suggestion_id, visitor.id)
        except UnknownSuggestionError:
            return refused(request, visitor, 404)
        return _shown(request, "letter.html.j2", language, letter=letter, settings=house.assistant.settings)

    @routes.get(f"{home}/kvittering/{{entry}}", response_model=None)
    def receipt(request: Request, entry: int) -> Response:
        visitor = visitors.visitor_of(house, request.cookies)
        if visitor is None or not (visitor.has(CASEWORKER) or visitor.has(BOARD)):
            return refused(request, visitor)
        try:
            content = house.assistant.log.receipt(entry)
        except VejviserError:
            return refused(request, visitor, 404)
        name = f"kvittering-{entry}.json"
        return JSONResponse(content, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _may_read(visitor: Visitor, case_id: str, reader: str) -> bool:
    """A citizen reads their own; a caseworker what is for them and the citizen; the board its own view."""
    if visitor.has(CITIZEN) and visitor.user.subject == case_id:
        return reader == "citizen"
    if visitor.has(CASEWORKER):
        return reader in ("caseworker", "citizen", "telephone")
    return visitor.has(BOARD) and reader == "board"
