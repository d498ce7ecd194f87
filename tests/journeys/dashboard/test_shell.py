"""The dashboard in a browser: its frame, its first page, the assistant's page, and its door."""

import re
from datetime import datetime

import pytest
from playwright.sync_api import expect

from storage.base import utc_now
from tests.dashboard.past import Past
from tests.journeys.dashboard.pages import NARROW, WIDE, overflows, serious_findings
from translations import in_language

PAGES = ["/dashboard/", "/dashboard/assistant", "/dashboard/campaigns"]
PASSWORD = "correct horse"


@pytest.fixture
def busy_line(line):
    """A business that has had a few calls and messages today."""
    past = Past(line.parts.database)
    now = utc_now()
    past.call(now, waits_ms=[700, 900, 2300])
    past.handoff(now, past.call(now, ended=False))
    past.messages(now, "settled", "settled")
    past.messages(now, "read", "failed", outbound=True)
    return line


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_page_fits_the_window_and_axe_finds_nothing_serious(busy_line, open_window, width, dark):
    page = open_window(width=width, dark=dark)

    for path in PAGES:
        page.goto(busy_line.url + path)
        assert not overflows(page), path
        assert serious_findings(page) == [], path


def test_an_operator_logs_in_looks_around_by_keyboard_and_leaves(open_line, open_window):
    line, page = open_line(dashboard_password=PASSWORD), open_window()

    page.goto(line.url + "/dashboard/assistant")
    expect(page.get_by_label("Su nombre")).to_be_focused()
    page.keyboard.type("Eva")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(line.url + "/dashboard/assistant")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Saltar al contenido")
    expect(page.get_by_role("link", name="Eva")).to_be_visible()
    page.get_by_role("link", name="Inicio", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard/")
    page.get_by_role("button", name="Salir").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard/login")

    page.goto(line.url + "/dashboard/")
    expect(page.get_by_label("Contraseña")).to_be_visible()
    assert serious_findings(page) == []


def test_guessing_is_stopped_and_said_in_words(open_line, open_window):
    line, page = open_line(dashboard_password=PASSWORD), open_window(language="en-GB", width=NARROW)

    page.goto(line.url + "/dashboard/")
    page.get_by_label("Your name").fill("Eva")
    for guess in range(6):
        page.get_by_label("Password").fill(f"guess {guess}")
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("alert").filter(
            has_text=("Too many tries" if guess == 5 else "not right")
        ).wait_for()

    expect(page.get_by_role("alert").first).to_contain_text("Wait 1 min")


def test_the_numbers_of_today_renew_themselves(line, open_window):
    page = open_window()
    page.clock.install()
    page.goto(line.url + "/dashboard/")
    calls = page.locator(".tiles > div").first.locator("dd")
    expect(calls).to_have_text(re.compile("^0"))

    Past(line.parts.database).call(utc_now())
    page.clock.run_for(15_500)

    calls.filter(has_text="1").wait_for()


def test_a_server_that_is_gone_is_said_and_not_hidden(line, open_window):
    page = open_window()
    page.clock.install()
    page.goto(line.url + "/dashboard/")

    page.route("**/dashboard/today?*", lambda route: route.fulfill(status=503, body="no"))
    page.clock.run_for(15_500)
    page.get_by_role("alert").filter(has_text="El servidor no ha contestado").wait_for()
    page.unroute("**/dashboard/today?*")
    page.clock.run_for(15_500)

    page.locator("#trouble").wait_for(state="hidden")


def test_times_are_the_viewers_with_a_script_and_the_businesss_without(line, open_window):
    at = datetime.fromisoformat("2026-01-15T22:30:05+00:00")
    with line.app.test_request_context(), in_language("es"):
        written = line.app.jinja_env.from_string("{{ at|when }} / {{ at|clock }}").render(at=at)

    def shown(**options):
        page = open_window(**options)
        page.route("**/dashboard/campaigns", lambda route: _put(route, written))
        page.goto(line.url + "/dashboard/campaigns")
        return page.locator(".empty").inner_text()

    assert shown(script=False) == "15 ene 2026, 23:30 / 23:30:05"
    assert shown(timezone_id="Asia/Tokyo") == "16 ene 2026, 7:30 / 7:30:05"
    assert shown(timezone_id="America/Lima") == "15 ene 2026, 17:30 / 17:30:05"


def _put(route, text):
    """Let the server's own page through, with a text in place of its own."""
    response = route.fetch()
    body = response.text()
    start = body.index('<p class="empty">') + len('<p class="empty">')
    route.fulfill(response=response, body=body[:start] + text + body[body.index("</p>", start) :])


def test_a_page_and_all_that_it_loads_is_under_150_kb(busy_line, open_window):
    page = open_window()
    loaded = []
    page.on("response", lambda response: loaded.append(response))

    page.goto(busy_line.url + "/dashboard/", wait_until="networkidle")

    assert len(loaded) >= 6
    assert sum(len(response.body()) for response in loaded) < 150_000
