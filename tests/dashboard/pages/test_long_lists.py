"""Campaigns of long lists at the dashboard: a job reads the list, and the page tells how far it is."""

import io
import re
from datetime import timedelta

import pytest

from jobs.job import run_pending
from messaging.campaigns.creation import each_once
from messaging.campaigns.files.long_lists import MOST_LINES
from storage.base import utc_now
from storage.campaigns import campaign_recipients, campaigns, drafts
from storage.campaigns.campaigns import NewCampaign
from storage.campaigns.drafts import forget_old
from storage.models import Campaign, CampaignDraft, CampaignRecipient
from tests.messaging.campaigns.stand import people
from tests.records import count_of, every, the_only

PEOPLE = MOST_LINES + 1
LIST = "nombre;teléfono\n" + "".join(f"P{n};6{n:08d}\n" for n in range(PEOPLE))
WRONG = f"{LIST}Eva;12\n"


@pytest.fixture
def desk(open_desk):
    return open_desk()


@pytest.fixture
def send(desk):
    """Send a form; return the answer."""

    def send(path="/new", content=None, **given):
        data = {"name": "Cita", "text": "Hola {nombre}"} | given
        if content is not None:
            data["list"] = (io.BytesIO(content.encode()), "citas.csv")
        return desk.post(f"/dashboard/campaigns{path}", **data)

    return send


@pytest.fixture
def work(desk):
    """Do what waits, as a worker does."""
    return lambda: run_pending(desk.parts.work, desk.parts.jobs.by_name)


def page_of(desk, response):
    assert response.status_code == 303, response.text[:300]
    return desk.read(response.headers["Location"])


def row(desk):
    return the_only(desk.parts.database, CampaignDraft)


def test_a_long_list_is_looked_at_by_a_job_and_made_by_another(desk, send, work):
    page = page_of(desk, send("/new/look", LIST))

    assert "Se está leyendo la lista." in page and "No hay ningún worker en marcha" in page
    assert 'type="file"' not in page and 'value="Cita"' in page
    assert "citas.csv" in page
    assert "Cita" in desk.read("/dashboard/campaigns")
    work()
    page = desk.read("/dashboard/campaigns/drafts/1")
    assert f"Va a {PEOPLE:,} personas".replace(",", ".") in page and "Hola P0" in page
    assert every(desk.parts.database, Campaign) == []

    page = page_of(desk, send("/drafts/1"))
    assert "Se está creando la campaña." in page
    work()

    campaign = the_only(desk.parts.database, Campaign)
    made = desk.get("/dashboard/campaigns/drafts/1")
    assert made.headers["Location"] == f"/dashboard/campaigns/{campaign.id}"
    assert (campaign.name, campaign.state, campaign.file_name) == ("Cita", "draft", "citas.csv")
    assert count_of(desk.parts.database, CampaignRecipient) == PEOPLE
    assert (row(desk).state, row(desk).content) == ("made", None)
    assert (row(desk).result, row(desk).checked, row(desk).seen) == ({}, {}, {})


def test_a_page_that_htmx_asks_for_is_sent_on_and_told_of_progress(desk, send, work):
    send("/new/look", LIST)

    assert "hx-get" in desk.read("/dashboard/campaigns/drafts/1/progress")
    work()
    found = desk.read("/dashboard/campaigns/drafts/1/progress")
    assert "Hola P0" in found and "hx-get" not in found
    send("/drafts/1")
    work()
    headers = {"HX-Request": "true"}
    done = desk.get("/dashboard/campaigns/drafts/1/progress?making=1", **headers)
    assert done.headers["HX-Redirect"] == "/dashboard/campaigns/1"


@pytest.mark.both_databases
def test_however_often_the_buttons_are_pressed_one_campaign_is_made(desk, send, work):
    for _ in range(2):
        send("/new/look", LIST, form_number="one")
    for _ in range(2):
        send("/drafts/1")
    work()
    send("/drafts/1")
    send("/new", LIST, form_number="one")
    work()

    assert row(desk).state == "made"
    assert the_only(desk.parts.database, Campaign).state == "draft"
    assert count_of(desk.parts.database, CampaignRecipient) == PEOPLE


