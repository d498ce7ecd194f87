"""Somebody who is in a call with us, whoever called, is called by a campaign once that call is over."""

from datetime import timedelta

import pytest

from phone_numbers import matching_number
from storage.base import utc_now
from storage.queries import calls
from storage.queries.calls import CallFacts, CallProgress
from tests.messaging.campaigns.voice.stand import US, number, people

pytestmark = pytest.mark.both_databases
IN_FIVE_MINUTES = 5 * 60


def look(stand, runner):
    """Let a process look at everybody who is due."""
    stand.run(
        runner, lambda: all(one.due_at > utc_now() for one in stand.recipients() if one.state == "waiting")
    )


def is_put_off(recipient):
    return timedelta(minutes=4) < recipient.due_at - utc_now() <= timedelta(minutes=5)


def test_of_two_campaigns_the_second_waits_for_the_end_of_the_firsts_call(stand, twilio):
    stand.start(people(1), name="Primera")
    stand.start(people(1), name="Segunda")
    runner = stand.process()
    stand.run_until_called(runner, 1)
    look(stand, runner)

    assert stand.called() == [number(1)]
    [waits] = [one for one in stand.recipients() if one.state == "waiting"]
    assert is_put_off(waits) and waits.attempts == 0

    stand.let_pass(IN_FIVE_MINUTES)
    look(stand, runner)
    assert len(stand.called()) == 1
    stand.ends(twilio.calls.last, "completed")
    stand.let_pass(IN_FIVE_MINUTES)
    stand.run_until_called(runner, 2)
    assert stand.called() == [number(1)] * 2


@pytest.mark.parametrize("direction", ["inbound", "outbound-api"])
def test_who_is_talking_to_us_is_not_called_meanwhile(stand, direction):
    facts = CallFacts(
        "CA1", direction, number(1), US, "in-progress", matching_number(number(1)), simulated=False
    )
    with stand.database.write() as connection:
        calls.open_call(connection, facts, utc_now())
    stand.start(people(2))
    runner = stand.process()
    stand.run_until_called(runner, 1)
    look(stand, runner)

    assert stand.called() == [number(2)]
    assert is_put_off(stand.recipients()[0])

    with stand.database.write() as connection:
        calls.record_progress(connection, "CA1", CallProgress("completed", utc_now()))
        calls.close_conversation(connection, facts.key, utc_now())
    stand.let_pass(IN_FIVE_MINUTES)
    stand.run_until_called(runner, 2)
    assert stand.called() == [number(2), number(1)]


def test_a_call_of_the_simulator_keeps_nobody_waiting(stand):
    facts = CallFacts(
        "CA1", "inbound", number(1), US, "in-progress", matching_number(number(1)), simulated=True
    )
    with stand.database.write() as connection:
        calls.open_call(connection, facts, utc_now())
    stand.start(people(1))

    stand.run_until_called(stand.process(), 1)

    assert stand.called() == [number(1)]


def test_nobody_is_called_about_what_is_over(stand):
    ago = utc_now() - timedelta(minutes=1)
    stand.start(people(1, due_at=ago, moment_at=ago), remind="24 h before {fecha}")

    stand.run(stand.process(), stand.is_over)

    assert stand.called() == []
    assert [one.reason for one in stand.recipients()] == ["past"]
