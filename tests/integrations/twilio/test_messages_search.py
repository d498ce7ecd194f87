"""Looking for what was sent, typing, and what the codes mean."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.twilio.error_codes import receipt_is_permanent, what_to_do
from tests.fakes.twilio import message as twilio_messages
from tests.fakes.twilio.server import Close, FakeTwilio, Page, Refuse
from tests.integrations.twilio.messages import (
    INBOUND_SID,
    NOON,
    OTHER,
    SENDER,
    TO,
    client,
    refused,
    send,
)


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        fake.messages.rules.joins(TO)
        yield fake


# Looking for what was sent


def test_a_message_whose_answer_was_lost_is_found(twilio, messages):
    began = datetime.now(UTC)
    twilio.fail(Close(after=True))
    refused(send, messages, body="Su cita es el lunes.")

    found = messages.last_sent(to=TO, sender=SENDER, since=began)

    assert [(state.sid, state.body) for state in found] == [
        (twilio.messages.last.sid, "Su cita es el lunes.")
    ]


def test_the_latest_come_first_and_only_those_to_that_address(timed, clock):
    messages = client(timed)
    for words, to in (("uno", TO), ("dos", OTHER), ("tres", TO), ("cuatro", TO)):
        send(messages, body=words, to=to)
        clock.pass_(1)
    send(messages, body="cinco", sender="whatsapp:+12025550101")

    found = messages.last_sent(to=TO, sender=SENDER, since=NOON)

    assert [state.body for state in found] == ["cuatro", "tres", "uno"]


def test_what_was_sent_before_is_left_out(timed, clock):
    messages = client(timed)
    send(messages, body="antes")
    clock.pass_(1)
    send(messages, body="después")

    found = messages.last_sent(to=TO, sender=SENDER, since=NOON + timedelta(seconds=1.9))

    assert [state.body for state in found] == ["después"]  # Twilio's dates are whole seconds: 1.9 is within 1


def test_a_message_that_still_waits_to_be_sent_is_found(twilio, messages):
    twilio.messages.script(*twilio_messages.WAITS)
    sid = send(messages).sid

    found = messages.last_sent(to=TO, sender=SENDER, since=datetime.now(UTC) - timedelta(minutes=1))

    assert [(state.sid, state.status) for state in found] == [(sid, "queued")]


def test_a_reply_of_twiml_is_found_and_what_came_in_is_not(twilio, messages):
    twilio.messages.received(sender=SENDER, to=TO, body="recibido")
    reply = twilio.messages.replied(to=TO, sender=SENDER, body="respuesta")

    found = messages.last_sent(to=TO, sender=SENDER, since=datetime.now(UTC) - timedelta(minutes=1))

    assert [state.sid for state in found] == [reply.sid]


def test_no_more_than_the_limit_are_looked_through(timed):
    messages = client(timed)
    for number in range(7):
        send(messages, body=str(number))

    found = messages.last_sent(to=TO, sender=SENDER, since=NOON, limit=3)

    assert [state.body for state in found] == ["6", "5", "4"]


@pytest.mark.parametrize(
    ("fault", "code", "permanent"),
    [
        (Refuse(429, 20429), 20429, False),
        (Refuse(401, 20003), 20003, True),
        (Page(502), 502, False),
        (Close(), "connection-lost", False),
        (Page(200, "<html>Welcome to the hotel</html>"), "not-understood", False),
        (Page(200, "{}"), "not-understood", False),
    ],
)
def test_a_search_that_fails_says_whether_it_is_worth_another_try(twilio, messages, fault, code, permanent):
    twilio.fail(fault)

    error = refused(messages.last_sent, to=TO, sender=SENDER, since=NOON)

    assert (error.code, error.permanent) == (code, permanent)
    assert twilio.account_sid not in str(error)


# Typing


def test_typing_is_shown_to_the_writer_of_a_message(twilio, messages):
    messages.show_typing(INBOUND_SID)

    assert twilio.messages.typing == [INBOUND_SID]
    assert twilio.posted()[-1].form == {"channel": ["whatsapp"], "messageId": [INBOUND_SID]}


def test_typing_that_cannot_be_shown_is_an_error(twilio, messages):
    assert refused(messages.show_typing, "nothing").permanent
    twilio.fail(Page(200, "{}"))
    assert refused(messages.show_typing, INBOUND_SID).code == "not-understood"


# What the codes mean


MESSAGING_CODES = (
    *(
        63003,
        63005,
        63007,
        63013,
        63015,
        63016,
        63018,
        63019,
        63021,
        63024,
        63032,
        63033,
        63038,
        63049,
        63051,
    ),
    *(21608, 21610, 21611, 21614, 21617, 21620, 21623, 21654, 21655, 21656),
    *range(30003, 30009),
)


@pytest.mark.parametrize("code", MESSAGING_CODES)
def test_each_code_says_what_to_do_in_both_languages(code):
    es, en = what_to_do(code, "es"), what_to_do(code, "en")

    assert es and en and es != en
    assert es.endswith(".") and en.endswith(".")
    assert "{" not in es + en


@pytest.mark.parametrize("language", ["es", "en"])
def test_who_has_not_joined_the_sandbox_is_told_how_to(language):
    advice = what_to_do(63015, language)

    assert "join" in advice
    assert "+1 415 523 8886" in advice


@pytest.mark.parametrize("language", ["es", "en"])
def test_outside_the_24_hours_the_template_is_named(language):
    assert "TWILIO_TEMPLATE_SID" in what_to_do(63016, language)


@pytest.mark.parametrize(
    "code", [63003, 63007, 63013, 63015, 63016, 63024, 63049, 21610, 30003, 30008, 99999, None]
)
def test_a_failed_message_is_not_sent_again_where_it_would_fail_again(code):
    assert receipt_is_permanent(code)


@pytest.mark.parametrize("code", [20429, 21611, 30001, 63010, 63012, 63017, 63018])
def test_a_failed_message_is_sent_again_where_the_reason_passes(code):
    assert not receipt_is_permanent(code)
    assert what_to_do(code, "es") != what_to_do(code, "en")
