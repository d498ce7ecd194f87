"""A worker that is killed while it reads a long list: the list is read once and whole all the same."""

import pytest
from sqlalchemy import func, select

from messaging.campaigns.files.long_lists import MOST_LINES
from storage.campaigns.campaigns import NewCampaign
from storage.models import Campaign, CampaignDraft, CampaignRecipient
from tests.journeys.whatsapp.killed import worker
from tests.processes import kill
from tests.records import count_of, the_only
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases
PEOPLE = 3 * MOST_LINES
LIST = "nombre;teléfono\n" + "".join(f"P{n};6{n:08d}\n" for n in range(PEOPLE))


def kept(database):
    return count_of(database, CampaignRecipient)


def numbers(database):
    """How many different people are kept, each of whom gets the message."""
    with database.read() as connection:
        return connection.scalar(select(func.count(CampaignRecipient.found_by.distinct())))


def test_everybody_is_on_the_campaign_once(site, database, line):
    new = NewCampaign("Cita", "whatsapp", text="Hola {nombre}", file_name="citas.csv")
    line.parts.campaigns.long_lists.keep(new, LIST.encode(), None, form="one", makes=True)

    with worker(site) as running:
        wait_until(lambda: kept(database))
        kill(running)
    assert 0 < kept(database) < PEOPLE
    assert the_only(database, CampaignDraft).state == "making"
    with worker(site):
        wait_until(lambda: the_only(database, CampaignDraft).state != "making", every_s=0.05)

    assert the_only(database, CampaignDraft).state == "made"
    campaign = the_only(database, Campaign)
    assert (campaign.name, campaign.state) == ("Cita", "draft")
    assert kept(database) == numbers(database) == PEOPLE
