"""How often campaigns contact one person in a week: calls and messages are counted together."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from conversation.profiles.campaigns import ContactRules
from messaging.campaigns.hours import Hours
from storage.base import utc_now
from storage.campaigns import campaigns
from storage.queries import send_rate
from tests.messaging.campaigns.stand import US, people
from tests.messaging.campaigns.voice.stand import Stand as Calls

pytestmark = pytest.mark.both_databases
STUCK_S = 0.4
"""Whatever is claimed meanwhile waits for the pace of our number, or has ended."""
ONCE = Hours(ContactRules(quiet=None, weekends=True, per_week=1), ZoneInfo("Europe/Madrid"))


@pytest.fixture
def calls(database, twilio):
    calls = Calls(database, twilio, ONCE)
    yield calls
    calls.close()


def leased(database, *claims):
    """Give each claimer the lease of its campaign; return functions that claim all who are due."""
    with database.write() as connection:
        for _claimer, campaign_id, holder in claims:
            assert campaigns.take_lease(connection, campaign_id, holder, utc_now(), timedelta(seconds=30))
    return [
        lambda claimer=claimer, id_=campaign_id: claimer.claim(id_, 10) for claimer, campaign_id, _ in claims
    ]


def at_one_moment(database, claims):
    """Let claims begin while our number's pace is not to be had; return how many they have claimed in all."""
    with database.write() as connection:
        send_rate.take(connection, US, timedelta(0), utc_now(), within=timedelta(0))
    with ThreadPoolExecutor(len(claims)) as pool:
        with database.write() as connection:
            send_rate.take(connection, US, timedelta(0), utc_now(), within=timedelta(0))
            begun = []
            for claim in claims:
                begun.append(pool.submit(claim))
                time.sleep(STUCK_S / len(claims))
        return sum(len(one.result().claimed) for one in begun)


def test_two_campaigns_at_one_moment_write_to_somebody_once(stand, database):
    stand.hours = ONCE
    claims = leased(
        database,
        (stand.claimer("one"), stand.start(people(1), name="Una"), "one"),
        (stand.claimer("two"), stand.start(people(1), name="Otra"), "two"),
    )

    assert at_one_moment(database, claims) == 1

    assert sum(len(claim().claimed) for claim in claims) == 0
    assert sorted(stand.reasons()) == ["", "weekly_limit"]


def test_at_one_moment_somebody_is_written_to_or_called(stand, calls, database):
    stand.hours = ONCE
    claims = leased(
        database,
        (stand.claimer("one"), stand.start(people(1)), "one"),
        (calls.claimer("two"), calls.start(people(1)), "two"),
    )

    assert at_one_moment(database, claims) == 1

    assert sum(len(claim().claimed) for claim in claims) == 0
    assert sorted(stand.reasons()) == ["", "weekly_limit"]


def test_who_is_about_to_be_called_is_not_written_to(stand, calls, database):
    stand.hours = ONCE
    call, write = leased(
        database,
        (calls.claimer("one"), calls.start(people(1)), "one"),
        (stand.claimer("two"), stand.start(people(1)), "two"),
    )
    assert len(call().claimed) == 1

    assert write().claimed == []

    assert stand.reasons() == ["", "weekly_limit"]


def test_who_was_written_to_is_not_called_in_the_same_week(stand, calls):
    stand.start(people(1))
    stand.run(stand.process())

    calls.start(people(1))
    calls.run(calls.process(), lambda: not stand.is_any_running())

    assert stand.reasons() == ["", "weekly_limit"]
    assert calls.called() == []


def test_who_was_called_is_not_written_to_in_the_same_week(stand, calls, twilio):
    stand.hours = ONCE
    calls.start(people(1))
    runner = calls.process()
    calls.run_until_called(runner, 1)
    calls.ends(twilio.calls.last, "completed")
    calls.run(runner, lambda: not stand.is_any_running())

    stand.start(people(1))
    stand.run(stand.process("two"))

    assert stand.reasons() == ["", "weekly_limit"]
    assert stand.to() == []


def test_another_call_after_nobody_answered_is_no_other_contact(calls, twilio):
    calls.start(people(1))
    runner = calls.process()
    calls.run_until_called(runner, 1)
    calls.ends(twilio.calls.last, "busy")
    calls.let_pass(15 * 60)

    calls.run_until_called(runner, 2)

    assert len(calls.called()) == 2
