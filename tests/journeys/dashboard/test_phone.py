"""A phone and a WhatsApp in a browser, against two web processes, with no account anywhere."""

import os
import subprocess

import pytest
from playwright.sync_api import expect

from dashboard.simulator.sessions import MOST_OPEN
from simulator.whatsapp import samples
from storage.base import utc_now
from storage.reports.browser_sessions import open_phone
from tests.journeys.dashboard.pages import NARROW, WIDE, overflows, serious_findings
from tests.postgres import free_port
from tests.processes import is_up
from tests.waiting import PATIENCE_S, wait_until
from tests.warm import PROGRAMS

PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def web(make_settings):
    """Two processes, as ./start.sh runs them on a machine where nothing is configured."""
    settings = make_settings()
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(settings.data_dir), "DATABASE_URL": settings.database_url,
        "DATA_DIR": str(settings.data_dir), "PORT": str(port), "WEB_CONCURRENCY": "2", "LOG_FORMAT": "json",
        "LOG_LEVEL": "ERROR", "LANG": "es_ES.UTF-8",
    }  # fmt: skip
    for name in (
        "TWILIO_AUTH_TOKEN",
        "WEBHOOK_URL",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "DASHBOARD_PASSWORD",
    ):
        environment[name] = ""
    server = Server(f"http://127.0.0.1:{port}", environment)
    server.start()
    yield server
    server.stop()


