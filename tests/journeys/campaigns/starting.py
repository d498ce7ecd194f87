"""Campaigns as the stories begin with them: made and started."""

from messaging.campaigns.creation import Creation
from messaging.campaigns.states import Event, happened
from storage.base import utc_now
from storage.campaigns.campaigns import NewCampaign

TEMPLATE = "HX" + "0123456789abcdef" * 2


def start(database, new, listed):
    """Make and start a campaign."""
    campaign_id = Creation(database).create(new, listed)
    with database.write() as connection:
        happened(connection, campaign_id, Event.STARTED, utc_now())


def write(database, name, listed, **values):
    """Make and start a campaign that writes to people."""
    start(database, NewCampaign(name, "whatsapp", template=TEMPLATE, **values), listed)
