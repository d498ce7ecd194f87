"""Campaigns whose process's clock is put forward or back, or stands still, while a message is on its way."""

from datetime import timedelta
from time import monotonic

import pytest

from messaging.campaigns.dispatch import Dispatcher
from messaging.campaigns.doubts import Doubts
from storage.base import utc_now
from storage.campaigns import campaigns
from tests.messaging.campaigns.stand import people

pytestmark = pytest.mark.both_databases
BACK = timedelta(seconds=60)


def claim(stand):
    """Let a process claim the one who is due."""
    with stand.database.write() as connection:
        campaigns.take_lease(connection, stand.campaign().id, "one", utc_now(), timedelta(seconds=10))
    [claimed] = stand.claimer("one").claim(stand.campaign().id, 1).claimed
    return claimed


def test_a_clock_that_is_put_back_after_a_claim_lets_nobody_wait_for_it(stand):
    stand.start(people(1))
    claimed = claim(stand)
    late = Dispatcher(stand.database, stand.ceilings, observer=stand.outcomes, clock=lambda: utc_now() - BACK)
    begun = monotonic()

    late.send(claimed)

    assert monotonic() - begun < BACK.total_seconds() / 2
    assert len(stand.to()) == 1


def test_a_message_that_this_process_is_still_sending_is_not_looked_for_whatever_the_clock_says(stand):
    stand.start(people(1))
    claimed = claim(stand)
    stand.let_pass(90)
    with stand.database.read() as connection:
        campaign = campaigns.by_id(connection, stand.campaign().id)
    doubts = Doubts(stand.database, stand.channels, stand.ceilings, observer=stand.outcomes, clock=utc_now)

    doubts.clear_up(campaign, [claimed.id])

    assert stand.twilio.requests == []
    assert stand.states() == {"sending": 1}
    doubts.clear_up(campaign)
    assert stand.states() == {"waiting": 1}