class Server:
    """gunicorn, as it is configured."""

    def __init__(self, url, environment):
        self.url, self._environment = url, environment

    def start(self):
        self._process = PROGRAMS.start(
            ["-m", "gunicorn", "-c", "gunicorn.conf.py", "app:create_app()"],
            env=self._environment, start_new_session=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        wait_until(lambda: is_up(self._environment["PORT"]))

    def stop(self):
        self._process.terminate()
        self._process.wait(PATIENCE_S)


@pytest.fixture
def open_page(web, open_window):
    def open_one(path, **options):
        page = open_window(**options)
        page.goto(web.url + path)
        return page

    return open_one


def heard(page):
    return page.locator("#log .heard:not(#typing)")


def said(page):
    return page.locator("#log .said:not(.held)")


def call(page):
    page.get_by_role("button", name="Llamar").click()
    expect(heard(page).first).to_be_visible()


@pytest.mark.both_databases
def test_a_call_goes_from_ring_to_goodbye(open_page):
    page = open_page("/dashboard/phone")
    page.get_by_role("button", name="Llamar").click()
    expect(page.locator("#status")).to_have_text("Sonando…")
    expect(heard(page).first).to_contain_text("asistente automático")
    expect(page.locator("#status")).to_have_text("Habla el asistente")

    page.get_by_label("Lo que usted dice").fill("¿A qué hora abrís?")
    page.get_by_role("button", name="Decir").click()
    expect(page.locator(".held")).to_contain_text("se dirá cuando termine")
    page.get_by_role("button", name="Interrumpir").click()

    expect(page.locator("#log")).to_contain_text("se oyó hasta")
    expect(said(page)).to_have_text(["Usted¿A qué hora abrís?"])
    expect(heard(page).nth(1)).to_contain_text("nueve")
    expect(heard(page).nth(1)).to_contain_text(" s")
    expect(page.locator("#status")).to_have_text("Le escucha")

    page.get_by_label("Lo que usted dice").fill("<img src=x onerror=alert(1)> adiós")
    page.keyboard.press("Enter")
    expect(said(page).nth(1)).to_contain_text("<img src=x")
    expect(page.locator("#log")).to_contain_text("Ha colgado el asistente")
    expect(page.get_by_role("button", name="Llamar otra vez")).to_be_focused()


def test_keys_are_pressed_and_the_call_is_hung_up(open_page):
    page = open_page("/dashboard/phone")
    call(page)
    expect(page.locator("#interrupt")).to_be_enabled()

    page.get_by_text("Teclado").click()
    page.get_by_role("button", name="4", exact=True).click()
    page.keyboard.press("2")
    expect(page.locator("#keys")).to_have_text("42")
    page.get_by_role("button", name="#", exact=True).click()
    expect(said(page)).to_contain_text(["[42#]"])

    page.get_by_role("button", name="Colgar").click()

    expect(page.locator("#log")).to_contain_text("Ha colgado")
    expect(page.get_by_role("button", name="Llamar otra vez")).to_be_visible()


def test_what_goes_on_inside_can_be_opened(open_page):
    page = open_page("/dashboard/phone")
    call(page)

    page.locator("#steps summary", has_text="/voice").click()

    expect(page.locator("#steps pre", has_text="<Gather")).to_be_visible()
    expect(page.locator("#steps .seconds").first).to_contain_text("200")
    page.get_by_role("button", name="Colgar").click()
    expect(page.get_by_role("button", name="Llamar otra vez")).to_be_visible()


def test_a_page_that_is_loaded_again_finds_its_call(open_page):
    page = open_page("/dashboard/phone")
    call(page)

    page.reload()

    expect(heard(page).first).to_contain_text("asistente automático")
    page.get_by_role("button", name="Colgar").click()
    expect(page.locator("#log")).to_contain_text("Ha colgado")


def test_a_chat_with_a_photo_shows_ticks_and_typing(open_page, tmp_path):
    page = open_page("/dashboard/whatsapp")
    page.get_by_label("Mensaje").fill("¿A qué hora abrís?")
    page.keyboard.press("Enter")

    expect(said(page).locator(".ticks")).to_have_attribute("title", "Enviado")
    expect(page.locator("#status")).to_have_text("escribiendo…")
    expect(page.locator("#typing")).to_be_visible()
    expect(heard(page)).to_contain_text(["nueve"])
    expect(said(page).locator(".ticks")).to_have_class("ticks read")
    expect(page.locator("#status")).to_have_text("en línea")

    page.get_by_text("Enviar algo más").click()
    page.get_by_role("button", name="Foto de muestra").click()
    expect(heard(page)).to_have_count(2)
    picture = tmp_path / "pared.png"
    picture.write_bytes(samples.png(300))
    page.get_by_label("Un archivo suyo").set_input_files(picture)

    expect(said(page).nth(2).locator("canvas")).to_be_visible()
    expect(said(page).nth(2)).to_contain_text("pared.png")
    expect(heard(page)).to_have_count(3)
    expect(page.locator("#log .aside")).to_have_count(1)  # how to begin, and no trouble since


def test_an_eleventh_phone_is_refused_kindly(open_page, database):
    with database.write() as connection:
        for place in range(MOST_OPEN):
            open_phone(connection, f"key-{place}", "phone", "+34600000001", utc_now())
    page = open_page("/dashboard/phone")

    page.get_by_role("button", name="Llamar").click()

    expect(page.get_by_role("alert")).to_contain_text("Ya hay diez teléfonos")


def test_a_server_that_goes_away_in_a_call_says_so_when_it_is_back(open_page, web):
    page = open_page("/dashboard/phone")
    call(page)

    web.stop()
    expect(page.get_by_role("alert")).to_contain_text("No se llega al servidor")
    web.start()

    expect(page.locator("#log")).to_contain_text("El servidor se ha detenido")


@pytest.mark.parametrize("path", ["/dashboard/phone", "/dashboard/whatsapp"])
@pytest.mark.parametrize("width, dark", [(WIDE, False), (NARROW, True)])
def test_the_pages_fit_and_can_be_used_by_all(open_page, path, width, dark):
    page = open_page(path, width=width, dark=dark)
    for closed in page.locator(".device details:not([open]) > summary").all():
        if closed.is_visible():
            closed.click()

    assert serious_findings(page) == []
    assert not overflows(page)


@pytest.mark.parametrize("dark", [False, True])
def test_a_call_fits_and_can_be_used_by_all(open_page, dark):
    page = open_page("/dashboard/phone", width=NARROW, dark=dark)
    call(page)
    page.get_by_label("Lo que usted dice").fill("Una palabra que de tan larga no cabe: " + "abc" * 30)
    page.get_by_role("button", name="Interrumpir").click()
    expect(said(page)).to_be_visible()
    page.get_by_text("Teclado").click()
    page.locator("#steps summary").first.click()

    assert serious_findings(page) == []
    assert not overflows(page)
    assert can_be_read(page.get_by_role("button", name="Callar"))
    page.get_by_role("button", name="Colgar").click()


def can_be_read(button):
    """Axe takes words in the colour of their ground for hidden on purpose."""
    return button.evaluate(
        "b => getComputedStyle(b).color !== getComputedStyle(b.closest('.device')).backgroundColor"
    )
