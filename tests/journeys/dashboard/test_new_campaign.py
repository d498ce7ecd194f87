"""Campaigns made on a narrow page of the dashboard: one by phone and one of reminders, started and seen running."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from storage.models import Campaign, CampaignRecipient
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio
from tests.journeys.campaigns.calls import PUBLIC
from tests.journeys.dashboard.pages import NARROW, overflows, serious_findings
from tests.records import every, the_only
from tests.waiting import wait_until

PASSWORD = "correct horse"
DAY = datetime.now(UTC) + timedelta(days=9)
LIST = f"nombre;teléfono;fecha\nAna;600000001;{DAY:%d/%m/%Y} 10:00\nLuis;600000002;02/01/2020 10:00\n"
WAITS_MS = 15_000


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def line(open_line, twilio, any_hour):
    return open_line(
        twilio_account_sid=ACCOUNT_SID, twilio_auth_token=AUTH_TOKEN, twilio_api_url=twilio.url, call_price=0.4,
        twilio_phone_number="+12025550100", twilio_whatsapp_number="+14155550100", webhook_url=PUBLIC,
        assistant_profile=any_hour, dashboard_password=PASSWORD,
    )  # fmt: skip


@pytest.fixture
def page(line, open_window):
    """The page of a new campaign, on a phone."""
    page = open_window(width=NARROW)
    page.goto(f"{line.url}/dashboard/campaigns/new")
    page.get_by_label("Su nombre").fill("Eva")
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/campaigns/new")
    return page


def fill_in(page, name):
    file = {"name": "citas.csv", "mimeType": "text/csv", "buffer": LIST.encode()}
    page.get_by_label("Nombre", exact=True).fill(name)
    page.get_by_label("Lista", exact=True).set_input_files(file)
    page.get_by_text("{fecha}", exact=True).wait_for()


def check(page):
    assert not overflows(page)
    assert serious_findings(page) == []


def create_and_start(page):
    page.get_by_role("button", name="Crear la campaña").click()
    page.wait_for_url("**/dashboard/campaigns/1")
    page.get_by_role("button", name="Empezar").click()
    page.locator("#live .badge").get_by_text("en marcha", exact=True).wait_for()


def states(line):
    return {one.line: one.state for one in every(line.parts.database, CampaignRecipient)}


def test_a_campaign_by_phone_is_made_started_and_seen_running(line, page, twilio):
    fill_in(page, "Llamada")
    page.get_by_label("Por teléfono").check()
    expect(page.get_by_label("Plantilla", exact=True)).to_be_hidden()
    page.get_by_label("Objetivo de las llamadas").fill("Confirmar la cita")
    page.get_by_label("Cómo siguen las llamadas").fill("¿Puede venir {nombre} el {fecha}?")
    page.get_by_label("No dejar mensaje").check()

    preview = page.locator("#preview")
    preview.get_by_text(f"¿Puede venir Ana el {DAY:%d/%m/%Y} 10:00?").wait_for()
    expect(preview).to_contain_text("un asistente automático")
    expect(preview).to_contain_text("Costará unos 0,80, según CALL_PRICE.")
    check(page)
    create_and_start(page)
    runner = line.parts.campaigns.new_runner()
    wait_until(lambda: runner.round() or states(line) == {2: "calling", 3: "calling"})
    runner.close()

    expect(page.locator("#live")).to_contain_text("Ana", timeout=WAITS_MS)
    expect(page.locator("#live .badge").filter(has_text="llamando")).to_have_count(2, timeout=WAITS_MS)
    campaign = the_only(line.parts.database, Campaign)
    assert (campaign.channel, campaign.goal, campaign.leave_message) == ("voice", "Confirmar la cita", False)


def test_reminders_are_made_started_and_seen_waiting_for_their_time(line, page, twilio):
    fill_in(page, "Recordatorio")
    page.get_by_label("o un texto").fill("Hola {nombre}, le esperamos.")
    page.get_by_label("Recordatorio").fill("1 día antes de {fecha}")
    page.get_by_label("De dónde").focus()

    preview = page.locator("#preview")
    preview.get_by_text("1 persona recibiría el recordatorio demasiado tarde").wait_for()
    expect(preview.locator("figure")).to_have_count(1)
    expect(preview.locator("figcaption")).to_contain_text("10:00")
    check(page)
    create_and_start(page)

    expect(page.locator("#live")).to_contain_text("se le recordaría tarde")
    assert states(line) == {2: "waiting", 3: "skipped"}
    assert twilio.posted() == []


def test_the_button_stays_where_it_is_while_what_is_filled_in_is_looked_at(page):
    fill_in(page, "Cita")
    place = "() => document.querySelector('.fields button').getBoundingClientRect().top + window.scrollY"
    before = page.evaluate(place)

    page.get_by_label("o un texto").fill("Hola {nombre}")
    page.get_by_label("De dónde").focus()
    page.locator("#preview").get_by_text("Hola Ana").wait_for()

    assert page.evaluate(place) == before


def test_a_press_of_the_button_that_ends_the_filling_in_is_not_lost(page):
    fill_in(page, "Cita")
    page.get_by_label("o un texto").fill("Hola {nombre}")

    page.get_by_role("button", name="Crear la campaña").click(
        delay=700
    )  # what is looked at arrives meanwhile

    page.wait_for_url("**/dashboard/campaigns/1")
