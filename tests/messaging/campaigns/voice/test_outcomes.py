"""What follows from how a campaign's call ends, and when too many fail for the campaign to go on."""

import pytest

from messaging.campaigns.states import Event
from storage.base import utc_now
from storage.campaigns import campaign_calls
from tests.fakes.twilio.server import Close, Page, Refuse
from tests.messaging.campaigns.voice.stand import people
from tests.waiting import wait_until

CALLS = "/Calls.json"
PASSING, DEAD = 486, 404


def call_one(stand, **values):
    """Let a process call one person; return it and their call."""
    stand.start(people(1), **values)
    runner = stand.process()
    stand.run_until_called(runner, 1)
    return runner, stand.twilio.calls.last


def due_in_minutes(stand):
    [recipient] = stand.recipients()
    return round((recipient.due_at - utc_now()).total_seconds() / 60)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("status", "code"),
    [("busy", None), ("no-answer", None), ("failed", PASSING)],
    ids=lambda value: str(value),
)
def test_whom_nobody_reached_is_called_three_times_in_all_and_later_each_time(stand, status, code):
    runner, call = call_one(stand)

    waits = []
    for count in (2, 3):
        stand.ends(call, status, code=code)
        waits.append(due_in_minutes(stand))
        stand.let_pass(2 * 3600 + 60)
        stand.run_until_called(runner, count)
        call = stand.twilio.calls.last
    stand.ends(call, status, code=code)
    stand.run(runner, stand.is_over)

    assert waits == [15, 120]
    assert len(stand.called()) == 3
    assert [(one.state, one.call_status, one.attempts) for one in stand.recipients()] == [
        ("failed", status, 3)
    ]


def test_who_answers_the_second_call_is_reached(stand):
    runner, call = call_one(stand)
    stand.ends(call, "busy")
    stand.let_pass(20 * 60)
    stand.run_until_called(runner, 2)

    stand.ends(stand.twilio.calls.last, "completed", answered_by="human")
    stand.run(runner, stand.is_over)

    assert [(one.state, one.call_status) for one in stand.recipients()] == [("sent", "completed")]


@pytest.mark.parametrize(
    ("status", "code"), [("failed", DEAD), ("failed", None), ("canceled", None)], ids=lambda value: str(value)
)
def test_a_number_that_cannot_be_called_is_not_called_again(stand, status, code):
    runner, call = call_one(stand)

    stand.ends(call, status, code=code)
    stand.run(runner, stand.is_over)

    assert [(one.state, one.call_status, one.call_code) for one in stand.recipients()] == [
        ("failed", status, code)
    ]


@pytest.mark.parametrize(
    ("answered_by", "leave_message", "state"),
    [
        ("human", True, "sent"), ("unknown", True, "sent"), ("", True, "sent"), ("machine_end_beep", True, "sent"),
        ("machine_start", True, "sent"), ("fax", True, "failed"), ("machine_end_silence", False, "waiting"),
        ("fax", False, "failed"), ("human", False, "sent"),
    ],
)  # fmt: skip
def test_what_an_answered_call_comes_to(stand, answered_by, leave_message, state):
    _, call = call_one(stand, leave_message=leave_message)

    stand.ends(call, "completed", answered_by=answered_by)

    assert stand.states() == {state: 1}


def test_the_end_of_an_earlier_call_that_is_told_late_changes_nothing(stand):
    runner, first = call_one(stand)
    stand.ends(first, "no-answer")
    stand.let_pass(20 * 60)
    stand.run_until_called(runner, 2)

    stand.ends(first, "completed")

    assert stand.states() == {"calling": 1}


def test_a_message_that_an_earlier_call_left_is_none_of_the_next(stand):
    runner, first = call_one(stand)
    with stand.database.write() as connection:
        campaign_calls.message_left(connection, stand.recipients()[0].call_mark, utc_now())
    stand.ends(first, "busy")
    stand.let_pass(20 * 60)

    stand.run_until_called(runner, 2)

    assert [one.message_left_at for one in stand.recipients()] == [
        None
    ]  # else a person would hear it at once


def test_a_cancelled_campaign_calls_nobody_again(stand):
    runner, call = call_one(stand)
    stand.tell(stand.campaign().id, Event.CANCELLED)
    stand.ends(call, "busy")
    stand.let_pass(3 * 3600)
    for _ in range(3):
        runner.round()

    assert len(stand.called()) == 1


@pytest.mark.both_databases
@pytest.mark.parametrize("code", [21210, 20003, 10001])
def test_an_account_that_may_call_nobody_pauses_the_campaign_at_once(stand, twilio, code):
    twilio.fail(Refuse(400, code), method="POST", path=CALLS, times=100)
    stand.start(people(30))
    runner = stand.process()
    stand.run(runner, stand.is_over)
    wait_until(lambda: not stand.states()["sending"])

    campaign = stand.campaign()
    assert (campaign.state, campaign.pause_reason, campaign.pause_code) == ("paused", "account", code)
    assert stand.states() == {"waiting": 30}

    twilio.forgive()
    stand.tell(campaign.id, Event.STARTED)
    stand.run_until_called(runner, 30)
    assert len(set(stand.called())) == 30


def test_numbers_that_twilio_refuses_one_after_another_pause_the_campaign(stand, twilio):
    twilio.fail(Refuse(400, 21215), method="POST", path=CALLS, times=100)
    stand.start(people(60))
    stand.run(stand.process(), stand.is_over)
    wait_until(lambda: not stand.states()["sending"])

    campaign = stand.campaign()
    assert (campaign.state, campaign.pause_reason, campaign.pause_code) == ("paused", "unreachable", 21215)
    assert 20 <= stand.states()["failed"] < 60


def test_calls_that_ring_nowhere_one_after_another_pause_the_campaign(stand, twilio):
    stand.start(people(25))
    stand.run_until_called(stand.process(), 25)

    for call in list(twilio.calls.made.values())[:20]:
        stand.ends(call, "failed", code=DEAD)

    assert (stand.campaign().state, stand.campaign().pause_reason) == ("paused", "unreachable")

    stand.tell(stand.campaign().id, Event.STARTED)
    stand.ends(list(twilio.calls.made.values())[20], "failed", code=DEAD)
    assert stand.campaign().state == "running"


def test_people_who_do_not_answer_pause_nothing(stand, twilio):
    stand.start(people(25))
    stand.run_until_called(stand.process(), 25)

    for call in list(twilio.calls.made.values()):
        stand.ends(call, "no-answer")

    assert stand.campaign().state == "running"


def test_one_number_that_does_not_exist_stops_nobody_else(stand, twilio):
    twilio.fail(Refuse(400, 21211), method="POST", path=CALLS)
    stand.start(people(3))
    stand.run_until_called(stand.process(), 2)

    assert stand.states() == {"calling": 2, "failed": 1}


def test_answers_that_twilio_loses_and_errors_of_its_own_call_nobody_twice(stand, twilio):
    twilio.fail(Close(after=True), method="POST", path=CALLS, times=3)
    twilio.fail(Page(500), method="POST", path=CALLS, times=3)
    stand.start(people(12))
    runner = stand.process()

    def all_called():
        stand.let_pass(20)
        return stand.states() == {"calling": 12}

    stand.run(runner, all_called)

    assert sorted(stand.called()) == sorted(one.number for one in people(12))
