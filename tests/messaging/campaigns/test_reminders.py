"""Reminders: sent at their time, and not after what they are about."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from conversation.profiles.campaigns import ContactRules
from messaging.campaigns.hours import Hours
from messaging.campaigns.list_changes import Changes
from messaging.campaigns.recipient import ListedRecipient
from messaging.campaigns.states import Event
from storage.base import utc_now
from storage.campaigns import campaigns
from storage.models import Message, SkipReason
from tests.fakes.twilio.server import Refuse
from tests.messaging.campaigns.reminders import (
    AGO,
    HOUR,
    LATER,
    NOW,
    SOON,
    TOMORROW,
    change,
    reminded,
    send_what_is_due,
)
from tests.messaging.campaigns.stand import number, variables_of
from tests.records import every

pytestmark = pytest.mark.both_databases

MADRID = ZoneInfo("Europe/Madrid")


def by_number(stand):
    return {recipient.number: recipient for recipient in stand.recipients()}


def test_each_is_sent_at_its_own_time(stand):
    stand.start([reminded(1, AGO), reminded(2, SOON), reminded(3, None, is_past=True)])

    send_what_is_due(stand)

    assert stand.to() == [number(1)]
    assert stand.states() == {"sent": 1, "waiting": 1, "skipped": 1}
    assert by_number(stand)[number(3)].reason == SkipReason.PAST
    assert stand.campaign().state == "running"


def test_nothing_is_said_once_it_is_past(stand):
    stand.start([reminded(1, NOW - 3 * HOUR, moment_at=AGO), reminded(2, AGO)])

    send_what_is_due(stand)

    assert stand.to() == [number(2)]
    assert by_number(stand)[number(1)].reason == SkipReason.PAST


@pytest.mark.parametrize(
    ("moment_at", "is_reminded"), [(LATER, True), (SOON, False)], ids=["after the quiet hours", "within them"]
)
def test_a_reminder_waits_for_the_end_of_quiet_hours_unless_that_is_too_late(stand, moment_at, is_reminded):
    local = datetime.now(MADRID).replace(second=0, microsecond=0)
    quiet = ((local - HOUR).time(), (local + 2 * HOUR).time())
    stand.hours = Hours(ContactRules(quiet=quiet, weekends=True), MADRID)
    listed = reminded(1, AGO, moment_at=moment_at)
    stand.start([ListedRecipient(**_values(listed) | {"zone": "Europe/Madrid"})])

    send_what_is_due(stand)

    assert stand.to() == []
    assert stand.states() == ({"waiting": 1} if is_reminded else {"skipped": 1})


def _values(listed):
    return {name: getattr(listed, name) for name in ListedRecipient.__slots__}


# A changed list


def test_who_waits_gets_the_message_at_the_new_time(stand):
    stand.start([reminded(1, SOON), reminded(2, SOON)])

    changes = change(stand, [reminded(1, AGO, LATER, name="Q"), reminded(2, SOON)])
    send_what_is_due(stand)

    assert changes == Changes(moved=1, same=1)
    assert stand.to() == [number(1)]
    assert by_number(stand)[number(1)].variables == {"1": "Q1"}


def test_who_was_reminded_is_reminded_again_of_another_date_alone(stand):
    stand.start([reminded(1, AGO), reminded(2, AGO)])
    send_what_is_due(stand)
    assert stand.campaign().state == "finished"

    assert change(stand, [reminded(1, AGO, LATER), reminded(2, AGO)]) == Changes(moved=1, same=1)
    assert stand.campaign().state == "running"
    send_what_is_due(stand)

    assert sorted(stand.to()) == [number(1), number(1), number(2)]


def test_the_same_list_again_changes_nothing(stand):
    stand.start([reminded(1, AGO), reminded(2, SOON)])
    send_what_is_due(stand)
    listed = [reminded(1, None, is_past=True), reminded(2, SOON), reminded(3, SOON)]

    assert change(stand, listed) == Changes(added=1, same=2)
    assert change(stand, listed) == Changes(same=3)
    send_what_is_due(stand)

    assert stand.to() == [number(1)]


def test_who_is_due_already_and_waits_for_quiet_hours_is_not_forgotten(stand):
    stand.start([reminded(1, AGO)])

    assert change(stand, [reminded(1, None, is_past=True)]) == Changes(same=1)
    send_what_is_due(stand)

    assert stand.to() == [number(1)]


def test_a_date_that_has_moved_too_near_is_not_spoken_of(stand):
    stand.start([reminded(1, SOON), reminded(2, AGO)])
    send_what_is_due(stand)

    changes = change(stand, [reminded(n, None, LATER, is_past=True) for n in (1, 2)])
    send_what_is_due(stand)

    assert changes == Changes(moved=2)
    assert stand.to() == [number(2)]
    assert stand.states() == {"skipped": 1, "sent": 1}


def test_who_is_gone_gets_nothing_until_they_are_on_the_list_again(stand):
    stand.start([reminded(1, SOON), reminded(2, SOON)])

    assert change(stand, [reminded(2, SOON)]) == Changes(gone=1, same=1)
    assert by_number(stand)[number(1)].reason == SkipReason.NOT_LISTED
    assert change(stand, [reminded(2, SOON)]) == Changes(same=1)
    assert change(stand, [reminded(1, AGO), reminded(2, SOON)]) == Changes(moved=1, same=1)
    send_what_is_due(stand)

    assert stand.to() == [number(1)]


def test_a_message_that_is_under_way_is_left_alone(stand):
    stand.start([reminded(1, AGO)])
    stand.tell(stand.campaign().id, Event.STARTED)
    with stand.database.write() as connection:
        from_now = utc_now()
        campaigns.take_lease(connection, stand.campaign().id, "one", from_now, timedelta(seconds=10))
    stand.claimer("one").claim(stand.campaign().id, 1)

    assert change(stand, [reminded(1, SOON, LATER)]) == Changes(busy=1)
    assert stand.recipients()[0].moment_at == TOMORROW.astimezone(UTC)


def test_a_draft_stays_a_draft(stand):
    stand.create([reminded(1, AGO)])

    change(stand, [reminded(1, AGO, LATER), reminded(2, AGO)])

    assert stand.campaign().state == "draft"
    assert (stand.campaign().file_name, stand.campaign().file_hash) == ("new.csv", "0")


def put_back(stand):
    """Let an attempt be refused for now, so that the message waits."""
    stand.twilio.fail(Refuse(429, 20429, retry_after="1"), method="POST")
    runner = stand.process()
    stand.run(runner, until=lambda: bool(stand.twilio.posted()))
    runner.close()
    assert stand.states() == {"waiting": 1}
    assert stand.recipients()[0].message_id is not None


def test_who_is_gone_after_an_attempt_that_was_put_back_gets_nothing(stand):
    stand.start([reminded(1, AGO)])
    put_back(stand)

    assert change(stand, []) == Changes(gone=1)

    assert by_number(stand)[number(1)].reason == SkipReason.NOT_LISTED
    assert [message.status for message in every(stand.database, Message)] == ["held"]


def test_who_has_another_date_after_an_attempt_that_was_put_back_is_told_of_that_alone(stand):
    stand.start([reminded(1, AGO)])
    put_back(stand)

    assert change(stand, [reminded(1, AGO, LATER, name="Q")]) == Changes(moved=1)
    stand.run(stand.process("two"))

    assert stand.states() == {"sent": 1}
    assert [variables_of(message) for message in stand.twilio.messages.made.values()] == [{"1": "Q1"}]
