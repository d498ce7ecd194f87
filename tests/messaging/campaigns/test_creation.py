"""Campaigns that are made: all of their list is kept, or nothing."""

from datetime import timedelta

import pytest

from messaging.campaigns.creation import BATCH, Creation, NameTakenError
from storage.base import utc_now
from storage.campaigns import campaigns
from storage.campaigns.campaigns import NewCampaign
from storage.models import Campaign, CampaignRecipient
from tests.messaging.campaigns.stand import people
from tests.records import count_of, every

pytestmark = pytest.mark.both_databases
NEW = NewCampaign("Recordatorio", "whatsapp")


def test_a_long_list_is_kept_whole_as_a_draft(stand):
    stand.create(people(BATCH + 20))

    assert stand.campaign().state == "draft"
    assert stand.states() == {"waiting": BATCH + 20}


def test_nothing_stays_of_a_list_that_turns_out_wrong(stand, database):
    def listed():
        yield from people(BATCH + 20)
        raise ValueError("no table")

    with pytest.raises(ValueError, match="no table"):
        stand.create(listed())

    assert every(database, Campaign) == []
    assert count_of(database, CampaignRecipient) == 0


def test_a_name_is_given_once(stand):
    stand.create(people(1))

    with pytest.raises(NameTakenError):
        stand.create(people(2))

    assert stand.states() == {"waiting": 1}


def test_a_list_that_a_killed_process_has_begun_is_begun_anew_once_nobody_adds_to_it(database):
    now = utc_now()
    with database.write() as connection:
        begun = campaigns.add(connection, NEW, now - timedelta(seconds=50))

    with pytest.raises(NameTakenError):
        Creation(database, lambda: now).create(NEW, people(3))
    made = Creation(database, lambda: now + timedelta(minutes=1)).create(NEW, people(3))

    assert made != begun or database.is_sqlite
    assert count_of(database, CampaignRecipient) == 3
    assert [campaign.state for campaign in every(database, Campaign)] == ["draft"]


def test_a_list_that_stood_still_while_another_was_begun_in_its_place_leaves_that_one_alone(database):
    later = utc_now() + timedelta(minutes=2)

    def listed():
        yield from people(BATCH)
        Creation(database, lambda: later).create(NEW, people(3))
        yield from people(BATCH)

    with pytest.raises(NameTakenError):
        Creation(database).create(NEW, listed())

    assert [campaign.state for campaign in every(database, Campaign)] == ["draft"]
    assert count_of(database, CampaignRecipient) == 3
