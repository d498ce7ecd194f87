"""Twilio's messaging API on loopback, asked with Twilio's own client; and the media it hands out."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from simulator.whatsapp.client import ReceiptConfig
from tests.simulator.conftest import ACCOUNT
from tests.simulator.phones import whatsapp_at
from tests.simulator.toy_server import response
from tests.simulator.whatsapp.api_client import DONE, PATH, TOKEN

ASSISTANT, ANA = "whatsapp:+12025550100", "whatsapp:+12025550143"


class Rerouted(TwilioHttpClient):
    """Twilio's client, with every host replaced by the simulator's."""

    def __init__(self, base):
        super().__init__(timeout=20)
        self.base = base
        self.session.trust_env = False

    def request(self, method, url, *args, **kwargs):
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return super().request(method, f"{self.base}{parts.path}{query}", *args, **kwargs)


@pytest.fixture
def ana(server, twilio):
    server.on(PATH, response())
    server.on("/status", DONE)
    with whatsapp_at(server.url, ACCOUNT, TOKEN, api=twilio) as ana:
        yield ana


@pytest.fixture
def client(twilio):
    return Client(ACCOUNT, TOKEN, http_client=Rerouted(twilio.url))


@pytest.fixture
def write(client, server):
    def write(body="Hola", **options):
        callback = f"{server.url}/status"
        options = {"to": ANA, "from_": ASSISTANT, "body": body, "status_callback": callback} | options
        return client.messages.create(**options)

    return write


def told(server):
    return [form["MessageStatus"] for form in (asked.form for asked in server.asked_for("/status"))]


# Messages


def test_a_message_by_rest_reaches_the_person_and_is_followed_by_receipts(server, ana, client, write):
    ana.send("¿Hola?")

    made = write("Perdone la espera")

    received = ana.wait_for_message(0)
    ana.settle()
    assert (made.status, made.direction, made.error_code) == ("queued", "outbound-api", None)
    assert (received.sid, received.text, received.via) == (made.sid, "Perdone la espera", "rest")
    assert ana.received == [received]
    assert told(server) == ["sent", "delivered", "read"]
    assert {asked.form["MessageSid"] for asked in server.asked_for("/status")} == {made.sid}
    assert client.messages(made.sid).fetch().status == "read"
    assert ana.errors == []


def test_a_late_answer_can_be_asked_for_as_if_it_came_at_once(server, ana, write):
    server.on(PATH, response(), response("<Message>A tiempo</Message>"))
    ana.send("antes")
    write("Tarde")

    assert ana.ask("uno") == "A tiempo"
    assert ana.wait_for_message(0).text == "Tarde"
    with pytest.raises(TimeoutError):
        ana.wait_for_message(0)


def test_waiting_for_what_does_not_come_ends(ana):
    with pytest.raises(TimeoutError):
        ana.wait_for_message(0.01)


def test_receipts_may_come_before_the_answer_to_who_sent(server, ana, write):
    ana.send("hola")
    ana.receipts = ReceiptConfig(early=True)

    write()

    assert told(server) == ["sent", "delivered", "read"]


def test_messages_in_and_out_are_listed_newest_first(server, ana, client, clock, write):
    server.on(PATH, response("<Message>En la respuesta</Message>"))
    began = clock()
    ana.send("hola")
    clock.pass_by(seconds=10)
    write("Por REST")
    ana.settle()

    sent = client.messages.list(to=ANA, from_=ASSISTANT)
    assert [(message.body, message.direction) for message in sent] == [
        ("Por REST", "outbound-api"),
        ("En la respuesta", "outbound-reply"),
    ]
    assert sent[1].sid == ana.received[0].sid
    assert [message.body for message in client.messages.list(from_=ANA)] == ["hola"]
    after = client.messages.list(to=ANA, date_sent_after=began + timedelta(seconds=5))
    assert [message.body for message in after] == ["Por REST"]
    before = client.messages.list(to=ANA, date_sent_before=began + timedelta(seconds=5))
    assert [message.body for message in before] == ["En la respuesta"]
    assert len(client.messages.list(date_sent=began)) == 3
    assert client.messages.list(date_sent=began - timedelta(days=1)) == []
    assert len(client.messages.list(page_size=1)) == 3


def test_what_was_lost_on_its_way_is_not_listed(server, ana, client):
    server.on(PATH, response("<Message>Perdido</Message>"))

    ana.send("hola", reply_lost=True)

    assert client.messages.list(to=ANA) == []


def test_the_typing_indicator_is_shown_for_a_message_that_came_in(ana, client, twilio, write):
    exchange = ana.send("hola")

    shown = client.messaging.v2.typing_indicator.create(channel="whatsapp", message_id=exchange.sid)

    assert shown.success is True
    assert twilio.typing == [exchange.sid]
    for sid in ("SM" + "0" * 32, write().sid):
        with pytest.raises(TwilioRestException):
            client.messaging.v2.typing_indicator.create(channel="whatsapp", message_id=sid)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"to": "+12025550143"}, 21211),
        ({"to": "whatsapp:ana"}, 21211),
        ({"from_": "+12025550100"}, 63007),
        ({"body": None}, 21619),
        ({"body": "a" * 1601}, 21617),
        ({"media_url": ["https://e.example/a.jpg"] * 11}, 21623),
        ({"body": None, "content_sid": "HX1"}, 21655),
        ({"body": None, "content_sid": "HX" + "0" * 32, "content_variables": "Ana"}, 21656),
    ],
)
def test_what_twilio_would_refuse_is_refused_with_its_code(ana, write, options, code):
    ana.send("hola")

    with pytest.raises(TwilioRestException) as refused:
        write(**options)

    assert (refused.value.code, refused.value.status) == (code, 400)
    assert ana.received == []


def test_wrong_credentials_are_refused(twilio):
    client = Client(ACCOUNT, "another", http_client=Rerouted(twilio.url))

    with pytest.raises(TwilioRestException) as refused:
        client.messages("SM" + "0" * 32).fetch()

    assert (refused.value.code, refused.value.status) == (20003, 401)


def test_refusals_can_be_ordered(ana, client, write):
    ana.send("hola")
    ana.api.refuse(429, 20429, "Too Many Requests", times=2, retry_after_s=2)

    asked = requests.post(f"{ana.api.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json", timeout=20)
    with pytest.raises(TwilioRestException) as refused:
        write()
    write()

    assert (asked.status_code, asked.headers["Retry-After"]) == (429, "2")
    assert (refused.value.code, refused.value.status) == (20429, 429)
    assert len(ana.received) == 1


def test_an_answer_may_be_lost_when_all_was_done(server, ana, write):
    ana.send("hola")
    ana.api.lose_answer()

    with pytest.raises(requests.ConnectionError):
        write()

    ana.settle()
    assert len(ana.received) == 1
    assert told(server) == ["sent", "delivered", "read"]


def test_free_text_outside_the_window_fails_after_it_was_accepted(server, ana, client, clock, write):
    ana.send("hola")
    clock.pass_by(hours=24, seconds=1)

    free, template = write(), write(body=None, content_sid="HX" + "0" * 32, content_variables='{"1":"Ana"}')

    ana.settle()
    failed = client.messages(free.sid).fetch()
    assert (free.status, failed.status, failed.error_code) == ("queued", "failed", 63016)
    assert [received.sid for received in ana.received] == [template.sid]
    assert ana.received[0].content_variables == '{"1":"Ana"}'
    assert told(server) == ["failed", "sent", "delivered", "read"]


def test_who_never_wrote_is_outside_the_window_too(ana, client, write):
    made = write()

    ana.settle()
    assert client.messages(made.sid).fetch().error_code == 63016


def test_who_has_no_whatsapp_cannot_be_written_to(client, write):
    made = write(to="whatsapp:+12025550199")

    assert client.messages(made.sid).fetch().error_code == 63003


def test_the_sandbox_takes_one_message_in_three_seconds(ana, client, clock, twilio, write):
    twilio.sandbox = True
    ana.send("hola")

    first, second = write("uno"), write("dos")
    clock.pass_by(seconds=3)
    third = write("tres")

    ana.settle()
    codes = [client.messages(made.sid).fetch().error_code for made in (first, second, third)]
    assert codes == [None, 63018, None]
    assert ana.texts == ["uno", "tres"]


def test_a_reply_counts_against_the_sandboxs_rate(server, ana, clock, twilio):
    twilio.sandbox = True
    server.on(PATH, response("<Message>uno</Message>", "<Message>dos</Message>"))

    ana.send("hola")

    assert ana.texts == ["uno"]


def test_the_sandbox_writes_only_to_who_has_joined(ana, client, twilio, write):
    twilio.sandbox = True
    ana.send("hola")
    ana.joined = False

    made = write()

    ana.settle()
    assert client.messages(made.sid).fetch().error_code == 63015


def test_people_share_an_api_and_get_what_is_theirs(server, ana, twilio, write):
    other = "+34600000002"
    with whatsapp_at(server.url, ACCOUNT, TOKEN, api=twilio, number=other) as luis:
        ana.send("hola")
        luis.send("hola")

        write("para Luis", to=f"whatsapp:{other}")

        assert (ana.texts, luis.texts) == ([], ["para Luis"])
