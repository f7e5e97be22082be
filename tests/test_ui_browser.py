"""Whole journeys of each role in a real browser on a real server process, at desk and at phone width."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.building import build_workspace
from assistant.core.settings import Settings
from ui.browser import SIZES, browsing, serving, step_in, suggest

AXE_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SCRIPT = "<script>window.hit=1</script><img src=x onerror='window.hit=1'><b>fed</b>"
NewPage = Callable[..., Any]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("ui") / "workspace"
    build_workspace(folder, Settings(own_assessment_share=0.0), history=2000)
    with serving(folder) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as found:
        yield found


@pytest.fixture
def new_page(browser: Any, address: str) -> Iterator[NewPage]:
    """A page of its own visitor; every request it makes must go to our own server."""
    contexts, outside = [], []

    def make(size: str = "bred", **options: Any) -> Any:
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        own = (address, "data:", "blob:")
        context.on("request", lambda request: None if request.url.startswith(own) else outside.append(request.url))
        page = context.new_page()
        page.set_default_timeout(20_000)
        return page

    yield make
    for context in contexts:
        context.close()
    assert outside == [], "the pages called somebody else"


def accessible(page: Any) -> None:
    """No violation of the WCAG 2.2 AA rules that axe-core knows, and nothing wider than the window."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=AXE_RULES).response["violations"]
    assert [(v["id"], [node["html"][:120] for node in v["nodes"]]) for v in found] == []
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} pixels too wide"


def sign_out(page: Any) -> None:
    page.locator("form[action$='/log-ud'] button").click()
    page.wait_for_selector("#konto")


@pytest.mark.parametrize("size", SIZES)
def test_a_caseworker_goes_from_the_list_to_a_logged_decision(new_page: NewPage, address: str, size: str) -> None:
    case = {"bred": "B-2102", "smal": "B-2104"}[size]
    page = new_page(size)
    page.goto(f"{address}/")
    accessible(page)
    step_in(page, address, "caseworker")
    accessible(page)

    page.click(f"text={case}")
    suggest(page)
    page.locator(".v-mores summary").first.click()
    page.click("#sammenlign")
    page.wait_for_selector("#sammenlign-boks table, #sammenlign-boks .v-card .v-help")
    accessible(page)
    page.click("#afgoer")
    page.wait_for_selector("#afgoer-boks .v-error")
    page.locator("#valg label").first.click()
    page.click("#afgoer")
    page.wait_for_selector("#afgoer-boks .v-error >> text=begrundelse")
    page.fill("#begrundelse textarea", f"Borgeren er enig. {SCRIPT}")
    page.click("#afgoer")
    page.wait_for_selector("#afgjort")

    order = page.eval_on_selector_all("h2", "all => all.filter(h => h.offsetParent).map(h => h.id || h.textContent)")
    assert order.index("maal") < order.index("fakta") < order.index("notat")
    assert re.search(r"nummer \d+", page.inner_text("#afgjort"))
    assert "<script>" in page.inner_text("#afgjort")
    assert page.evaluate("window.hit") is None
    accessible(page)


def test_the_bars_add_up_to_the_sum_that_stands_below_them(new_page: NewPage, address: str) -> None:
    page = new_page()
    step_in(page, address, "caseworker")
    page.goto(f"{address}/sagsbehandler/?sag=B-2101")
    suggest(page)

    tables = page.eval_on_selector_all(
        ".v-sugg .v-bars",
        "all => all.map(t => [...t.querySelectorAll('tbody .num, tfoot .num')].map(n => n.textContent))",
    )

    assert tables
    for written in tables:
        numbers = [float(n.replace("−", "-").replace(",", ".")) for n in written]
        assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.005 * len(numbers))


