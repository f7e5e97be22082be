"""Take the pictures that the README shows, from the running program: `python -m ui.pictures`."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from assistant.building import build_workspace
from assistant.core.settings import Settings
from ui.browser import SIZES, browsing, serving, step_in, suggest

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
TALLEST = 1900
"""CSS pixels; a taller page is cut, for its first screens say what it is."""


def main() -> None:
    """Make a small workspace, serve it, and take every picture at both sizes."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "demo"
        # Nobody is asked for an own view first, so that each picture shows the same steps every time.
        build_workspace(workspace, Settings(own_assessment_share=0.0), history=4000)
        with serving(workspace) as address, browsing() as browser:
            for size, (width, height) in SIZES.items():
                _walk(browser, address, size, {"width": width, "height": height})


def _walk(browser: Any, address: str, size: str, viewport: dict[str, int]) -> None:
    def fresh() -> Any:
        return browser.new_context(viewport=viewport, locale="da-DK").new_page()

    page = fresh()
    page.goto(f"{address}/")
    _take(page, "forside", size)
    page.goto(f"{address}/kode")
    _take(page, "kode", size)
    _caseworker(fresh(), address, size)
    citizen = fresh()
    step_in(citizen, address, "citizen")
    citizen.wait_for_selector("#forklaring")
    _take(citizen, "borger", size)
    board = fresh()
    step_in(board, address, "board")
    board.click("#efterproev")
    board.wait_for_selector(".v-verdict")
    _take(board, "raad", size)


def _caseworker(page: Any, address: str, size: str) -> None:
    step_in(page, address, "caseworker")
    _take(page, "arbejdsliste", size)
    page.goto(f"{address}/sagsbehandler/?sag=B-2107")
    page.wait_for_selector("mark")
    _take(page, "notat", size, "#sag")
    page.goto(f"{address}/sagsbehandler/?sag=B-2101")
    suggest(page)
    page.locator(".v-sugg .v-mores summary").first.click()
    _take(page, "sag", size)
    _take(page, "hvorfor", size, ".v-sugg.first")
    if page.locator("#afgoer").is_visible():
        page.locator("#valg label").first.click()
        page.fill("#begrundelse textarea", "Borgeren vil gerne, og fristen for genoptræning løber.")
        _take(page, "afgoer", size, "#afgoer-boks")
        page.click("#afgoer")
    page.wait_for_selector("#afgjort")
    _take(page, "afgjort", size, "#afgjort")


def _take(page: Any, name: str, size: str, selector: str = "body") -> None:
    page.wait_for_timeout(300)
    if selector == "body":
        shot = page.screenshot(full_page=True, animations="disabled")
    else:
        shot = page.locator(selector).first.screenshot(animations="disabled")
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    picture = picture.crop((0, 0, picture.width, min(picture.height, TALLEST)))
    # 128 colours are enough for flat pages, and keep each file small.
    picture.quantize(128, dither=Image.Dither.NONE).save(FOLDER / f"{name}-{size}.png", optimize=True)


if __name__ == "__main__":
    main()
