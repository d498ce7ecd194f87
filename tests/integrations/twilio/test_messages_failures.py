"""TwilioMessages where Twilio refuses or the network fails, and how long to wait then."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from twilio.base.exceptions import TwilioRestException

from integrations.errors import may_have_been_done
from integrations.twilio.error_codes import what_to_do
from tests.fakes.twilio.server import Close, FakeTwilio, Hang, Page, Refuse
from tests.integrations.twilio.messages import (
    NOON,
    SENDER,
    TEMPLATE,
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


# Refusals


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"to": ""}, 21604),
        ({"to": "whatsapp:12"}, 21211),
        ({"to": "whatsapp:+15005550001"}, 21211),
        ({"to": "whatsapp:+15005550002"}, 21612),
        ({"to": "whatsapp:+15005550003"}, 21408),
        ({"to": "whatsapp:+15005550009"}, 21614),
        ({"to": "whatsapp:+34600000008"}, 21610),
        ({"to": "whatsapp:+34600000009"}, 21608),
        ({"to": "+34600000001"}, 21910),
        ({"sender": ""}, 21603),
        ({"sender": "whatsapp:+15005550007"}, 21606),
        ({"sender": "whatsapp:+12025550199"}, 63007),
        ({"body": ""}, 21602),
        ({"body": None}, 21619),
        ({"body": "a" * 1601}, 21617),
        ({"media_url": "plano.png"}, 21620),
        ({"content_variables": {"1": "Ana"}}, 21654),
        ({"body": None, "content_sid": "HX1"}, 21655),
        ({"body": None, "content_sid": "HX" + "0" * 32}, 21655),
        ({"body": None, "content_sid": TEMPLATE, "content_variables": {"1": ""}}, 21656),
        ({"body": None, "content_sid": TEMPLATE, "content_variables": {"1": "a\nb"}}, 21656),
        ({"status_callback": "https://my_host.example.com/status"}, 21609),
    ],
)
def test_a_refusal_carries_twilios_code_and_is_permanent(twilio, messages, given, code):
    twilio.messages.rules.owning(SENDER)
    twilio.messages.rules.on_trial("whatsapp:+34600000009")
    twilio.messages.rules.opts_out("whatsapp:+34600000008")
    twilio.messages.rules.template(TEMPLATE, "Hola {{1}}")

    error = refused(send, messages, **given)

    assert (error.code, error.status, error.permanent) == (code, 400, True)
    assert what_to_do(code, "es") != what_to_do(code, "en")
    assert not may_have_been_done(error)
    assert twilio.messages.made == {}


def test_1600_characters_are_not_too_many(messages):
    assert send(messages, body="ñ" * 1600).status == "queued"


def test_who_opted_in_again_is_written_to(twilio, messages):
    twilio.messages.rules.opts_out(TO)
    twilio.messages.rules.opts_in(TO)

    assert send(messages).status == "queued"


def test_variables_that_are_not_json_are_refused(messages):
    with pytest.raises(TwilioRestException) as caught:
        messages._client.messages.create(to=TO, from_=SENDER, content_sid=TEMPLATE, content_variables="1=Ana")

    assert caught.value.code == 21656


def test_a_wrong_token_is_refused_and_never_told(twilio):
    error = refused(send, client(twilio, auth_token="a-secret-token"))

    assert (error.code, error.status, error.permanent) == (20003, 401, True)
    assert "a-secret-token" not in f"{error} {error!r} {error.__cause__!r}"


def test_the_client_does_not_show_its_token(twilio, messages):
    assert twilio.auth_token not in f"{messages!r} {vars(messages)!r}"


def test_an_unknown_message_is_refused(messages):
    error = refused(messages.fetch, "SM" + "0" * 32)

    assert (error.code, error.permanent) == (20404, True)


@pytest.mark.parametrize("status", [400, 429])
@pytest.mark.parametrize("code", [20429, 21611, 63017, 63018])
def test_what_passes_by_itself_is_worth_another_try_whatever_its_status(twilio, messages, status, code):
    twilio.fail(Refuse(status, code, "Too many"))

    error = refused(send, messages)

    assert (error.code, error.permanent, error.retry_after_s) == (code, False, None)
    assert not may_have_been_done(error)


# How long to wait


@pytest.mark.parametrize("problem", [False, True])
@pytest.mark.parametrize(("header", "wait_s"), [("7", 7), ("0", 0), ("2.5", 2.5), (" 12 ", 12)])
def test_the_wait_that_twilio_asks_for_is_told(twilio, messages, header, wait_s, problem):
    twilio.fail(Refuse(429, 20429, "Too Many Requests", problem=problem, retry_after=header))

    error = refused(send, messages)

    assert (error.retry_after_s, error.code, error.status, error.permanent) == (wait_s, 20429, 429, False)
    assert str(error) == "Too Many Requests"
    assert error.__cause__ is not None


@pytest.mark.parametrize("header", ["soon", "-1", "1e9", "nan", "inf", "", "9" * 40, "٣"])
def test_a_wait_that_is_none_is_not_told(twilio, messages, header):
    twilio.fail(Refuse(429, 20429, retry_after=header.encode().decode("latin-1")))

    error = refused(send, messages)

    assert (error.retry_after_s, error.code) == (None, 20429)


def test_a_wait_until_a_date_is_told_in_seconds(twilio, messages):
    soon = datetime.now(UTC) + timedelta(seconds=90)
    twilio.fail(Refuse(503, 20500, retry_after=format_datetime(soon, usegmt=True)))

    assert 60 < refused(send, messages).retry_after_s <= 90


def test_a_date_that_has_passed_is_no_wait(twilio, messages):
    twilio.fail(Refuse(429, 20429, retry_after="Fri, 20 Aug 2010 01:13:42 GMT"))

    assert refused(send, messages).retry_after_s == 0


def test_the_wait_of_one_refusal_is_not_told_of_the_next(twilio, messages):
    twilio.fail(Refuse(429, 20429, retry_after="7"))
    twilio.fail(Refuse(429, 20429))

    assert [refused(send, messages).retry_after_s for _ in range(2)] == [7, None]


def test_the_wait_is_told_of_a_search_too(twilio, messages):
    twilio.fail(Refuse(503, 0, "x", retry_after="3"))

    error = refused(messages.last_sent, to=TO, sender=SENDER, since=NOON)

    assert (error.retry_after_s, error.permanent) == (3, False)


# The network


def test_a_failure_of_twilios_own_is_worth_another_try(twilio, messages):
    twilio.fail(Page(503))

    error = refused(send, messages)

    assert (error.code, error.permanent) == (503, False)
    assert may_have_been_done(error)


def test_a_connection_that_breaks_leaves_open_whether_the_message_was_sent(twilio, messages):
    twilio.fail(Close(after=True))

    error = refused(send, messages)

    assert (error.code, error.permanent) == ("connection-lost", False)
    assert may_have_been_done(error)
    assert len(twilio.messages.made) == 1
    assert len(twilio.posted()) == 1  # and it was not asked again behind our back: that would arrive twice


def test_a_twilio_that_does_not_answer_is_given_up_on(twilio):
    twilio.fail(Hang())

    error = refused(send, client(twilio, timeout_s=1.5))

    assert (error.code, error.permanent) == ("timeout", False)
    assert may_have_been_done(error)


@pytest.mark.parametrize(
    "html", ["<html>Welcome to the hotel</html>", "", "{}", '{"sid": "SM1"}', "[]", "null"]
)
def test_an_answer_that_is_not_twilios_is_an_error(twilio, messages, html):
    twilio.fail(Page(200, html))

    error = refused(send, messages)

    assert (error.code, error.permanent) == ("not-understood", False)
