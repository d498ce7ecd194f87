"""A campaign at the dashboard in a browser: from an Excel file to its report, and its progress watched."""

import csv
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from jobs.job import run_pending
from messaging.campaigns.files.long_lists import MOST_LINES
from storage.base import utc_now
from storage.models import Campaign
from tests.dashboard.campaigns import TEMPLATE, Campaigns
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio
from tests.journeys.dashboard.pages import NARROW, WIDE, overflows, serious_findings
from tests.messaging.campaigns.files.made_files import row, sheet, xlsx
from tests.records import every
from tests.waiting import wait_until

LIST = xlsx(
    sheet(
        row(1, "nombre", "teléfono", "día"), row(2, "Ana", 600000001, "martes"), row(3, "Luis", 600000002, "jueves"),
        row(4, "Ana", 600000001, "lunes"),
    )
)  # fmt: skip
LONG = ("nombre,teléfono\n" + "".join(f"P{n},6{n:08d}\n" for n in range(1, MOST_LINES + 2))).encode()
WRONG = "nombre,teléfono,día\nAna,12,martes\n".encode()


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        fake.messages.rules.template(TEMPLATE, "Hola {{1}}, le esperamos el {{2}}.")
        yield fake


@pytest.fixture
def line(open_line, twilio, any_hour):
    return open_line(
        twilio_account_sid=ACCOUNT_SID, twilio_auth_token=AUTH_TOKEN, twilio_api_url=twilio.url,
        twilio_whatsapp_number="+14155550100", assistant_profile=any_hour,
    )  # fmt: skip


def choose(page, content, name="citas.xlsx"):
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    page.get_by_label("Lista", exact=True).set_input_files(file)


def check(page):
    assert not overflows(page)
    assert serious_findings(page) == []


