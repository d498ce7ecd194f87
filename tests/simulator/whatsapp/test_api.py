"""Twilio's messaging API on loopback, asked with Twilio's own client; and the media it hands out."""

import base64
import http.client
import socket
import struct
import zlib
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from simulator.whatsapp import samples
from simulator.whatsapp.client import MessagingApi, ReceiptWishes, WhatsApp, document, photo, voice_note
from simulator.whatsapp.media import from_file
from tests.simulator.conftest import ACCOUNT
from tests.simulator.toy_server import Reply, response

PATH = "/webhook/whatsapp/"
TOKEN = "a secret"
ASSISTANT, ANA = "whatsapp:+12025550100", "whatsapp:+12025550143"
DONE = Reply(status=204, body="", content_type=None)


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


class Clock:
    def __init__(self):
        self.time = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)

    def __call__(self):
        return self.time

    def pass_by(self, **time):
        self.time += timedelta(**time)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def twilio(clock):
    with MessagingApi(ACCOUNT, TOKEN, now=clock) as api:
        yield api


@pytest.fixture
def ana(server, twilio):
    server.on(PATH, response())
    server.on("/status", DONE)
    with WhatsApp(server.url, account_sid=ACCOUNT, auth_token=TOKEN, api=twilio) as ana:
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
    ana.receipts = ReceiptWishes(early=True)

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
    with WhatsApp(server.url, account_sid=ACCOUNT, auth_token=TOKEN, api=twilio, number=other) as luis:
        ana.send("hola")
        luis.send("hola")

        write("para Luis", to=f"whatsapp:{other}")

        assert (ana.texts, luis.texts) == ([], ["para Luis"])


# Media


def fetch(url, *, auth=(ACCOUNT, TOKEN)):
    """Ask once, as it is asked on the wire: no redirects followed."""
    return requests.get(url, auth=auth, allow_redirects=False, timeout=20)


@pytest.fixture
def link(server, ana):
    def link(attachment):
        ana.send(media=[attachment])
        return server.asked[-1].form["MediaUrl0"]

    return link


def test_media_want_the_accounts_credentials(link):
    url = link(photo())

    assert fetch(url, auth=None).status_code == 401
    assert fetch(url, auth=(ACCOUNT, "another")).status_code == 401
    assert fetch(url).status_code == 307


def test_media_come_from_another_origin_which_wants_no_credentials(link, twilio):
    there = fetch(link(photo())).headers["Location"]

    assert there.startswith(twilio.cdn_url)
    assert urlsplit(there).port != urlsplit(twilio.url).port
    given = fetch(there, auth=None)
    assert (given.status_code, given.headers["Content-Type"], given.content) == (
        200,
        "image/jpeg",
        samples.jpeg(),
    )
    assert fetch(there).status_code == 400
    assert len(twilio.media.cdn_asked) == 2


def test_an_account_may_hand_out_media_to_anybody(link, twilio):
    twilio.media_needs_auth = False

    assert fetch(link(photo()), auth=None).status_code == 307


def test_media_may_be_missing_for_a_while(link):
    url = link(photo(missing_times=2))

    assert [fetch(url).status_code for _ in range(3)] == [404, 404, 307]


def test_media_may_be_huge_and_lie_about_their_length_and_type(link):
    url = link(photo(b"PK\x03\x04", "image/png", served_type="application/zip", padding_bytes=3_000_000))

    given = fetch(fetch(url).headers["Location"], auth=None)

    assert (given.headers["Content-Type"], len(given.content)) == ("application/zip", 3_000_004)
    short = fetch(fetch(link(document(length=10))).headers["Location"], auth=None)
    assert len(short.content) == 10
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        fetch(fetch(link(document(length=100_000))).headers["Location"], auth=None)
    silent = fetch(fetch(link(voice_note(chunked=True))).headers["Location"], auth=None)
    assert "Content-Length" not in silent.headers
    assert silent.content == samples.ogg()


