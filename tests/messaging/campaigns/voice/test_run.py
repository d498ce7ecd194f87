"""Calls of campaigns: placed once, at the pace of the account, and never to who may not be called."""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from conversation.profiles.campaigns import ContactRules
from messaging.campaigns.hours import Hours
from messaging.campaigns.states import Event
from phone_numbers import matching_number
from storage.base import utc_now
from storage.identities import finding
from storage.models import Contact, Conversation
from storage.queries import contacts, send_rate
from tests.fakes.twilio.server import Refuse
from tests.messaging.campaigns.voice.stand import US, number, people
from tests.records import every

CALLS = "/Calls.json"


def finish(stand, runner):
    stand.run(runner, stand.is_over)


@pytest.mark.both_databases
def test_everybody_is_called_once_and_the_campaign_ends_with_the_last_call(stand, twilio):
    stand.start(people(3))
    runner = stand.process()
    stand.run_until_called(runner, 3)

    assert stand.states() == {"calling": 3}
    assert not stand.is_over()
    for call in list(twilio.calls.made.values()):
        stand.ends(call, "completed")
    finish(stand, runner)

    assert sorted(stand.called()) == [number(1), number(2), number(3)]
    assert stand.states() == {"sent": 3}
    assert stand.campaign().state == "finished"


def test_a_call_asks_twilio_who_answers_while_it_goes_on(stand, twilio):
    stand.start(people(1))
    stand.run_until_called(stand.process(), 1)

    [recipient], call = stand.recipients(), twilio.calls.last
    wanted = {
        "From": US, "MachineDetection": "DetectMessageEnd", "AsyncAmd": "true", "AsyncAmdStatusCallbackMethod": "POST",
        "AsyncAmdStatusCallback": f"http://127.0.0.1:1/machine?campaign={recipient.call_mark}",
    }  # fmt: skip
    assert {name: call.param(name) for name in wanted} == wanted
    assert call.param("Url") == f"http://127.0.0.1:1/voice?campaign={recipient.call_mark}"
    assert recipient.call_sid == call.sid


@pytest.mark.both_databases
def test_no_more_calls_go_on_at_once_than_may(open_stand, twilio):
    stand = open_stand(at_once=2)
    stand.start(people(5))
    runner = stand.process()
    stand.run_until_called(runner, 2)
    for _ in range(3):
        runner.round()
    assert len(stand.called()) == 2

    stand.ends(twilio.calls.last, "completed")
    stand.run_until_called(runner, 3)
    runner.round()

    assert len(stand.called()) == 3


def test_calls_keep_the_pace_of_the_account(open_stand, twilio):
    stand = open_stand(per_second=10)
    begun = time.monotonic()
    stand.start(people(5))

    stand.run_until_called(stand.process(), 5)

    assert time.monotonic() - begun >= 0.4


def test_who_opts_out_between_two_calls_is_not_called(open_stand, twilio):
    stand = open_stand(at_once=1)
    stand.start(people(2))
    runner = stand.process()
    stand.run_until_called(runner, 1)
    [other] = {number(1), number(2)} - set(stand.called())
    with stand.database.write() as connection:
        recipient = contacts.recipient_for(connection, other, utc_now())
        contacts.opt_out(connection, recipient.contact_id, utc_now())

    stand.ends(twilio.calls.last, "completed")
    finish(stand, runner)

    assert len(stand.called()) == 1
    assert sorted((one.state, one.reason) for one in stand.recipients()) == [
        ("sent", ""),
        ("skipped", "opted_out"),
    ]


def test_nobody_is_made_a_contact_by_being_on_a_list(stand):
    stand.start(people(2))

    stand.run_until_called(stand.process(), 2)

    assert every(stand.database, Contact) == []
    assert every(stand.database, Conversation) == []


def test_in_quiet_hours_nobody_is_called(open_stand):
    now = datetime.now(ZoneInfo("Europe/Madrid"))
    quiet = ((now - timedelta(hours=1)).time(), (now + timedelta(hours=1)).time())
    stand = open_stand(hours=Hours(ContactRules(quiet=quiet, weekends=True), ZoneInfo("Europe/Madrid")))
    stand.start(people(1, zone="Europe/Madrid"))
    runner = stand.process()
    for _ in range(3):
        runner.round()

    assert stand.called() == []
    [recipient] = stand.recipients()
    assert timedelta(minutes=50) < recipient.due_at - utc_now() < timedelta(minutes=70)


def test_who_was_called_as_often_as_the_profile_allows_this_week_is_left_out(open_stand, twilio):
    rules = ContactRules(quiet=None, weekends=True, per_week=1)
    stand = open_stand(hours=Hours(rules, ZoneInfo("Europe/Madrid")))
    stand.start(people(1), name="Primera")
    runner = stand.process()
    stand.run_until_called(runner, 1)
    stand.ends(twilio.calls.last, "completed")
    stand.start(people(1), name="Segunda")

    stand.run(runner, lambda: stand.states()["skipped"])

    assert [one.reason for one in stand.recipients()] == ["", "weekly_limit"]
    assert len(stand.called()) == 1


def test_a_pause_stops_the_calls(open_stand, twilio):
    stand = open_stand(at_once=1)
    campaign = stand.start(people(3))
    runner = stand.process()
    stand.run_until_called(runner, 1)
    stand.tell(campaign, Event.STOPPED)
    stand.ends(twilio.calls.last, "completed")

    end = time.monotonic() + 2
    while time.monotonic() < end:
        runner.round()

    assert len(stand.called()) == 1


def test_too_many_requests_are_waited_for_and_count_as_no_try(stand, twilio):
    twilio.fail(Refuse(429, 20429, retry_after="1"), method="POST", path=CALLS)
    stand.start(people(1))

    stand.run_until_called(stand.process(), 1)

    assert [one.attempts for one in stand.recipients()] == [1]


def test_twilio_that_asks_for_a_wait_of_years_is_asked_again_in_minutes(stand, twilio):
    twilio.fail(Refuse(429, 20429, retry_after="999999999"), method="POST", path=CALLS)
    stand.start(people(1))
    runner = stand.process()
    stand.run(runner, lambda: bool(twilio.posted()))
    runner.close()

    [recipient] = stand.recipients()
    assert recipient.state == "waiting"
    assert recipient.due_at <= utc_now() + send_rate.LONGEST_HOLD


def test_a_long_queue_at_twilio_holds_the_next_call(open_stand, twilio):
    twilio.calls.queue_time_ms = 30_000
    stand = open_stand(per_second=5)
    stand.start(people(3))
    runner = stand.process()
    stand.run_until_called(runner, 1)
    for _ in range(4):
        runner.round()
        time.sleep(0.1)

    assert len(stand.called()) == 1


def test_an_opt_out_is_found_by_the_number_however_it_was_written(open_stand, twilio):
    stand = open_stand()
    with stand.database.write() as connection:
        key = finding.identity_of_number(matching_number("+525512345678"), simulated=False)
        contact_id, _ = finding.find_or_make(connection, key, utc_now())
        contacts.opt_out(connection, contact_id, utc_now())
    [one] = people(1)
    listed = type(one)(1, "+5215512345678", one.body)
    stand.start([listed])

    finish(stand, stand.process())

    assert stand.called() == []
    assert stand.states() == {"skipped": 1}
