"""Campaigns that meet the ceiling of a day: they wait for the next, and none of several sends one too many."""

from datetime import timedelta
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from conversation.daily_ceilings import DailyCeilings, Limit
from storage.base import utc_now
from storage.campaigns import campaigns
from storage.models import LedgerTotal
from tests.fakes.twilio.server import Refuse
from tests.messaging.campaigns.stand import Stand, people
from tests.records import every, the_only

pytestmark = pytest.mark.both_databases


@pytest.fixture
def stand(database, work, twilio):
    limits = (Limit("DAILY_MESSAGES", 7, 0.1), Limit("DAILY_CALLS", None, 0.5))
    stand = Stand(database, work, twilio, DailyCeilings(ZoneInfo("Europe/Madrid"), *limits, None))
    yield stand
    stand.close()


def next_day(stand):
    """Let what was counted be of another day."""
    with stand.database.write() as connection:
        connection.execute(update(LedgerTotal).values(period="2026-01-01"))


def rounds(stand, runner, many=10):
    for _ in range(many):
        runner.round()


def test_a_campaign_waits_for_the_next_day_and_goes_on_then(stand):
    stand.start(people(10))
    runner = stand.process()
    stand.send_some(runner, 7)

    rounds(stand, runner)

    assert stand.states() == {"sent": 7, "waiting": 3}
    assert stand.campaign().state == "running"

    next_day(stand)
    stand.run(runner)

    assert stand.states() == {"sent": 10}
    assert stand.campaign().state == "finished"
    assert len(set(stand.to())) == len(stand.to()) == 10


def test_a_campaign_that_ends_with_the_last_message_of_the_day_is_finished(stand):
    stand.start(people(7))

    stand.run(stand.process())

    assert stand.campaign().state == "finished"


def test_two_campaigns_in_two_processes_share_the_day(stand):
    for name in ("Uno", "Dos"):
        stand.start(people(10), name=name)
    runners = [stand.process("one"), stand.process("two")]

    threads = [Thread(target=rounds, args=(stand, runner, 8)) for runner in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stand.close()

    assert len(stand.to()) == 7


def test_what_the_provider_did_not_take_is_given_back(stand):
    stand.twilio.fail(Refuse(429, 20429, retry_after="1"), method="POST", times=2)
    stand.start(people(1))
    runner = stand.process()

    stand.run(runner, until=lambda: len(stand.twilio.posted()) == 1)
    stand.close()

    assert the_only(stand.database, LedgerTotal).units == 0


def test_a_message_that_was_refused_is_none_of_the_days(stand):
    stand.twilio.fail(Refuse(400, 21211), method="POST")
    stand.start(people(1))

    stand.run(stand.process())

    assert stand.states() == {"failed": 1}
    assert the_only(stand.database, LedgerTotal).units == 0


def test_a_message_of_unknown_fate_counts_until_it_is_known_that_it_was_not_sent(stand):
    stand.start(people(1))
    claimer = stand.claimer("dead")
    with stand.database.write() as connection:
        campaigns.take_lease(connection, stand.campaign().id, "dead", utc_now(), timedelta(seconds=10))
    claimer.claim(stand.campaign().id, 1)
    assert the_only(stand.database, LedgerTotal).units == 1

    stand.let_pass(90)
    stand.run(stand.process())

    assert [row.units for row in every(stand.database, LedgerTotal)] == [1]
    assert len(stand.to()) == 1