def test_a_mistake_gets_a_sentence_and_what_was_typed_is_kept(new_page: NewPage, address: str) -> None:
    page = new_page()
    step_in(page, address, "caseworker")
    page.goto(f"{address}/sagsbehandler/?sag=B-2101")
    edit(page, "pain_nrs")

    page.fill("#edit-linje input, #edit-linje textarea", "99")
    page.click("#gem")
    sentence = page.inner_text("#rediger .v-error")
    kept = page.input_value("#edit-linje input, #edit-linje textarea")
    page.fill("#edit-linje input, #edit-linje textarea", "6")
    page.fill("#dato input, #dato textarea", "20-11-2026")
    page.click("#gem")
    page.wait_for_selector("#rediger", state="hidden")

    assert sentence == "Skriv et helt tal fra 0 til 10."
    assert kept == "99"
    assert "20. november 2026" in page.inner_text("li:has([data-field=pain_nrs])")


def edit(page: Any, field: str) -> None:
    page.wait_for_selector("#fakta")
    page.evaluate("document.querySelectorAll('.v-area, .v-unknown').forEach(d => d.open = true)")
    page.locator(f"[data-act=edit][data-field={field}]").first.click()
    page.wait_for_selector("#rediger:visible #rediger-hoved")


def test_two_caseworkers_on_one_case_lose_nothing(new_page: NewPage, address: str) -> None:
    one, other = new_page(), new_page()
    for page, role in ((one, "caseworker"), (other, "colleague")):
        step_in(page, address, role)
        page.goto(f"{address}/sagsbehandler/?sag=B-2103")
        edit(page, "case_note")

    one.fill("#edit-tekst textarea", "Den enes notat.")
    one.click("#gem")
    one.wait_for_selector("#rediger", state="hidden")
    other.fill("#edit-tekst textarea", "Den andens notat.")
    other.click("#gem")
    told = other.inner_text("#rediger .v-error")

    assert told.startswith("Anne Krogh har ændret sagen")
    assert other.input_value("#edit-tekst textarea") == "Den andens notat."
    assert "Den enes notat." in other.inner_text("#sagen")


def test_personal_data_and_orders_in_a_note_are_marked_and_no_script_runs(new_page: NewPage, address: str) -> None:
    page = new_page()
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    step_in(page, address, "caseworker")
    page.goto(f"{address}/sagsbehandler/?sag=B-2107")
    page.wait_for_selector("mark.personal")

    assert page.locator("mark.instruction").count() >= 1
    assert "<script>alert" in page.inner_text(".v-note")
    assert alerts == []


def test_what_if_moves_the_suggestion_and_saves_nothing(new_page: NewPage, address: str) -> None:
    page = new_page()
    step_in(page, address, "caseworker")
    page.goto(f"{address}/sagsbehandler/?sag=B-2101")
    suggest(page)
    before = page.inner_text(".v-casehead")

    page.click("#hvad-hvis input")
    page.locator("[role=option]").filter(has_text="Genoptræningsplan - niveau").click()
    page.wait_for_selector("#whatif-valg:visible")
    page.locator("#whatif-valg label").filter(has_text="avanceret").click()
    page.click("#proev")
    page.wait_for_selector("#hvad-hvis-boks tr.moved")
    accessible(page)
    page.reload()
    page.wait_for_selector(".v-casehead")

    assert page.inner_text(".v-casehead") == before


def test_the_main_path_works_with_the_keyboard_alone(new_page: NewPage, address: str) -> None:
    page = new_page()
    page.goto(f"{address}/")
    press_until(page, "Træd ind som sagsbehandler")
    page.wait_for_selector(".v-workitem")
    press_until(page, "B-2108")
    page.wait_for_selector("#foreslaa:visible")
    press_until(page, "Foreslå")
    page.wait_for_selector("#forslag")

    press_until(page, "Gå til din afgørelse")
    tab_to(page, "input[value=none]", inside="#valg")
    page.keyboard.press("Space")
    tab_to(page, "textarea", inside="#begrundelse")
    page.keyboard.type("Borgeren klarer det selv.")
    press_until(page, "Gem afgørelsen")

    page.wait_for_selector("#afgjort")
    assert "Ingen indsats nu" in page.inner_text("#afgjort")


