"""TwilioMessages against a Twilio on loopback, through Twilio's own library."""

import json
from decimal import Decimal

import pytest

from tests.fakes.twilio.message import undelivered
from tests.fakes.twilio.server import FakeTwilio
from tests.integrations.twilio.messages import (
    NOON,
    SENDER,
    TEMPLATE,
    TO,
    client,
    send,
)

STATUS = "https://example.com/webhook/whatsapp/status?answer=7"


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        fake.messages.rules.joins(TO)
        yield fake


# Sending


def test_a_text_is_sent_with_all_that_was_asked(twilio, messages):
    sent = send(messages, body="¿Qué tal? 😀\nHasta *mañana*", status_callback=STATUS)

    assert twilio.posted()[-1].form == {
        "To": [TO],
        "From": [SENDER],
        "Body": ["¿Qué tal? 😀\nHasta *mañana*"],
        "StatusCallback": [STATUS],
    }
    assert (sent.status, sent.to, sent.sender) == ("queued", TO, SENDER)
    assert sent.body == "¿Qué tal? 😀\nHasta *mañana*"
    assert (sent.error_code, sent.price, sent.price_unit) == (None, None, None)
    assert sent.sid == twilio.messages.last.sid


def test_what_was_not_asked_is_not_sent(twilio, messages):
    send(messages)

    assert set(twilio.posted()[-1].form) == {"To", "From", "Body"}


def test_an_image_is_sent_with_its_words(twilio, messages):
    sent = send(messages, body="El plano", media_url="https://example.com/plano.png")

    assert twilio.posted()[-1].form["MediaUrl"] == ["https://example.com/plano.png"]
    assert sent.sid.startswith("MM")


def test_a_template_is_sent_with_its_variables_as_json(twilio, messages):
    twilio.messages.rules.template(TEMPLATE, "Hola {{1}}, su cita es el {{2}}.")

    sent = send(
        messages, body=None, content_sid=TEMPLATE, content_variables={"1": "Begoña", "2": 'el "lunes"'}
    )

    form = twilio.posted()[-1].form
    assert set(form) == {"To", "From", "ContentSid", "ContentVariables"}
    assert json.loads(form["ContentVariables"][0]) == {"1": "Begoña", "2": 'el "lunes"'}
    assert sent.body == 'Hola Begoña, su cita es el el "lunes".'


def test_a_message_is_dated_in_utc(timed):
    sent = send(client(timed))

    assert sent.created_at == NOON
    assert sent.created_at.tzinfo is not None


def test_a_message_is_seen_through_to_its_reading_and_its_price(twilio, messages):
    sid = send(messages).sid

    seen = [messages.fetch(sid) for _ in range(4)]

    assert [state.status for state in seen] == ["sent", "delivered", "read", "read"]
    assert [state.price for state in seen] == [
        None,
        Decimal("0.00500"),
        Decimal("0.00500"),
        Decimal("0.00500"),
    ]
    assert seen[-1].price_unit == "USD"


def test_a_message_that_fails_tells_its_code(twilio, messages):
    twilio.messages.script(*undelivered(63024))
    sid = send(messages).sid
    messages.fetch(sid)

    state = messages.fetch(sid)

    assert (state.status, state.error_code) == ("undelivered", 63024)