def test_a_campaign_may_be_made_at_once(desk, send, work):
    assert "Se está creando la campaña." in page_of(desk, send("/new", LIST))
    work()

    assert the_only(desk.parts.database, Campaign).state == "draft"


@pytest.mark.parametrize("path", ["/new", "/new/look"])
def test_nothing_is_kept_of_a_list_that_is_refused_but_what_the_page_shows(desk, send, work, path):
    send(path, WRONG)
    work()

    page = desk.read("/dashboard/campaigns/drafts/1")

    assert f"Línea {PEOPLE + 2}: 12 no es un número de teléfono posible." in page
    assert 'type="file"' in page and 'value="Cita"' in page
    assert row(desk).content is None
    assert every(desk.parts.database, Campaign) == []
    assert count_of(desk.parts.database, CampaignRecipient) == 0


def test_a_form_that_is_wrong_keeps_the_list(desk, send, work):
    send("/new", LIST, text="Hola {apellido}")
    work()
    assert "apellido" in desk.read("/dashboard/campaigns/drafts/1")

    send("/drafts/1")
    work()

    assert the_only(desk.parts.database, Campaign).text == "Hola {nombre}"


def test_what_reads_for_an_earlier_form_writes_nothing_more(desk, send, work):
    send("/new/look", LIST)
    send("/drafts/1/look", text="Adiós {nombre}", number_column="teléfono")
    database = desk.parts.database

    desk.parts.jobs.by_name["read_campaign_list"].run({"draft_id": 1, "epoch": 1})
    assert row(desk).state == "looking"
    with database.write() as connection:
        assert not drafts.beat(connection, 1, 1, lines=5, share=0.5, now=utc_now())
    work()

    assert "Adiós P0" in desk.read("/dashboard/campaigns/drafts/1")


@pytest.mark.both_databases
def test_a_campaign_that_a_killed_worker_had_begun_is_made_once(desk, send, work):
    send("/new", LIST)
    with desk.parts.database.write() as connection:  # what it had committed when it died
        begun = campaigns.add(connection, NewCampaign("Cita", "whatsapp", text="Hola {nombre}"), utc_now())
        campaign_recipients.add_all(connection, begun, list(each_once(people(500))), utc_now())
        drafts.begun(connection, 1, 1, begun)

    work()

    assert the_only(desk.parts.database, Campaign).state == "draft"
    assert count_of(desk.parts.database, CampaignRecipient) == PEOPLE


def test_a_job_that_runs_again_after_its_campaign_is_made_changes_nothing(desk, send, work):
    send("/new", LIST)
    work()
    desk.parts.jobs.by_name["read_campaign_list"].run({"draft_id": 1, "epoch": 1})

    assert len(every(desk.parts.database, Campaign)) == 1
    assert count_of(desk.parts.database, CampaignRecipient) == PEOPLE


@pytest.mark.both_databases
@pytest.mark.parametrize("how", ["discarded", "old"])
def test_a_draft_that_is_gone_becomes_no_campaign(desk, send, work, how):
    send("/new", LIST)
    if how == "discarded":
        send("/drafts/1/discard")
    else:
        with desk.parts.database.write() as connection:
            forget_old(connection, utc_now() + timedelta(hours=25))
    work()

    assert every(desk.parts.database, Campaign) + every(desk.parts.database, CampaignDraft) == []
    assert "Eso ya no existe." in page_of(desk, desk.get("/dashboard/campaigns/drafts/1"))


def test_what_a_list_could_not_be_read_for_is_said(desk, send):
    send("/new/look", LIST)

    desk.parts.jobs.by_name["read_campaign_list"].given_up({"draft_id": 1, "epoch": 1})

    assert re.search(r'role="alert">No se pudo leer la lista', desk.read("/dashboard/campaigns/drafts/1"))