def press_until(page: Any, words: str, most: int = 150) -> None:
    """Tab until what has focus says `words`, then press Enter."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if words in page.evaluate("(a => a === document.body ? '' : a.innerText || '')(document.activeElement)"):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"the keyboard never reached {words!r}")


def tab_to(page: Any, selector: str, inside: str, most: int = 60) -> None:
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(
            f"!!document.activeElement.closest('{inside}') && document.activeElement.matches('{selector}')"
        ):
            return
    raise AssertionError(f"the keyboard never reached {inside}")


@pytest.mark.parametrize("size", SIZES)
def test_a_citizen_reads_why_and_is_heard(new_page: NewPage, address: str, size: str) -> None:
    case = {"bred": "B-2105", "smal": "B-2106"}[size]
    desk = new_page()
    step_in(desk, address, "caseworker")
    desk.goto(f"{address}/sagsbehandler/?sag={case}")
    suggest(desk)
    page = new_page(size)
    step_in(page, address, "citizen", case)
    page.wait_for_selector("#forklaring")
    accessible(page)

    page.fill("#forkert textarea", "Min datter bor ikke hos mig.")
    page.click("#send-rettelse")
    page.wait_for_selector(".v-ok")
    page.click("#menneske")
    page.wait_for_selector(".v-ok >> text=menneske")
    page.locator("#forstaaet label").first.click()
    page.wait_for_selector(".v-ok >> text=godt at vide")
    desk.reload()
    desk.wait_for_selector("#maal")

    assert not re.search(r"\d ?%|sandsynlighed", page.inner_text("#forklaring"))
    assert "Min datter bor ikke hos mig." in desk.inner_text("#sag")
    accessible(page)


def test_the_print_page_needs_no_script_and_only_its_own_reader_sees_it(new_page: NewPage, address: str) -> None:
    desk = new_page()
    step_in(desk, address, "caseworker")
    desk.goto(f"{address}/sagsbehandler/?sag=B-2103")
    suggest(desk)
    entry = desk.inner_text(".v-outcome")
    step_in_citizen = new_page()
    step_in(step_in_citizen, address, "citizen", "B-2103")
    step_in_citizen.wait_for_selector("#forklaring")
    link = step_in_citizen.locator(".v-tools a").first.get_attribute("href")
    cookies = step_in_citizen.context.cookies()
    plain = new_page("smal", java_script_enabled=False)
    plain.context.add_cookies(cookies)
    another = new_page()
    step_in(another, address, "citizen", "B-2104")

    plain.goto(address + link)
    refused = another.goto(address + link)

    assert "Hvem bestemmer?" in plain.inner_text("body")
    assert refused.status == 403
    assert "nummer" in entry


def test_a_letters_code_opens_the_receipt_and_nothing_more(new_page: NewPage, address: str) -> None:
    desk = new_page()
    step_in(desk, address, "caseworker")
    desk.goto(f"{address}/sagsbehandler/?sag=B-2101")
    suggest(desk)
    code = issued_code(desk, address)
    page = new_page("smal", java_script_enabled=False)
    page.goto(f"{address}/kode")

    page.fill("#brevkode", "ABCD-EFGH-JKMN-PQRS")
    page.locator("form:has(#brevkode) button").click()
    wrong = page.inner_text("[role=alert]")
    page.fill("#brevkode", code.lower().replace("-", " "))
    page.locator("form:has(#brevkode) button").click()

    assert wrong.startswith(("Koden er ikke skrevet helt rigtigt", "Koden åbner ikke"))
    shown = page.inner_text("main")
    assert "Ja, det er efterprøvet nu." in shown
    assert "knæ" not in shown.lower()


def issued_code(desk: Any, address: str) -> str:
    desk.locator("#valg label").first.click()
    desk.fill("#begrundelse textarea", "Vi er enige.")
    desk.click("#afgoer")
    desk.wait_for_selector("#afgjort")
    desk.goto(address + desk.locator("#afgjort a[href*='/brev/']").get_attribute("href"))
    return str(desk.inner_text(".v-codebig"))


@pytest.mark.parametrize("size", SIZES)
def test_the_board_verifies_opens_and_pauses(new_page: NewPage, address: str, size: str) -> None:
    desk = new_page()
    step_in(desk, address, "caseworker")
    desk.goto(f"{address}/sagsbehandler/?sag=B-2102")
    suggest(desk)
    page = new_page(size)
    step_in(page, address, "board")

    page.click("#efterproev")
    page.wait_for_selector(".v-verdict.ok")
    page.click("#aabn-forslag")
    page.wait_for_selector("#bund-boks .v-block")
    page.click("#regn-efter")
    page.wait_for_selector(".v-ok >> text=byte for byte")
    accessible(page)
    page.click("#hvad input")
    page.locator("[role=option]").filter(has_text="Modellen").click()
    page.fill("#hvorfor textarea", "Øvelse.")
    page.click("#stop")
    page.wait_for_selector(".v-banner.bad")
    desk.reload()
    desk.wait_for_selector(".v-banner.bad")
    page.click("#start")
    page.wait_for_selector(".v-banner.bad", state="detached")


def test_english_is_english_on_every_page(new_page: NewPage, address: str) -> None:
    page = new_page()
    step_in(page, address, "caseworker", language="en")
    page.goto(f"{address}/en/sagsbehandler/?sag=B-2102")
    suggest(page)

    assert page.get_attribute("html", "lang") == "en"
    assert "The citizen's own goal" in page.inner_text("#sag")
    assert "Borgerens eget mål" not in page.inner_text("#sag")
    accessible(page)


def test_rooms_refuse_strangers_and_other_roles(new_page: NewPage, address: str) -> None:
    page = new_page()
    page.goto(f"{address}/sagsbehandler/")
    at_the_door = page.url
    step_in(page, address, "citizen", "B-2108")

    refused = page.goto(f"{address}/raad/")

    assert at_the_door == f"{address}/?naeste=sagsbehandler"
    assert refused.status == 403
    for path in ("gradio_api/info", "gradio_api/upload", "config", "gradio_api/run/predict"):
        assert status(f"{address}/sagsbehandler/{path}") in (401, 404, 405)


def status(url: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_form_from_another_site_is_refused(address: str) -> None:
    body = b"demo_bruger=demo-sagsbehandler&maerke=x"

    def post(**headers: str) -> int:
        request = urllib.request.Request(f"{address}/log-ind", data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    assert post(Origin="https://example.org") == 403
    assert post() == 400, "a form without our mark is too old or not ours"


def test_a_session_that_ends_says_so_and_keeps_what_was_typed(new_page: NewPage, address: str) -> None:
    page = new_page()
    step_in(page, address, "caseworker")
    page.goto(f"{address}/sagsbehandler/?sag=B-2107")
    edit(page, "case_note")
    page.context.clear_cookies()

    page.fill("#edit-tekst textarea", "Halvt skrevet.")
    page.click("#gem")
    page.wait_for_selector("#session-slut")

    assert page.inner_text("#session-slut").startswith("Din session er udløbet.")
    assert page.input_value("#edit-tekst textarea") == "Halvt skrevet."


def test_the_pages_carry_headers_that_keep_others_out(address: str) -> None:
    with urllib.request.urlopen(f"{address}/borger/", timeout=10) as answer:
        headers, text = answer.headers, answer.read().decode()

    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"https?://(?!127\.0\.0\.1)[\w.-]+", re.sub(r"window\.gradio_config = .*?</script>", "", text))


def test_no_telemetry_is_on_in_the_page_that_is_sent(address: str) -> None:
    with urllib.request.urlopen(f"{address}/borger/", timeout=10) as answer:
        text = answer.read().decode()

    config = json.loads(text.split("window.gradio_config = ")[1].split(";</script>")[0])

    assert config["analytics_enabled"] is False
    assert config.get("run_history") in (False, None)


def test_the_pictures_of_the_readme_are_small_and_of_every_page() -> None:
    folder = Path(__file__).parents[1] / "docs" / "pictures"

    files = {path.name: path.stat().st_size for path in folder.glob("*.png")}

    for name in ("forside", "arbejdsliste", "sag", "hvorfor", "borger", "raad"):
        assert {f"{name}-{size}.png" for size in SIZES} <= files.keys()
    assert max(files.values()) < 400_000
