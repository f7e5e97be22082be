"""A real browser on a real server process, for the tests and for the pictures in the README."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.core.errors import MissingError

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZES = {"bred": (1280, 900), "smal": (360, 740)}
"""The two window sizes that every page must work at, in CSS pixels."""
PATIENCE = 120.0
"""Seconds to wait for the server; loading the libraries takes most of them on a busy machine."""


class ChromiumMissingError(MissingError):
    """No browser to look at the pages with."""

    def __init__(self) -> None:
        super().__init__(
            "There is no chromium on this machine; install it with `apt-get install chromium` "
            "(or set PATH so that `chromium` is found)."
        )


class ServerDidNotStartError(MissingError):
    """The server process ended, or did not answer in time."""

    def __init__(self, said: str) -> None:
        super().__init__(f"The server did not start; it said: {said[-800:]!r}.")


def chromium() -> str:
    """The browser's path. Raises `ChromiumMissingError`."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise ChromiumMissingError


@contextmanager
def serving(workspace: Path, port: int | None = None) -> Iterator[str]:
    """The address of a server process on the workspace, stopped when the block ends."""
    at = port or free_port()
    command = [sys.executable, "-m", "assistant.cli", "serve", "--workspace", str(workspace), "--port", str(at)]
    # Its own words go to a file: a full pipe would stop it.
    said = workspace.parent / f"server-{at}.txt"
    with said.open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            _wait(f"http://127.0.0.1:{at}", process, said)
            yield f"http://127.0.0.1:{at}"
        finally:
            process.terminate()
            process.wait(20)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str, process: subprocess.Popen[bytes], said: Path) -> None:
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/sundhed", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise ServerDidNotStartError(said.read_text(encoding="utf-8", errors="replace"))


@contextmanager
def browsing() -> Iterator[Any]:
    """A browser without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield browser
        browser.close()


def step_in(page: Any, address: str, role: str, case: str = "B-2101", language: str = "da") -> None:
    """Sign in to the demonstration with one click, from a page that nobody is signed in on."""
    page.goto(f"{address}/{'' if language == 'da' else language + '/'}")
    if role == "citizen":
        page.select_option("#borger", f"demo-borger-{case}")
        page.locator("form:has(#borger) button").click()
        page.wait_for_selector("#egen-del:visible h1")
        return
    user = {"caseworker": "demo-sagsbehandler", "colleague": "demo-kollega", "board": "demo-raad"}[role]
    page.evaluate("user => document.querySelector('[name=demo_bruger]').value = user", user)
    page.locator("form:has([name=demo_bruger]) button").first.click()
    page.wait_for_selector(".v-tiles" if role == "board" else ".v-workitem")


def suggest(page: Any) -> None:
    """Press the button; where the case is in the sample, first say what one would choose."""
    page.wait_for_selector("#foreslaa:visible")
    if page.locator("#egen-valg").is_visible():
        page.locator("#egen-valg label").first.click()
    page.click("#foreslaa")
    page.wait_for_selector("#forslag")