def test_media_may_be_redirected_elsewhere_or_fail_at_the_cdn(link):
    assert fetch(link(photo(redirect_to="http://192.0.2.1/x"))).headers["Location"] == "http://192.0.2.1/x"
    assert fetch(fetch(link(photo(status=500))).headers["Location"], auth=None).status_code == 500


def test_a_reader_that_gives_up_half_way_does_no_harm(link, twilio, capfd):
    there = urlsplit(fetch(link(photo(padding_bytes=50_000_000))).headers["Location"])
    connection = http.client.HTTPConnection(there.hostname, there.port, timeout=20)
    connection.request("GET", there.path)
    connection.getresponse().read(1000)
    connection.close()

    assert fetch(link(photo())).status_code == 307
    assert capfd.readouterr().err == ""


def test_a_client_that_goes_away_leaves_no_trace_in_the_terminal(link, twilio, capfd):
    there = urlsplit(twilio.url)
    for _ in range(5):
        client = socket.create_connection((there.hostname, there.port), timeout=20)
        client.sendall(b"GET /half")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close by reset
        client.close()

    assert fetch(link(photo())).status_code == 307
    assert capfd.readouterr().err == ""


def test_a_reader_that_sends_the_account_along_is_seen(link, twilio):
    url = link(photo())
    there = fetch(url).headers["Location"]

    requests.get(there, headers={"Authorization": "Basic eDp5"}, timeout=20)

    assert "authorization" in twilio.media.cdn_asked[-1].headers
    assert (
        base64.b64decode(twilio.media.asked[-1].headers["authorization"][6:]).decode() == f"{ACCOUNT}:{TOKEN}"
    )


def test_files_of_this_machine_have_the_type_of_their_name(tmp_path):
    for name in ("a.JPG", "b.ogg", "c.mp4", "d.pdf", "e.zip"):
        (tmp_path / name).write_bytes(b"x")

    made = [from_file(tmp_path / name) for name in ("a.JPG", "b.ogg", "c.mp4", "d.pdf", "e.zip")]

    assert [(file.content_type, file.kind) for file in made] == [
        ("image/jpeg", "image"),
        ("audio/ogg", "audio"),
        ("video/mp4", "video"),
        ("application/pdf", "document"),
        ("application/octet-stream", "document"),
    ]


# Samples: whole files, as their readers see them


def test_the_sample_picture_is_a_whole_png():
    data, position, kinds = samples.png(8), 8, []
    while position < len(data):
        (size,) = struct.unpack_from(">I", data, position)
        kind, body = data[position + 4 : position + 8], data[position + 8 : position + 8 + size]
        (crc,) = struct.unpack_from(">I", data, position + 8 + size)
        assert crc == zlib.crc32(kind + body)
        kinds.append(kind)
        if kind == b"IDAT":
            assert len(zlib.decompress(body)) == 8 * (1 + 8 * 3)
        position += 12 + size

    assert kinds == [b"IHDR", b"IDAT", b"IEND"]


def test_the_sample_voice_note_has_pages_packets_and_the_time_it_says():
    data, position, granules = samples.ogg(0.5), 0, []
    while position < len(data):
        assert data[position : position + 4] == b"OggS"
        (granule,) = struct.unpack_from("<q", data, position + 6)
        segments = data[position + 26]
        lengths = data[position + 27 : position + 27 + segments]
        granules.append(granule)
        position += 27 + segments + sum(lengths)

    assert granules == [0, 0, 24_000]
    assert b"OpusHead" in data[:60]


def test_the_other_samples_begin_as_their_kinds_do():
    assert samples.jpeg().startswith(b"\xff\xd8\xff\xe0")
    assert samples.jpeg().endswith(b"\xff\xd9")
    assert samples.webp()[:4] + samples.webp()[8:16] == b"RIFFWEBPVP8L"
    assert struct.unpack_from("<I", samples.webp(), 4) == (len(samples.webp()) - 8,)
    assert samples.pdf().startswith(b"%PDF-1.4")
    assert b"FN:Ana" in samples.vcard("Ana", "+34600000001")