@pytest.mark.parametrize(("width", "dark"), [(WIDE, False), (NARROW, True)])
def test_a_campaign_from_an_excel_file_to_its_report(line, twilio, open_window, width, dark):
    page, database = open_window(width=width, dark=dark), line.parts.database
    page.goto(f"{line.url}/dashboard/campaigns")
    page.get_by_role("button", name="Nueva campaña").click()
    page.get_by_label("Nombre").fill("Citas de mañana")
    choose(page, WRONG, "citas.csv")
    page.get_by_label("o un texto").fill("Hola {nombre}")
    page.get_by_label("Plantilla", exact=True).focus()
    page.get_by_role("alert").filter(has_text="Línea 2: 12 no es un número de teléfono posible").wait_for()
    page.get_by_label("o un texto").fill("")
    choose(page, LIST)
    page.get_by_text("{día}").first.wait_for()

    page.get_by_label("Plantilla", exact=True).fill(TEMPLATE)
    page.get_by_label("o un texto").focus()
    page.get_by_label("{{1}}").fill("{nombre}")
    page.get_by_label("{{2}}").fill("{día} a las diez")
    page.get_by_label("Consentimiento").or_(page.get_by_label("De dónde")).first.fill("alta en recepción")
    page.locator("#preview").get_by_text("Hola Ana, le esperamos el martes a las diez.").wait_for()
    check(page)
    assert every(database, Campaign) == []
    page.get_by_role("button", name="Crear la campaña").click()
    page.wait_for_url("**/dashboard/campaigns/1")
    expect(page.get_by_text("Hola Luis, le esperamos el jueves a las diez.")).to_be_visible()
    check(page)
    assert twilio.posted() == []

    page.get_by_role("button", name="Empezar").click()
    page.locator("#live .badge").get_by_text("en marcha", exact=True).wait_for()
    runner = line.parts.campaigns.new_runner()
    wait_until(lambda: runner.round() or every(database, Campaign)[-1].state == "finished")
    runner.close()
    page.locator("#live .badge").get_by_text("terminada", exact=True).wait_for()
    expect(page.get_by_role("link", name="Enviados 2")).to_be_visible()
    check(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Informe (CSV)").click()

    rows = list(csv.DictReader(download.value.path().open(encoding="utf-8-sig", newline="")))
    assert [(row["number"], row["state"], row["día"]) for row in rows] == [
        ("+34600000001", "sent", "martes"), ("+34600000002", "sent", "jueves"),
    ]  # fmt: skip
    assert sorted(twilio.messages.bodies()) == [
        "Hola Ana, le esperamos el martes a las diez.", "Hola Luis, le esperamos el jueves a las diez.",
    ]  # fmt: skip


@pytest.mark.parametrize(("width", "dark"), [(WIDE, True), (NARROW, False)])
def test_a_long_list_is_read_in_the_background(line, open_window, width, dark):
    page, parts = open_window(width=width, dark=dark), line.parts
    page.goto(f"{line.url}/dashboard/campaigns/new")
    page.get_by_label("Nombre").fill("Cambio de horario")
    page.get_by_label("o un texto").fill("Hola {nombre}")
    choose(page, LONG, "larga.csv")
    page.wait_for_url("**/dashboard/campaigns/drafts/1")
    page.get_by_text("Se está leyendo la lista.").wait_for()
    check(page)

    page.goto(f"{line.url}/dashboard/campaigns")
    check(page)
    page.get_by_role("link", name="Cambio de horario").click()
    run_pending(parts.work, parts.jobs.by_name)
    page.get_by_text("Hola P1", exact=True).wait_for()
    check(page)
    page.get_by_role("button", name="Crear la campaña").click()
    page.get_by_text("Se está creando la campaña.").wait_for()
    run_pending(parts.work, parts.jobs.by_name)

    page.wait_for_url("**/dashboard/campaigns/1")
    expect(page.get_by_text("Hola P1", exact=True)).to_be_visible()
    assert [campaign.state for campaign in every(parts.database, Campaign)] == ["draft"]


def test_progress_is_watched_and_what_was_opened_stays_open(line, open_window):
    campaigns, page = Campaigns(line.parts.database), open_window()
    made = campaigns.make(state="running")
    page.goto(f"{line.url}/dashboard/campaigns/{made}")

    page.locator("#sure-cancel summary").click()
    campaigns.sent(made, 2, "delivered")
    page.locator("#live").get_by_text("entregado").wait_for()

    expect(page.get_by_role("button", name="Sí: cancelar")).to_be_visible()
    check(page)


@pytest.mark.parametrize(("width", "dark"), [(WIDE, False), (NARROW, True)])
def test_a_campaign_is_tried_on_ones_own_phone(line, twilio, open_window, width, dark):
    page, campaigns = open_window(width=width, dark=dark), Campaigns(line.parts.database)
    made = campaigns.make(variables={"1": "{nombre}", "2": "martes"})
    page.goto(f"{line.url}/dashboard/campaigns/{made}")
    page.locator("#try summary").click()
    check(page)

    page.get_by_label("Número", exact=True).fill("+34 600 000 099")
    page.get_by_role("button", name="Enviarlo a este número").click()
    page.get_by_text("Va de camino a +34600000099").wait_for()

    assert twilio.messages.last.to == "whatsapp:+34600000099" and len(twilio.messages.made) == 1
    check(page)


@pytest.mark.parametrize(("width", "dark"), [(WIDE, True), (NARROW, False)])
def test_reminders_get_a_new_list(line, open_window, width, dark):
    page, campaigns = open_window(width=width, dark=dark), Campaigns(line.parts.database)
    day = (utc_now() + timedelta(days=9)).date()
    made = campaigns.make(0, state="running", template="", text="Hola {nombre}", remind="24 h before {fecha}")
    page.goto(f"{line.url}/dashboard/campaigns/{made}")

    for content, said in (
        ("nombre,teléfono,fecha\nAna,600000001,pronto\n", "Línea 2: pronto no es una fecha"),
        (f"nombre,teléfono,fecha\nAna,600000001,{day}\nLuis,600000002,{day}\n", "2 son nuevos."),
    ):
        page.locator("#new-list summary").click()
        choose(page, content.encode(), "citas.csv")
        check(page)
        page.get_by_role("button", name="Usar esta lista").click()
        page.get_by_text(said).wait_for()

    expect(page.get_by_text("El próximo recordatorio toca:")).to_be_visible()
    expect(page.get_by_role("link", name="Esperan 2")).to_be_visible()
    check(page)


@pytest.mark.parametrize(("width", "dark"), [(WIDE, False), (NARROW, True), (NARROW, False), (WIDE, True)])
def test_a_campaign_by_phone_and_the_list_of_both_kinds_fit_the_window(line, open_window, width, dark):
    page, campaigns = open_window(width=width, dark=dark), Campaigns(line.parts.database)
    campaigns.make(3, state="finished", name="Un nombre de campaña bastante largo")
    made = campaigns.make(
        9, state="running", channel="voice", template="", goal="Confirmar la cita", text="¿Puede?"
    )
    campaigns.called(made, 2, "completed")
    campaigns.called(made, 3, "busy", "failed", attempts=3)
    campaigns.called(made, 4, "refused", "failed", call_code=21211)
    campaigns.person(made, 5, "skipped", reason="weekly_limit")

    page.goto(f"{line.url}/dashboard/campaigns")
    expect(page.get_by_text("Contestaron").first).to_be_visible()
    check(page)
    page.locator("tbody a").first.click()

    expect(page.get_by_role("link", name="Comunicaban 1")).to_be_visible()
    expect(page.get_by_role("heading", name="Por qué no se llegó a algunos")).to_be_visible()
    check(page)
