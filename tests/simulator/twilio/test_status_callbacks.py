import re
from email.utils import parsedate_to_datetime

import pytest
from twilio.request_validator import RequestValidator

from tests.simulator.toy_server import Reply, response

ASK = "<Gather input='speech' actionOnEmptyResult='true'><Say>Hola</Say></Gather>"


@pytest.fixture
def told(server):
    server.on("/voice", response(ASK))
    server.on("/status", Reply(status=204, body="", content_type=None))
    return lambda: [asked.form for asked in server.asked_for("/status")]


def test_an_inbound_call_tells_only_its_end(server, a_phone, told):
    phone = a_phone(status_callback="/status")

    phone.dial()
    assert told() == []
    phone.hang_up()

    (form,) = told()
    assert form["CallStatus"] == "completed"
    assert form["CallSid"] == phone.call_sid
    assert form["CallbackSource"] == "call-progress-events"
    assert phone.warnings == []


def test_an_outbound_call_tells_each_status_in_order(server, a_phone, told):
    phone = a_phone(status_callback="/status")

    phone.dial("outbound-api")
    phone.hang_up()

    assert [form["CallStatus"] for form in told()] == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in told()] == ["0", "1", "2", "3"]
    assert ["CallDuration" in form for form in told()] == [False, False, False, True]


def test_scrambled_callbacks_come_last_first_with_their_own_numbers(server, a_phone, told):
    phone = a_phone(status_callback="/status", status_order="scrambled")

    phone.dial("outbound-api")
    assert told() == []
    phone.hang_up()

    assert [form["CallStatus"] for form in told()] == ["completed", "in-progress", "ringing", "initiated"]
    assert [form["SequenceNumber"] for form in told()] == ["3", "2", "1", "0"]


def test_which_statuses_are_told_can_be_chosen(server, a_phone, told):
    phone = a_phone(status_callback="/status", status_events={"ringing", "completed"})

    phone.dial()
    phone.hang_up()

    assert [form["CallStatus"] for form in told()] == ["ringing", "completed"]


def test_the_end_says_how_long_the_call_was_in_seconds_and_minutes(server, a_phone, told):
    phone = a_phone(status_callback="/status")
    server.on("/voice", response("<Pause length='90'/>", "<Hangup/>"))

    phone.dial()

    (form,) = told()
    assert form["CallDuration"] == "91"
    assert form["Duration"] == "2"


def test_timestamps_are_rfc_2822_in_gmt_and_follow_the_calls_clock(server, a_phone, told):
    phone = a_phone(status_callback="/status", status_events={"ringing", "completed"})
    server.on("/voice", response("<Pause length='90'/>", "<Hangup/>"))

    phone.dial()

    begun, over = (form["Timestamp"] for form in told())
    assert re.fullmatch(r"\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} \+0000", begun)
    assert 90 <= (parsedate_to_datetime(over) - parsedate_to_datetime(begun)).total_seconds() <= 92


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
def test_a_rejected_call_ends_with_its_own_status(server, a_phone, told, reason, status):
    server.on("/voice", response(f"<Reject reason='{reason}'/>"))

    a_phone(status_callback="/status").dial()

    assert [form["CallStatus"] for form in told()] == [status]


def test_the_end_is_told_once_however_the_call_ends(server, a_phone, told):
    server.on("/voice", Reply(status=500))

    a_phone(status_callback="/status").dial()

    assert [form["CallStatus"] for form in told()] == ["completed"]


def test_callbacks_are_signed_and_kept_apart_from_the_documents(server, a_phone, told):
    phone = a_phone(status_callback="/status")

    phone.dial()
    phone.hang_up()

    (asked,) = server.asked_for("/status")
    signature = asked.headers["X-Twilio-Signature"]
    assert RequestValidator("a secret").validate(f"{server.url}/status", asked.form, signature)
    assert [step.url for step in phone.steps] == [f"{server.url}/voice"]
    assert [step.url for step in phone.status_steps] == [f"{server.url}/status"]


def test_a_callback_that_is_not_accepted_is_warning_15003(server, a_phone, told):
    server.on("/status", Reply(status=500))
    phone = a_phone(status_callback="/status")

    phone.dial()
    phone.hang_up()

    assert [warning.code for warning in phone.warnings] == [15003]


def test_a_callback_may_be_replayed(server, a_phone, told):
    phone = a_phone(status_callback="/status")
    phone.dial()
    phone.hang_up()

    phone.replay(phone.status_steps[0])

    first, again = told()
    assert first == again
