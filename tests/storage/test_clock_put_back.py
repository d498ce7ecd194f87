"""The clock is put back by an hour: a stored time further ahead than any that is ever stored is not believed."""

from datetime import UTC, datetime, timedelta

import pytest

from storage.base import SKEW, is_ahead, is_near
from storage.login_tries import LoginTries
from storage.models import Conversation
from storage.queries import contacts, send_rate
from storage.queries.webhook_events import take_event_within
from storage.reports import browser_sessions
from tests.records import the_only

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BEFORE = NOW + HOUR
"""The time that the clock had shown."""
SENDER = "whatsapp:+12025550100"


@pytest.mark.parametrize(
    ("ago", "near"), [(0, True), (10, True), (11, False), (-60, True), (-71, False), (-3600, False)]
)
def test_a_time_is_near_unless_it_is_long_ago_or_well_ahead(ago, near):
    assert is_near(NOW - ago * SECOND, NOW, 10 * SECOND) == near


@pytest.mark.parametrize(
    ("ahead", "is_to_come"), [(-1, False), (0, False), (1, True), (10, True), (70, True), (71, False)]
)
def test_a_time_is_to_come_unless_it_is_too_far_ahead(ahead, is_to_come):
    assert is_ahead(NOW + ahead * SECOND, NOW, 10 * SECOND) == is_to_come
    assert not is_ahead(None, NOW, SKEW)


def test_a_number_does_not_wait_for_an_hour_to_send(database):
    with database.write() as connection:
        send_rate.take(connection, SENDER, SECOND, BEFORE, within=5 * SECOND)

        at = send_rate.take(connection, SENDER, SECOND, NOW, within=5 * SECOND)
        following = send_rate.take(connection, SENDER, SECOND, NOW, within=5 * SECOND)

    assert (at, following) == (NOW, NOW + SECOND)


def test_a_number_never_waits_for_longer_than_a_hold_lasts(database):
    with database.write() as connection:
        send_rate.hold(connection, SENDER, NOW + 24 * HOUR, NOW)

        at = send_rate.take(connection, SENDER, SECOND, NOW, within=5 * SECOND)

    assert at == NOW + send_rate.LONGEST_HOLD


@pytest.mark.both_databases
def test_what_came_an_hour_ahead_has_not_come_just_now(database):
    with database.write() as connection:
        take_event_within(connection, "test", "one", BEFORE, 10 * SECOND)

        taken = [take_event_within(connection, "test", "one", NOW, 10 * SECOND) for _ in range(2)]

    assert taken == [True, False]


def test_a_lock_of_the_login_lasts_no_longer_than_locks_do(database):
    shown = [BEFORE]
    tries = LoginTries(database, lambda: shown[0])
    waits = [tries.begin("203.0.113.5") for _ in range(6)]
    assert waits[-1] == 30

    shown[0] = NOW

    assert tries.begin("203.0.113.5") == 0


def test_the_assistant_is_not_silent_for_longer_than_it_may_be(database):
    with database.write() as connection:
        recipient = contacts.recipient_for(connection, "+34600000001", NOW)
        until = NOW + 365 * 24 * HOUR + contacts.LONGEST_SILENCE  # the clock was a year ahead
        contacts.take_over(connection, recipient.conversation_id, "Eva", until)
        recipient = contacts.find_recipient(connection, conversation_id=recipient.conversation_id)

        assert not contacts.is_with_a_person(recipient, NOW)
        assert not contacts.is_silenced(connection, recipient.conversation_id, 1, NOW)
        contacts.take_over(connection, recipient.conversation_id, "Eva", NOW + contacts.LONGEST_SILENCE)
        assert contacts.is_silenced(connection, recipient.conversation_id, 1, NOW)
    assert the_only(database, Conversation).human == "Eva"


def test_a_browsers_phone_whose_owner_is_gone_is_over(database):
    with database.write() as connection:
        browser_sessions.open_phone(connection, "key", "phone", "+34600000001", BEFORE)

        assert browser_sessions.find_phone(connection, "key", NOW).is_over
        assert browser_sessions.numbers_in_use(connection, NOW) == []
        assert not browser_sessions.find_phone(connection, "key", BEFORE).is_over
