"""Nobody is written to in quiet hours where they may be, nor more often in a week than the profile allows."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from conversation.profiles.campaigns import ContactRules
from messaging.campaigns.creation import Creation
from messaging.campaigns.hours import Hours
from storage.base import utc_now
from storage.campaigns import campaign_calls, campaign_recipients
from storage.campaigns.campaigns import NewCampaign
from storage.models import CampaignRecipient, RecipientState, SkipReason
from tests.messaging.campaigns.stand import people
from tests.records import every, the_only

MADRID = ZoneInfo("Europe/Madrid")


def quiet_now():
    """Rules under which it is quiet in Madrid for the next two hours."""
    now = datetime.now(MADRID).replace(second=0, microsecond=0)
    begins, ends = now - timedelta(hours=1), now + timedelta(hours=2)
    return ContactRules(quiet=(begins.time(), ends.time()), weekends=True), ends


def test_who_may_not_be_written_to_yet_waits_until_they_may(stand, twilio):
    rules, ends = quiet_now()
    stand.hours = Hours(rules, MADRID)
    stand.start(people(1, zone="Europe/Madrid"))

    stand.process().round()

    assert twilio.posted() == []
    assert the_only(stand.database, CampaignRecipient).due_at == ends.astimezone(UTC)


def test_a_number_that_may_be_in_two_zones_waits_for_both(stand):
    rules, ends = quiet_now()
    stand.hours = Hours(rules, MADRID)
    stand.start(people(1))

    stand.process().round()

    in_the_canaries = ends.astimezone(UTC) + timedelta(hours=1)
    assert the_only(stand.database, CampaignRecipient).due_at == in_the_canaries


def test_the_zone_that_a_list_says_counts_and_not_the_numbers(stand):
    rules, _ = quiet_now()
    stand.hours = Hours(rules, MADRID)
    stand.start(people(1, zone="Pacific/Auckland"))

    runner = stand.process()
    stand.run(runner)

    assert every(stand.database, CampaignRecipient)[0].state == "sent"


@pytest.mark.parametrize(("per_week", "states"), [(1, ["skipped"]), (2, ["sent"])])
def test_nobody_gets_more_in_a_week_than_the_profile_allows(stand, per_week, states):
    stand.start(people(1), name="Primera")
    stand.run(stand.process())
    stand.hours = Hours(ContactRules(quiet=None, weekends=True, per_week=per_week), MADRID)

    stand.start(people(1), name="Segunda")
    stand.run(stand.process("two"))

    [second] = [one for one in every(stand.database, CampaignRecipient) if one.campaign_id == 2]
    assert [second.state] == states
    assert second.reason == (SkipReason.WEEKLY_LIMIT if states == ["skipped"] else "")


def test_a_call_of_this_week_counts_too(stand):
    new = NewCampaign("Llamada", "voice", goal="Confirmar")
    call = Creation(stand.database).create(new, people(1))
    with stand.database.write() as connection:
        [due] = campaign_recipients.due(connection, call, utc_now(), 1)
        campaign_calls.begin(connection, due.id, "mark", utc_now())
        campaign_calls.was_placed(connection, "mark", "CA1")
        campaign_calls.is_over(connection, "mark", RecipientState.SENT, "completed")
    stand.hours = Hours(ContactRules(quiet=None, weekends=True, per_week=1), MADRID)

    stand.start(people(1))
    stand.run(stand.process())

    assert stand.reasons() == ["", SkipReason.WEEKLY_LIMIT]


def test_whose_zones_share_no_hour_is_sent_nothing(stand, twilio):
    stand.hours = Hours(ContactRules(quiet=(time(10), time(9)), weekends=True), MADRID)
    toll_free = replace(people(1)[0], number="+18005550123")  # from Bermuda to Guam

    stand.start([toll_free])
    stand.run(stand.process())

    assert the_only(stand.database, CampaignRecipient).reason == SkipReason.NO_HOUR
    assert twilio.posted() == []
