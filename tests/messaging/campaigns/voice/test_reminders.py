"""Reminders by phone: nobody is called of what has begun, and a changed list leaves a call that goes on alone."""

from datetime import timedelta

import pytest

from messaging.campaigns.list_changes import Changes, ListChanges
from messaging.campaigns.recipient import ListedRecipient
from storage.base import utc_now
from storage.models import SkipReason
from tests.messaging.campaigns.voice.stand import number, people

pytestmark = pytest.mark.both_databases
HOUR = timedelta(hours=1)


def reminded(moment_at):
    return [ListedRecipient(1, number(1), "Hola.", due_at=utc_now() - HOUR, moment_at=moment_at)]


def change(stand, listed):
    return ListChanges(stand.database).apply(stand.campaign().id, listed, file_name="new.csv", digest="0")


def test_nobody_is_called_of_what_has_begun(stand):
    stand.start([*people(1, moment_at=utc_now() - HOUR)])

    stand.run(stand.process(), stand.is_over)

    assert stand.called() == []
    assert [one.reason for one in stand.recipients()] == [SkipReason.PAST]


def test_who_was_busy_is_not_called_again_once_it_has_begun(stand, twilio):
    stand.start(people(1, moment_at=utc_now() + HOUR))
    runner = stand.process()
    stand.run_until_called(runner, 1)
    stand.ends(twilio.calls.last, "busy")
    [recipient] = stand.recipients()
    assert recipient.state == "waiting"

    change(stand, people(1, moment_at=utc_now() - timedelta(seconds=1)))
    stand.run(runner, stand.is_over)

    assert len(stand.called()) == 1


def test_a_call_that_goes_on_is_left_alone_by_a_changed_list(stand, twilio):
    stand.start(reminded(utc_now() + HOUR))
    runner = stand.process()
    stand.run_until_called(runner, 1)

    assert change(stand, reminded(utc_now() + 2 * HOUR)) == Changes(busy=1)
    stand.ends(twilio.calls.last, "completed")

    assert stand.states() == {"sent": 1}


def test_a_late_word_of_a_call_before_a_list_was_changed_is_of_no_call_any_more(stand, twilio):
    stand.start(reminded(utc_now() + HOUR))
    runner = stand.process()
    stand.run_until_called(runner, 1)
    call = twilio.calls.last
    stand.ends(call, "completed", answered_by="human")

    change(stand, [*people(1, due_at=utc_now() + HOUR, moment_at=utc_now() + 2 * HOUR)])
    stand.ends(call, "completed")

    [recipient] = stand.recipients()
    assert (recipient.state, recipient.call_status, recipient.answered_by) == ("waiting", "", "")
