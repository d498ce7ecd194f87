"""Whatever comes to WhatsApp's webhooks: an answer or a clear refusal, one line in the log, never a fault of ours."""

import json
import threading
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from urllib.parse import quote_from_bytes, urlencode

import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conversation.profiles.profile import load_profile
from settings import ROOT, SIMULATOR_ACCOUNT_SID
from simulator.twilio.signing import signature
from simulator.whatsapp.client import photo
from storage.models import Contact, Message, Turn
from tests.conftest import Line
from tests.examples import examples_over_http
from tests.fakes.openai.server import text
from tests.records import every, the_only

PATH, STATUS = "/webhook/whatsapp", "/webhook/whatsapp/status"
SENDER = "whatsapp:+12025550143"
SIDS = {prefix: prefix + "1" * 32 for prefix in ("SM", "MM", "ME")}
OURS = f"/2010-04-01/Accounts/{SIMULATOR_ACCOUNT_SID}/Messages/{SIDS['MM']}/Media/{SIDS['ME']}"


@dataclass(frozen=True)
class Answer:
    """What a webhook was answered with. messages: the bodies in its TwiML."""

    status: int
    content_type: str
    document: str

    @property
    def messages(self):
        return [message.text for message in ET.fromstring(self.document).iter("Message")]


class Poster:
    """Posts forms as bytes, signed over what their reader makes of them."""

    def __init__(self, line):
        self._url, self._token = line.url, line.parts.simulator_token
        self._client = httpx2.Client(trust_env=False, timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._client.close()

    def post(self, path, form, *, signed=True, query=""):
        """Send a form. Values are text, where halves of characters stand for bytes that are no UTF-8."""
        fields = [
            (name.encode("utf-8", "surrogatepass"), value.encode("utf-8", "surrogatepass"))
            for name, value in {"AccountSid": SIMULATOR_ACCOUNT_SID, **form}.items()
        ]
        body = "&".join(f"{quote_from_bytes(name)}={quote_from_bytes(value)}" for name, value in fields)
        url = f"{self._url}{path}{query}"
        params = [(_as_read(name), _as_read(value)) for name, value in fields]
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if signed:
            headers["X-Twilio-Signature"] = signature(self._token, url, params, keep_port=True)
        response = self._client.post(url, content=body.encode(), headers=headers)
        return Answer(response.status_code, response.headers.get("Content-Type", ""), response.text)


def _as_read(field):
    """What a server reads of a field: bytes that are no UTF-8 stay written as %XX."""
    return field.decode("utf-8", "werkzeug.url_quote")


def written(**fields):
    """The form of a message, with these fields in place of the usual; None leaves one out."""
    form = {
        "MessageSid": SIDS["SM"], "From": SENDER, "To": "whatsapp:+12025550100", "Body": "Hola",
        "WaId": "12025550143", "ProfileName": "Ana", "NumMedia": "0",
    }  # fmt: skip
    return {name: value for name, value in (form | fields).items() if value is not None}


def troubles(capfd):
    """The events of the log's lines at WARNING or above; every line that is no JSON is one too."""
    lines = [line for line in capfd.readouterr().err.splitlines() if line.strip()]
    events = [
        json.loads(line) if line.startswith("{") else {"level": "bare", "event": line} for line in lines
    ]
    return [event["event"] for event in events if event["level"] not in ("debug", "info")]


def kinds_of_trouble(capfd):
    """The same without repetitions: each file of a message has a line of its own."""
    return set(troubles(capfd))


@pytest.fixture
def phrases():
    return load_profile("recepcion.es", ROOT / "profiles").phrases


@pytest.fixture
def quiet():
    """Nobody else's answers are being written any more: what they log would be taken for ours."""
    for thread in threading.enumerate():
        if thread.name in ("answer", "late-answer"):
            thread.join(timeout=20)


@pytest.fixture
def line(quiet, open_line):
    return open_line(whatsapp_settle_s=0)


@pytest.fixture
def poster(line):
    with Poster(line) as poster:
        yield poster


# Any form


TEXTS = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(codec=None), max_size=8),  # halves of characters among them
    st.sampled_from(
        ["", " ", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\x1b[31m", "9" * 500, "-1", "1e999", "٣", "²", "nan"]
    ),
    st.sampled_from(["👩‍👩‍👧‍👦🇪🇸" * 20, "\u202eشكرا\u202c", "שלום", "ﷺ" * 300, "<Say>&amp;</Say>]]>", "{0}%s{{x}}"]),
)  # fmt: skip
LONG = st.one_of(TEXTS, st.sampled_from(["x", "Ñandú ", "\u200f"]).map(lambda piece: (piece * 4096)[:4096]))
NUMBERS = st.one_of(
    st.just(SENDER),
    st.sampled_from(
        [
            *(
                "",
                "+12025550143",
                "whatsapp:",
                "whatsapp:+0",
                "whatsapp:+1202555014\u0663",
                "whatsapp:client",
            ),
            *("whatsapp:whatsapp:+12025550143", "whatsapp:+5215512345678", "whatsapp:+" + "1" * 40),
            " \n+34600000011",
        ]
    ),
    TEXTS,
)
LINKS = st.one_of(
    TEXTS,
    st.sampled_from(
        [
            *("", "http://127.0.0.1:1/x", "http://127.0.0.1:99999/", "file:///etc/passwd", "//", "http://["),
            f"http://127.0.0.1:1{OURS}",
        ]
    ),
)
TYPES = st.one_of(
    st.sampled_from(
        ["", "image/jpeg", "image/webp", "audio/ogg", "text/vcard", "video/mp4", "image/", "/", ";"]
    ),
    TEXTS,
)
COUNTS = st.one_of(
    st.sampled_from(["0", "1", "2", "10", "11", "999", "-1", "1e1", "٣", "", "9" * 400]), TEXTS
)
KEYWORDS = st.sampled_from(["STOP", "Alta", "HELP", "cancelar", "sí", "Hola"])
FORMS = st.fixed_dictionaries(
    {},
    optional={
        "From": NUMBERS, "To": NUMBERS, "WaId": TEXTS, "ProfileName": LONG, "Body": st.one_of(LONG, KEYWORDS),
        "MessageSid": TEXTS, "SmsMessageSid": TEXTS, "MessageType": TEXTS, "NumMedia": COUNTS,
        "MediaUrl0": LINKS, "MediaContentType0": TYPES, "MediaUrl1": LINKS, "MediaContentType1": TYPES,
        "MediaUrl10": LINKS, "ButtonText": LONG, "ButtonPayload": TEXTS, "ListTitle": TEXTS, "ListId": TEXTS,
        "Latitude": TEXTS, "Longitude": TEXTS, "Label": LONG, "Address": TEXTS, "OptOutType": TEXTS,
        "OriginalRepliedMessageSid": TEXTS, "ErrorCode": TEXTS, "ChannelMetadata": LONG, "Field[]": TEXTS,
    },
)  # fmt: skip
RECEIPTS = st.fixed_dictionaries(
    {},
    optional={
        "MessageSid": TEXTS, "MessageStatus": st.one_of(st.sampled_from(["sent", "read", "failed"]), TEXTS),
        "EventType": TEXTS, "ErrorCode": st.one_of(st.sampled_from(["63016", "0", "99999999", "1" * 9]), TEXTS),
        "ChannelStatusMessage": TEXTS, "From": NUMBERS, "To": NUMBERS, "SmsStatus": TEXTS,
    },
)  # fmt: skip


@pytest.fixture
def quick_poster(quiet, sqlite_url, openai, make_settings):
    """One line for all examples. Not a row's length but a form's reading is tried here: on SQLite alone."""
    line = Line(make_settings(database_url=sqlite_url, whatsapp_settle_s=0))
    with Poster(line) as poster:
        yield poster
    line.close()


on_sqlite = pytest.mark.sqlite_alone
many = examples_over_http(120)


@on_sqlite
@many
@given(form=FORMS, path=st.sampled_from([PATH, f"{PATH}/"]))
@example(form=written(MediaUrl0="\x00", NumMedia="1"), path=PATH)
@example(form=written(MessageSid="\ud800"), path=PATH)
@example(form=written(NumMedia="²"), path=PATH)
@example(form=written(NumMedia="9" * 5000), path=PATH)
def test_whatever_a_message_holds_it_is_answered_in_xml(quick_poster, capfd, path, form):
    capfd.readouterr()

    answer = quick_poster.post(path, form)

    assert answer.status in (200, 400)
    assert answer.content_type.startswith("text/xml")
    assert all(message.strip() for message in answer.messages)
    assert len(kinds_of_trouble(capfd)) <= 1


@on_sqlite
@many
@given(form=RECEIPTS, query=st.sampled_from(["", "?message=1", "?message=-1", "?message=x", "?message="]))
@example(form={"MessageStatus": "failed", "ErrorCode": "99999999"}, query="?message=1")
def test_whatever_a_receipt_holds_it_is_taken(quick_poster, capfd, form, query):
    capfd.readouterr()

    answer = quick_poster.post(STATUS, form, query=query)

    assert (answer.status, answer.messages) == (200, [])
    assert answer.content_type.startswith("text/xml")
    assert len(kinds_of_trouble(capfd)) <= 1


@on_sqlite
@examples_over_http(60)
@given(form=st.dictionaries(st.text(max_size=12), TEXTS, max_size=6), path=st.sampled_from([PATH, STATUS]))
def test_fields_that_nobody_knows_are_left_alone(quick_poster, capfd, path, form):
    capfd.readouterr()

    answer = quick_poster.post(path, written(Body="STOP") | form)

    assert answer.status in (200, 400)
    assert len(kinds_of_trouble(capfd)) <= 1


# Bad input, one by one


@pytest.mark.parametrize("path", [PATH, f"{PATH}/", STATUS])
def test_without_a_signature_nothing_is_kept_and_nothing_said(line, poster, openai, capfd, path):
    capfd.readouterr()

    answer = poster.post(path, written(), signed=False)

    assert (answer.status, answer.document) == (403, "")
    assert troubles(capfd) == ["webhook_refused"]
    assert every(line.parts.database, Message) == []
    assert openai.chats == []


@pytest.mark.parametrize(
    "fields",
    [
        {"From": None},
        {"From": ""},
        {"From": "whatsapp:nobody"},
        {"From": "whatsapp:+123"},
        {"Body": None},
        {"Body": " \x00 "},
        {"Body": None, "NumMedia": "-1", "MediaUrl0": "http://127.0.0.1:1/x"},
    ],
)
def test_what_nobody_wrote_or_has_nothing_in_it_is_refused(line, poster, openai, capfd, fields):
    capfd.readouterr()

    answer = poster.post(PATH, written(**fields))

    assert (answer.status, answer.messages) == (400, [])
    assert troubles(capfd) == ["message_refused"]
    assert every(line.parts.database, Contact) == []
    assert openai.chats == []


@on_sqlite
@pytest.mark.parametrize(
    "forge",
    [
        lambda host, _: f"http://127.0.0.2:{host.port}{OURS}",
        lambda host, _: f"https://api.twilio.com{OURS}",
        lambda host, path: f"http://user:secret@127.0.0.1:{host.port}{path}",
        lambda host, path: f"http://127.0.0.1:{host.port}@203.0.113.5{path}",
        lambda host, path: f"http://127.0.0.1{path}",
        lambda host, path: f"http://127.0.0.1:{host.port}0{path}",
        lambda host, path: f"http://127.0.0.1:{host.port}{path.replace(SIMULATOR_ACCOUNT_SID, 'AC' + '2' * 32)}",
        lambda host, path: f"http://127.0.0.1:{host.port}/x/..{path}",
        lambda host, path: f"http://127.0.0.1:{host.port}{path}?x=1",
        lambda host, path: f"http://127.0.0.1:{host.port}{path}/../../../Messages.json",
        lambda host, path: f"http://127.0.0.1:{host.port}{path}\r\nX-Injected: 1",
        lambda host, path: f"file://{path}",
        lambda host, path: "\x00",
    ],
    ids=[
        "another host", "Twilio's own", "user and password", "a host for a user", "no port", "another port",
        "another account", "a way around", "a question", "a way up", "a header", "a file", "nothing",
    ],
)  # fmt: skip
def test_a_forged_link_is_said_kindly_to_be_unreadable(line, poster, openai, phrases, capfd, forge):
    person = line.whatsapp()
    link = httpx2.URL(person.api.publish(photo(), SIDS["MM"]))
    capfd.readouterr()

    answer = poster.post(
        PATH,
        written(Body=None, NumMedia="1", MediaContentType0="image/jpeg", MediaUrl0=forge(link, link.path)),
    )

    assert answer.messages == [phrases.cannot_open]
    assert troubles(capfd) == ["media_not_opened"]
    assert person.api.media.asked == []
    assert openai.chats == []


SCRIPTS = {
    "right to left": "\u202e\u05e9\u05dc\u05d5\u05dd 123\u202c",
    "Arabic": "مرحبا، هل أنتم مفتوحون؟ ﷺ",
    "emoji": "👩‍👩‍👧‍👦🇪🇸 ¿abren?",
    "signs of XML": "'\"<&>]]>",
    "long": "x" * 1500,
}


@pytest.mark.both_databases
def test_words_of_any_script_reach_the_model_and_the_person_as_they_are(poster, openai):
    for number, words in enumerate(SCRIPTS.values()):
        openai.enqueue(text(f"Dice {words} así."))

        answer = poster.post(PATH, written(Body=words, MessageSid=f"SM{number:032}"))

        assert answer.messages == [f"Dice {words} así."]
        assert openai.chats[-1].body["messages"][-1] == {"role": "user", "content": words}


@pytest.mark.both_databases
def test_of_words_without_end_the_beginning_is_read(line, poster, openai):
    openai.enqueue(text("Es mucho."))

    assert poster.post(PATH, written(Body="x" * 50_000)).messages == ["Es mucho."]
    assert the_only(line.parts.database, Turn).heard == "x" * 4096


@pytest.mark.both_databases
def test_a_name_of_any_length_is_kept_short_and_on_one_line(line, poster):
    names = ["N" * 4096, "👩‍👩‍👧‍👦" * 585, "\u202e" + "א" * 4095, "Ana\n\x00 López"]

    for number, name in enumerate(names):
        sender = f"whatsapp:+120255501{number:02}"
        answer = poster.post(PATH, written(ProfileName=name, From=sender, MessageSid=f"SM{number:032}"))
        assert len(answer.messages) == 1

    kept = [contact.name for contact in every(line.parts.database, Contact)]
    assert kept == ["N" * 80, ("👩‍👩‍👧‍👦" * 12)[:80], "\u202e" + "א" * 79, "Ana López"]


def test_ten_forged_links_are_one_answer_and_one_line_in_the_log(poster, phrases, capfd):
    links = {f"MediaUrl{n}": "https://example.com/a.jpg" for n in range(10)}
    types = {f"MediaContentType{n}": "image/jpeg" for n in range(10)}
    capfd.readouterr()

    answer = poster.post(PATH, written(Body=None, NumMedia="10", **links, **types))

    assert answer.messages == [phrases.cannot_open]
    assert troubles(capfd) == ["media_not_opened"]


def test_a_receipt_of_no_message_of_ours_changes_nothing(line, poster, capfd):
    capfd.readouterr()

    answer = poster.post(STATUS, {"MessageSid": SIDS["SM"], "MessageStatus": "failed", "ErrorCode": "63016"})

    assert answer.status == 200
    assert troubles(capfd) == []
    assert every(line.parts.database, Message) == []


@pytest.mark.parametrize("code", ["63016", "9" * 30, "²", ""])
def test_a_receipt_with_any_code_is_taken(line, poster, code):
    poster.post(PATH, written())
    [ours] = [message for message in every(line.parts.database, Message) if message.outbound]

    answer = poster.post(
        STATUS,
        {"MessageSid": SIDS["MM"], "MessageStatus": "failed", "ErrorCode": code},
        query=f"?message={ours.id}",
    )

    assert answer.status == 200
    kept = every(line.parts.database, Message)[-1]
    assert kept.status == "failed"
    assert kept.error_code == (int(code) if len(code) < 9 and code.isdecimal() else None)


@pytest.mark.both_databases
def test_a_receipt_of_a_number_beyond_all_messages_is_taken(poster):
    answer = poster.post(STATUS, {"MessageStatus": "sent"}, query=f"?{urlencode({'message': 10**30})}")

    assert answer.status == 200


@pytest.mark.parametrize(("signed", "status"), [(True, 413), (False, 403)])
def test_a_form_larger_than_any_message_is_refused(poster, capfd, signed, status):
    capfd.readouterr()

    answer = poster.post(PATH, written(Body="x" * 300_000), signed=signed)

    assert answer.status == status
    assert len(troubles(capfd)) <= 1
