"""The states of a campaign: each event in each state, and what has no meaning changes nothing."""

from itertools import product

import pytest

from messaging.campaigns.states import TABLE, Event, happened
from storage.base import utc_now
from storage.campaigns import campaigns
from storage.campaigns.campaigns import NewCampaign
from storage.models import CampaignState, PauseReason

OVER = (CampaignState.CANCELLED,)


def test_every_state_but_a_cancelled_one_has_a_way_on():
    assert {state for state, _ in TABLE} == set(CampaignState) - {*OVER, CampaignState.TRIAL}


def test_every_state_but_the_first_is_reached():
    assert set(TABLE.values()) == set(CampaignState) - {CampaignState.LISTING, CampaignState.TRIAL}


@pytest.mark.parametrize(("state", "event"), list(product(CampaignState, Event)))
def test_an_event_leads_where_the_table_says_or_changes_nothing(database, state, event):
    now = utc_now()
    with database.write() as connection:
        campaign_id = campaigns.add(connection, NewCampaign("Cita", "whatsapp"), now)
        campaigns.change_state(connection, campaign_id, state, now)

        assert happened(connection, campaign_id, event, now) == ((state, event) in TABLE)

        assert campaigns.state_of(connection, campaign_id) == TABLE.get((state, event), state)


def test_a_pause_says_why_and_going_on_forgets_it(database):
    now = utc_now()
    with database.write() as connection:
        campaign_id = campaigns.add(connection, NewCampaign("Cita", "whatsapp"), now)
        for event in (Event.LISTED, Event.STARTED):
            happened(connection, campaign_id, event, now)
        happened(connection, campaign_id, Event.BROKEN, now, pause_reason=PauseReason.TEMPLATE, code=63040)
        paused = campaigns.by_id(connection, campaign_id)
        happened(connection, campaign_id, Event.STARTED, now)
        goes_on = campaigns.by_id(connection, campaign_id)

    assert (paused.pause_reason, paused.pause_code) == ("template", 63040)
    assert (goes_on.pause_reason, goes_on.pause_code) == ("", None)
