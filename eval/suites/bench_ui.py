"""How fast pages come from a running server, beside a bare FastAPI page of the same size in the same run."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.app import Assistant
from assistant.building import build_workspace
from assistant.core.cases import Located
from assistant.core.errors import CheckFailedError
from assistant.core.settings import Settings
from assistant.workspace import Workspace

if TYPE_CHECKING:
    import httpx

REQUESTS = 40
AT_ONCE = 4
START_LIMIT = 120.0
CASEWORKER = "demo-sagsbehandler"
CASE = {"case_id": "bench-1", "case": {"age": 58, "gop_level": "almen_basal", "citizen_goals": "Cykle igen."}}
BARE = """
import sys, uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
app, page = FastAPI(), "x" * int(sys.argv[2])
app.get("/", response_class=HTMLResponse)(lambda: page)
uvicorn.run(app, port=int(sys.argv[1]), log_level="error")
"""


def run(requests: int = REQUESTS, workspace: Workspace | None = None) -> dict[str, Any]:
    """Milliseconds per page, one visitor and `AT_ONCE` at once; `times_bare` is against the bare page.

    The server runs on a copy of `workspace`, or on a fresh trial workspace without a model. Raises
    `CheckFailedError` when it does not answer.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Workspace(Path(folder) / "workspace")
        if workspace is None:
            build_workspace(copy.folder, Settings(), history=0)
        else:
            shutil.copytree(workspace.folder, copy.folder)
        with Assistant(copy) as assistant:
            shown = assistant.suggest(assistant.read_case(Located("bench", CASE)))["suggestion_id"]
        started = time.perf_counter()
        with _served(
            [sys.executable, "-m", "assistant.cli", "serve", "--workspace", str(copy.folder), "--port"]
        ) as ours:
            ready = time.perf_counter() - started
            _sign_in(ours)
            landing = len(ours.get("/").content)
            with _served([sys.executable, "-c", BARE], str(landing)) as bare:
                pages = {
                    "bare FastAPI page": lambda: bare.get("/"),
                    "entrance": lambda: ours.get("/"),
                    "caseworker's room": lambda: ours.get("/sagsbehandler/"),
                    "citizen's explanation, printed": lambda: ours.get(f"/udskrift/{shown}"),
                }
                rows = [_measured(name, page, requests) for name, page in pages.items()]
    floor = rows[0]["p50_ms"]
    rows = [{**row, "times_bare": round(row["p50_ms"] / floor, 1)} for row in rows]
    return {"requests": requests, "at_once": AT_ONCE, "start_s": round(ready, 1), "pages": rows}


def _measured(name: str, page: Callable[[], httpx.Response], requests: int) -> dict[str, Any]:
    def one(_: int) -> float:
        start = time.perf_counter()
        answer = page()
        taken = (time.perf_counter() - start) * 1000
        if answer.status_code != 200:
            raise CheckFailedError(f"The page {name!r} answered {answer.status_code} instead of 200.")
        return taken

    one(0)
    alone = [one(i) for i in range(requests)]
    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        together = list(pool.map(one, range(requests)))
    per_second = requests / (time.perf_counter() - began)
    return {
        "page": name,
        **_spread(alone),
        "p95_ms_at_once": _spread(together)["p95_ms"],
        "per_second": round(per_second, 1),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"p50_ms": round(float(np.median(values)), 2), "p95_ms": round(float(np.quantile(values, 0.95)), 2)}


def _sign_in(client: httpx.Client) -> None:
    """Step in as the demonstration's caseworker, as a browser does."""
    mark = re.search(r'name="maerke" value="([^"]+)"', client.get("/").text)
    answer = client.post("/log-ind", data={"maerke": mark[1] if mark else "", "demo_bruger": CASEWORKER})
    if answer.status_code != 303:
        raise CheckFailedError(f"Nobody could sign in to the server under test: it answered {answer.status_code}.")


@contextmanager
def _served(command: Sequence[str], *more: str) -> Iterator[httpx.Client]:
    """A server of its own process on a free port, and a client that keeps its cookies."""
    import httpx

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen([*command, str(port), *more], env=environment, stdout=said, stderr=said)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                _wait(client, server)
                yield client
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait(client: httpx.Client, server: subprocess.Popen[bytes]) -> None:
    import httpx

    until = time.monotonic() + START_LIMIT
    while time.monotonic() < until and server.poll() is None:
        try:
            client.get("/")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise CheckFailedError("The server under test did not answer; start it with `vejviser serve` to see why.")
