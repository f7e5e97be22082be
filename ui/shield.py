"""The wall around the pages: headers, who may enter which room, and what of Gradio's own page is let out."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from assistant.core.texts import LANGUAGES
from ui.house import House
from ui.visitors import visitor_of
from ui.words import page, prefix, texts

ROOMS = {"sagsbehandler": "caseworker", "borger": None, "raad": "board"}
"""The rooms and the role each needs; the citizen's room also takes a code from a letter."""

_CLOSED = re.compile(r"/gradio_api/(upload|file|info|runs|reload|vibe|deep_link|monitoring|proxy)")
_ROOM = re.compile(r"^(?:/(?P<lang>en))?/(?P<room>sagsbehandler|borger|raad)(?P<rest>/.*)?$")
_INLINE = re.compile(r"<script(?P<attrs>[^>]*)>(?P<body>.*?)</script>", re.DOTALL)
_OUTSIDE = re.compile(
    r"\s*<(?:meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>|link rel=\"manifest\"[^>]*>|link[^>]*https?://[^>]*>)"
)
_FRAMES = re.compile(r"<script>\s*\(\(\) => \{\s*const root =.*?</script>", re.DOTALL)
_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self), interest-cohort=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
Next = Callable[[Request], Awaitable[Response]]


async def guard(house: House, request: Request, go_on: Next) -> Response:
    """Answer one request: refuse what is not ours to answer, then add the headers."""
    refusal = _refused(house, request)
    response = refusal or await go_on(request)
    found = _ROOM.match(request.url.path)
    if refusal is None and found and response.headers.get("content-type", "").startswith("text/html"):
        response = await _our_page(response, found["lang"] or LANGUAGES[0], found["room"])
    for name, value in _COMMON.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", policy(()))
    if not request.url.path.startswith("/static/") and "/assets/" not in request.url.path:
        response.headers["Cache-Control"] = "no-store"
    return response


def _refused(house: House, request: Request) -> Response | None:
    if request.method not in ("GET", "HEAD", "OPTIONS") and _from_elsewhere(request):
        return PlainTextResponse("", status_code=403)
    found = _ROOM.match(request.url.path)
    if found is None:
        return None
    rest = found["rest"] or ""
    if _CLOSED.match(rest):
        return PlainTextResponse("", status_code=404)
    role = ROOMS[found["room"]]
    if role is None or rest not in ("", "/"):
        return None
    visitor = visitor_of(house, request.cookies)
    language = found["lang"] or LANGUAGES[0]
    if visitor is None:
        return RedirectResponse(f"{prefix(language)}/?naeste={found['room']}", status_code=303)
    if not visitor.has(role):
        return Response(page("refused.html.j2", language, visitor=visitor), status_code=403, media_type="text/html")
    return None


def _from_elsewhere(request: Request) -> bool:
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return True
    return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


async def _our_page(response: Response, language: str, room: str) -> Response:
    """Gradio's page in the reader's language, without what points outside, its scripts named in the policy."""
    body = b"".join([chunk async for chunk in response.body_iterator])  # type: ignore[attr-defined]
    t = texts(language)
    text = _FRAMES.sub("", _OUTSIDE.sub("", body.decode("utf-8")))
    text = text.replace('lang="en"', f'lang="{language}"', 1)
    ended = html.escape(t("session-ended"), quote=True)
    sign_in = html.escape(t("sign-in-again"), quote=True)
    ours = (
        f'<title>{html.escape(t(f"room-{room}"))} – Vejviser</title><link rel="icon" href="/static/vejviser.svg">'
        f'<link rel="stylesheet" href="/static/vejviser.css"><script src="/static/vejviser.js" defer '
        f'data-ended="{ended}" data-sign-in="{sign_in}" data-home="{prefix(language)}/"></script></head>'
    )
    text = text.replace("</head>", ours, 1)
    made = Response(text, status_code=response.status_code, media_type="text/html")
    made.headers["Content-Security-Policy"] = policy(inline_scripts(text), gradio=True)
    return made


def inline_scripts(text: str) -> tuple[str, ...]:
    """The SHA-256 of every script that stands in the page, as the policy names them."""
    bodies = [found["body"] for found in _INLINE.finditer(text) if "src=" not in found["attrs"]]
    return tuple(base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in bodies)


def policy(hashes: tuple[str, ...], *, gradio: bool = False) -> str:
    """The content security policy: everything from here, scripts only from files and from the page's own, named ones.

    Styles may stand in the page, for Gradio sets sizes that way; and its HTML component compiles its (fixed)
    template, so a room's page must allow that. No inline script or handler that a text smuggles in can run.
    """
    scripts = " ".join(["'self'", *(f"'sha256-{value}'" for value in hashes), *(["'unsafe-eval'"] if gradio else [])])
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'self'; "
        "object-src 'none'"
    )
