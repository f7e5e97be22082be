"""The web server: three rooms, each mounted with its own door, and the plain pages around them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI, Request
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware

from assistant.core.texts import LANGUAGES
from assistant.workspace import Workspace
from ui import demo, pages, shield
from ui.board import board_room
from ui.caseworker import caseworker_room
from ui.citizen import citizen_room
from ui.house import House, open_house, today
from ui.visitors import visitor_of
from ui.words import prefix

LARGEST_UPLOAD = "1mb"
QUIET = {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_SHARE": "False", "HF_HUB_OFFLINE": "1"}
"""What keeps the libraries from calling out."""


def run(workspace: Workspace, host: str = "127.0.0.1", port: int = 7860) -> None:
    """Serve the workspace until interrupted."""
    uvicorn.run(build_app(workspace), host=host, port=port, log_level="warning", server_header=False, access_log=False)


def build_app(workspace: Workspace) -> FastAPI:
    """The whole application; in trial mode the demonstration's cases and accounts are put in place."""
    os.environ.update(QUIET)
    house = open_house(workspace)
    if house.trial:
        demo.fill(house, today())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        house.assistant.close()

    app = FastAPI(title="Vejviser", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)

    @app.middleware("http")
    async def guard(request: Request, call_next: Any) -> Any:
        return await shield.guard(house, request, call_next)

    app.add_middleware(GZipMiddleware, minimum_size=2000)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))

    @app.get("/sundhed")
    def health() -> dict[str, Any]:
        return {"ok": True, "log_entries": house.assistant.log.size()}

    app.include_router(pages.router(house))
    _mount_rooms(app, house)
    return app


def _door(house: House, role: str | None) -> Callable[[Request], str | None]:
    """Who Gradio may let in; a room without a role also takes strangers, who see only what a code opens."""

    def who(request: Request) -> str | None:
        visitor = visitor_of(house, request.cookies)
        if visitor is not None and (role is None or visitor.has(role)):
            return visitor.id
        return "brev" if role is None else None

    return who


def _mount_rooms(app: FastAPI, house: House) -> None:
    build = {"sagsbehandler": caseworker_room, "borger": citizen_room, "raad": board_room}
    theme = gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    for language in LANGUAGES:
        for room, role in shield.ROOMS.items():
            gr.mount_gradio_app(
                app,
                build[room](house, language),
                path=f"{prefix(language)}/{room}",
                auth_dependency=_door(house, role),
                theme=theme,
                footer_links=[],
                run_history=False,
                show_error=False,
                ssr_mode=False,
                max_file_size=LARGEST_UPLOAD,
                enable_monitoring=False,
                pwa=False,
                mcp_server=False,
            )
