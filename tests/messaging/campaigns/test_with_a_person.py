"""Somebody to whom a person of ours is writing: a campaign waits, by phone too; a reminder does not."""

from datetime import timedelta

import pytest

from storage.base import utc_now
from storage.queries import contacts
from tests.messaging.campaigns.stand import number, people
from tests.messaging.campaigns.voice.stand import Stand as Calls

pytestmark = pytest.mark.both_databases


@pytest.fixture
def taken(stand):
    """The conversation of the first on the list, whom Marta writes to."""
    with stand.database.write() as connection:
        conversation_id = contacts.recipient_for(connection, number(1), utc_now()).conversation_id
        contacts.take_over(connection, conversation_id, "Marta", utc_now() + timedelta(hours=12))
    return conversation_id


def test_a_campaign_waits_until_they_are_given_back(stand, taken):
    stand.start(people(2))
    runner = stand.process()
    stand.run(runner, until=lambda: stand.states()["sent"])
    assert stand.to() == [number(2)]
    first = stand.recipients()[0]
    assert timedelta(minutes=4) < first.due_at - utc_now() <= timedelta(minutes=5)

    with stand.database.write() as connection:
        contacts.give_back(connection, taken)
    stand.let_pass(5 * 60)
    stand.run(runner)

    assert stand.to() == [number(2), number(1)]


@pytest.fixture
def calls(database, twilio, stand):
    calls = Calls(database, twilio, stand.hours)
    yield calls
    calls.close()


def test_nor_does_it_call_them_before(stand, calls, taken):
    calls.start(people(2))
    runner = calls.process()
    calls.run_until_called(runner, 1)
    calls.run(runner, lambda: calls.recipients()[0].due_at > utc_now())
    assert calls.called() == [number(2)]
    first = calls.recipients()[0]
    assert timedelta(minutes=4) < first.due_at - utc_now() <= timedelta(minutes=5)
    assert (first.state, first.attempts) == ("waiting", 0)

    with stand.database.write() as connection:
        contacts.give_back(connection, taken)
    calls.let_pass(5 * 60)
    calls.run_until_called(runner, 2)

    assert calls.called() == [number(2), number(1)]


def test_a_reminder_by_phone_does_not_wait_either(calls, taken):
    at = utc_now()

    calls.start(people(1, due_at=at, moment_at=at + timedelta(days=1)), remind="24 h before {fecha}")
    calls.run_until_called(calls.process(), 1)

    assert calls.called() == [number(1)]


def test_a_reminder_has_its_time_and_does_not_wait(stand, taken):
    at = utc_now()
    listed = people(1, due_at=at, moment_at=at + timedelta(days=1))

    stand.start(listed, remind="24 h before {fecha}")
    stand.run(stand.process())

    assert stand.to() == [number(1)]
