"""What becomes of a call, as Twilio reports it: late, twice, and in any order."""

from itertools import permutations

import pytest

from conversation.ledger import Kind
from storage.models import Call, Conversation
from tests.journeys.ledgers import used
from tests.records import the_only

EVENTS = [
    {"CallStatus": "initiated", "SequenceNumber": "0", "Timestamp": "Sat, 21 Nov 2026 10:00:00 +0000"},
    {"CallStatus": "ringing", "SequenceNumber": "1", "Timestamp": "Sat, 21 Nov 2026 10:00:01 +0000"},
    {"CallStatus": "in-progress", "SequenceNumber": "2", "Timestamp": "Sat, 21 Nov 2026 10:00:05 +0000"},
    {
        "CallStatus": "completed", "SequenceNumber": "3", "Timestamp": "Sat, 21 Nov 2026 10:01:05 +0000",
        "CallDuration": "60",
    },
]  # fmt: skip


def the_call(line):
    return the_only(line.parts.database, Call)


@pytest.mark.both_databases
@pytest.mark.parametrize("order", list(permutations(range(4)))[::5], ids=str)
def test_in_whatever_order_callbacks_come_the_call_ends_up_the_same(line, order):
    phone = line.phone()

    for number in order:
        assert phone.post("/status", {"Direction": "outbound-api"} | EVENTS[number]).status == 200
        assert phone.post("/status", {"Direction": "outbound-api"} | EVENTS[number]).status == 200

    call = the_call(line)
    assert (call.status, call.duration_s, call.direction) == ("completed", 60, "outbound-api")
    assert call.answered_at.strftime("%H:%M:%S") == "10:00:05"
    assert call.ended_at.strftime("%H:%M:%S") == "10:01:05"
    assert [used(line, kind) for kind in (Kind.PLACED, Kind.CALLED_S)] == [1, 60]


def test_a_status_never_goes_back(line):
    phone = line.phone()

    phone.post("/status", EVENTS[3])
    phone.post("/status", EVENTS[1])
    phone.post("/status", {"CallStatus": "failed"})

    assert the_call(line).status == "completed"


@pytest.mark.parametrize(
    "fields",
    [
        {"CallStatus": "brand-new-status"},
        {"CallStatus": ""},
        {"Timestamp": "yesterday"},
        {"CallDuration": "x"},
    ],
)
def test_a_callback_that_makes_no_sense_is_acknowledged(line, fields):
    assert line.phone().post("/status", fields).status == 200


@pytest.mark.both_databases
def test_a_call_that_is_over_is_closed_once(line, openai):
    phone = line.phone(status_callback="/status", status_order="scrambled")
    phone.dial()
    phone.say("Hola")
    phone.hang_up()

    conversation = the_only(line.parts.database, Conversation)
    assert conversation.closed_at is not None


@pytest.mark.both_databases
def test_a_call_silent_for_fifteen_minutes_is_closed(line):
    from datetime import timedelta

    from ivr.call_closing import CallLifecycle
    from storage.base import utc_now

    phone = line.phone()
    phone.dial()
    lifecycle = CallLifecycle(line.parts.database, line.parts.work, line.parts.ledger)

    assert lifecycle.close_silent_calls(utc_now() + timedelta(minutes=14)) == 0
    assert lifecycle.close_silent_calls(utc_now() + timedelta(minutes=16)) == 1
    assert lifecycle.close_silent_calls(utc_now() + timedelta(minutes=17)) == 0
    assert the_call(line).status == "completed"
