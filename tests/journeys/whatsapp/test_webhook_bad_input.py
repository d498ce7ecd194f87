"""Bad input to WhatsApp's webhooks, one by one."""

from urllib.parse import urlencode

import httpx2
import pytest

from conversation.marks import without_marks
from conversation.profiles.profile import load_profile
from integrations.plain_text import sendable
from settings import ROOT, SIMULATOR_ACCOUNT_SID
from simulator.whatsapp.client import photo
from storage.models import Contact, Message, Turn
from tests.fakes.openai.replies import text
from tests.journeys.whatsapp.posting import OURS, PATH, SIDS, STATUS, Poster, on_sqlite, troubles, written
from tests.records import every, the_only


@pytest.fixture
def phrases():
    return load_profile("recepcion.es", ROOT / "profiles").phrases


@pytest.fixture
def line(quiet, open_line):
    return open_line(whatsapp_settle_s=0)


@pytest.fixture
def poster(line):
    with Poster(line) as poster:
        yield poster


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
        {"From": "whatsapp:120363041234567890@g.us", "Body": "Hola a todos"},
    ],
)
def test_what_comes_from_nobody_is_taken_and_left(line, poster, openai, capfd, fields):
    capfd.readouterr()

    answer = poster.post(PATH, written(**fields))

    assert (answer.status, answer.messages) == (200, [])
    assert troubles(capfd) == ["message_without_sender"]
    assert every(line.parts.database, Contact) == []
    assert openai.chats == []


@pytest.mark.parametrize(
    "fields",
    [
        {"Body": None},
        {"Body": " \x00 "},
        {"Body": None, "NumMedia": "-1", "MediaUrl0": "http://127.0.0.1:1/x"},
        {"Body": None, "MessageType": "reaction"},
    ],
)
def test_a_message_with_nothing_in_it_is_one_that_cannot_be_read(line, poster, openai, phrases, fields):
    answer = poster.post(PATH, written(**fields))

    assert (answer.status, answer.messages) == (200, [phrases.cannot_open])
    assert len(every(line.parts.database, Contact)) == 1
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

        assert answer.messages == [f"Dice {sendable(words)} así."]
        assert openai.chats[-1].body["messages"][-1] == {
            "role": "user",
            "content": without_marks(sendable(words)),
        }


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
    assert kept == ["N" * 80, ("👩‍👩‍👧‍👦" * 12)[:80], "א" * 80, "Ana López"]


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
