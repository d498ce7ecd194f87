"""TwilioMessages against a Twilio on loopback, through Twilio's own library."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest
from twilio.base.exceptions import TwilioRestException

from integrations.errors import IntegrationError
from integrations.twilio.error_codes import receipt_is_permanent, what_to_do
from integrations.twilio.messages import TwilioMessages, may_have_been_done
from tests.fakes.twilio import messages as twilio_messages
from tests.fakes.twilio.messages import Receipt, failed, undelivered
from tests.fakes.twilio.server import Close, FakeTwilio, Hang, Page, Refuse
from tests.fakes.twilio.webhooks import signature

TO, OTHER, SENDER = "whatsapp:+34600000001", "whatsapp:+34600000002", "whatsapp:+12025550100"
STATUS = "https://example.com/webhook/whatsapp/status?answer=7"
TEMPLATE = "HX" + "0123456789abcdef" * 2
INBOUND_SID = "SM" + "a" * 32
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        fake.messages.rules.joins(TO)
        yield fake


@pytest.fixture
def messages(twilio):
    return client(twilio)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def timed(clock):
    """A Twilio whose receipts come by the clock, which stands at noon."""
    with FakeTwilio(clock=clock) as fake:
        fake.messages.rules.joins(TO)
        yield fake


class Clock:
    def __init__(self):
        self.now = NOON.timestamp()

    def __call__(self):
        return self.now

    def pass_(self, seconds):
        self.now += seconds


def client(twilio, *, auth_token=None, **limits):
    return TwilioMessages(
        twilio.account_sid, auth_token or twilio.auth_token, api_url=twilio.url, **{"timeout_s": 2, **limits}
    )


def send(messages, **given):
    return messages.send(**{"to": TO, "sender": SENDER, "body": "Hola", **given})


def refused(ask, *arguments, **given):
    with pytest.raises(IntegrationError) as caught:
        ask(*arguments, **given)
    return caught.value


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

    error = refused(send, client(twilio, timeout_s=0.2))

    assert (error.code, error.permanent) == ("timeout", False)
    assert may_have_been_done(error)


@pytest.mark.parametrize(
    "html", ["<html>Welcome to the hotel</html>", "", "{}", '{"sid": "SM1"}', "[]", "null"]
)
def test_an_answer_that_is_not_twilios_is_an_error(twilio, messages, html):
    twilio.fail(Page(200, html))

    error = refused(send, messages)

    assert (error.code, error.permanent) == ("not-understood", False)


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


# The stand-in itself, where stories of messages lean on it


class Told:
    """An application that is told of receipts, and the Twilio that tells it."""

    def __init__(self, application, twilio):
        self.url = f"{application.url}/webhook/whatsapp/status"
        self.application = application
        self.twilio = twilio
        twilio.messages.rules.joins(TO)
        self.messages = client(twilio)

    def send(self, **given):
        return send(self.messages, status_callback=self.url, **given)

    def receipts(self):
        self.twilio.webhooks.settle()
        return [(r.value("MessageStatus"), r.value("ErrorCode")) for r in self.application.requests]


@pytest.fixture
def told():
    with FakeTwilio() as application, FakeTwilio(send_webhooks=True) as twilio:
        yield Told(application, twilio)


def test_the_stand_in_sends_signed_receipts_but_none_for_queued(told):
    told.twilio.messages.script(Receipt("queued"), *twilio_messages.READ)
    sid = told.send().sid
    before = told.receipts()
    told.twilio.messages.finish(told.twilio.messages.last)

    receipts = told.receipts()

    assert before == []
    assert receipts == [("sent", None), ("delivered", None), ("read", None)]
    for request in told.application.requests:
        form = {name: values[-1] for name, values in request.form.items()}
        assert request.headers["x-twilio-signature"] == signature(told.twilio.auth_token, told.url, form)
        assert (form["MessageSid"], form["From"], form["To"]) == (sid, SENDER, TO)
    assert told.application.requests[-1].value("EventType") == "READ"


def test_the_stand_in_sends_receipts_in_any_order_and_its_own_status_never_goes_back(told):
    told.twilio.messages.script(Receipt("read"), Receipt("sent"), Receipt("delivered"), Receipt("sent"))
    sid = told.send().sid
    told.twilio.messages.finish(told.twilio.messages.last)

    assert [status for status, _ in told.receipts()] == ["read", "sent", "delivered", "sent"]
    assert told.messages.fetch(sid).status == "read"


def test_the_stand_in_sends_receipts_by_itself_where_asked(told):
    told.twilio.messages.at_once = True

    sent = told.send()
    reply = told.twilio.messages.replied(to=TO, sender=SENDER, body="Sí", status_callback=told.url)

    assert sent.status == "queued"
    assert [status for status, _ in told.receipts()] == ["sent", "delivered", "read"] * 2
    assert (reply.direction, reply.status) == ("outbound-reply", "read")
    assert told.twilio.messages.bodies(TO) == ["Hola", "Sí"]


def test_the_stand_in_sends_what_it_is_told_beside_the_script(told):
    told.send()

    told.twilio.messages.tell(told.twilio.messages.last, *failed(63032))

    assert told.receipts() == [("failed", "63032")]


@pytest.mark.parametrize(("hours_ago", "code"), [(23.9, None), (24.1, 63016)])
def test_the_stand_in_lets_free_text_fail_outside_the_24_hours(told, hours_ago, code):
    told.twilio.messages.at_once = True
    told.twilio.messages.received(sender=OTHER, to=SENDER, hours_ago=hours_ago)

    sid = told.send(to=OTHER).sid

    assert told.messages.fetch(sid).error_code == code
    assert (("failed", "63016") in told.receipts()) is bool(code)


def test_the_stand_in_lets_a_template_pass_outside_the_24_hours(told):
    told.twilio.messages.at_once = True
    told.twilio.messages.received(sender=OTHER, to=SENDER, hours_ago=48)

    sid = told.send(to=OTHER, body=None, content_sid=TEMPLATE).sid

    assert told.messages.fetch(sid).status == "read"


def test_the_stand_in_opens_the_window_again_when_the_person_writes(twilio, messages):
    twilio.messages.received(sender=OTHER, to=SENDER, hours_ago=48)
    twilio.messages.received(sender=OTHER, to=SENDER)

    assert messages.fetch(send(messages, to=OTHER).sid).error_code is None


def test_the_stand_in_lets_free_text_fail_to_somebody_it_never_heard_of(twilio, messages):
    assert messages.fetch(send(messages, to=OTHER).sid).error_code == 63016


def test_the_stand_in_plays_receipts_by_a_clock(timed, clock):
    messages = client(timed)
    sid = send(messages).sid
    seen = []
    for passed in (0.5, 1, 1, 60):
        clock.pass_(passed)
        seen.append(messages.fetch(sid).status)

    assert seen == ["queued", "sent", "delivered", "read"]


def test_the_sandbox_of_the_stand_in_lets_one_message_pass_in_3_seconds(timed, clock):
    messages = client(timed)
    timed.messages.rules.sandbox()
    sids = []
    for passed in (0, 2.5, 0.5, 2, 1):
        clock.pass_(passed)
        sids.append(send(messages).sid)
    clock.pass_(60)

    assert [messages.fetch(sid).error_code for sid in sids] == [None, 63018, None, 63018, None]


def test_the_sandbox_of_the_stand_in_reaches_only_those_who_joined(twilio, messages):
    twilio.messages.rules.sandbox(TO)

    codes = [messages.fetch(send(messages, to=to).sid).error_code for to in (OTHER, TO)]

    assert codes == [63015, None]


def test_the_stand_in_lists_in_pages_the_newest_first(timed, clock):
    messages = client(timed)
    for number in range(4):
        send(messages, body=str(number))
        clock.pass_(1)
    timed.messages.received(sender=OTHER, to=TO, body="an hour ago", hours_ago=1)

    found = messages._client.messages.list(to=TO, page_size=2)

    assert [message.body for message in found] == ["3", "2", "1", "0", "an hour ago"]
    assert [request.query["Page"] for request in timed.requests if "Page" in request.query] == ["1", "2"]


def test_a_fault_can_be_kept_for_one_resource(twilio, messages):
    twilio.fail(Page(503), path="/Indicators/")

    assert send(messages).status == "queued"
    assert refused(messages.show_typing, INBOUND_SID).code == 503
