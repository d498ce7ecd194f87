"""Any value in any field of Twilio's webhooks: people are answered, in whole documents, and the log has no words."""

import xml.etree.ElementTree as ET

import pytest

from storage.models import Message
from tests.fakes.openai.replies import text
from tests.journeys.hostile import ALL_AT_ONCE, BROKEN, HOSTILE, SAID, WORD, broken_prompts, forged_marks
from tests.journeys.whatsapp.posting import PATH, SIDS, STATUS, Poster, written
from tests.records import every

pytestmark = pytest.mark.both_databases

WRITTEN = (
    "ProfileName", "Body", "ButtonText", "ButtonPayload", "ListTitle", "ListId", "Latitude", "Longitude", "Label",
    "Address", "FlowData", "InteractiveData", "ReferralHeadline", "ReferralBody", "MessageType", "WaId",
    "OptOutType", "To", "MediaUrl0", "MediaContentType0", "OriginalRepliedMessageSid", "ChannelMetadata",
)  # fmt: skip
CALLED = (
    "From", "To", "CallStatus", "Direction", "ForwardedFrom", "CallerName", "SpeechResult", "Digits", "Confidence",
    "AnsweredBy", "Timestamp", "CallDuration", "DialCallStatus", "DialCallDuration", "ErrorUrl",
)  # fmt: skip


@pytest.fixture
def line(open_line):
    return open_line(whatsapp_settle_s=0)


@pytest.fixture
def poster(quiet, line):
    with Poster(line) as poster:
        yield poster


@pytest.fixture
def logged(capfd):
    capfd.readouterr()
    return lambda: capfd.readouterr().err


def cases(fields):
    """Each field alone with all that can stand in one, and all fields with each of it."""
    yield from ({field: ALL_AT_ONCE} for field in fields)
    yield from (dict.fromkeys(fields, words) for words in HOSTILE.values() if len(words) < 100)
    yield from ({fields[0]: words, fields[1]: words} for words in HOSTILE.values() if len(words) > 100)


def test_whatever_stands_in_a_messages_fields_it_is_kept_and_answered(line, poster, openai, logged):
    openai.default = text(f"Dice {SAID}.")
    forms = list(cases(WRITTEN))

    for number, fields in enumerate(forms):
        answer = poster.post(PATH, written(NumMedia="0") | fields | {"MessageSid": f"SM{number:032}"})

        assert answer.status == 200, fields
        assert not BROKEN.search(answer.document), fields

    kept = [message for message in every(line.parts.database, Message) if not message.outbound]
    assert [message.sid for message in kept] == [f"SM{number:032}" for number in range(len(forms))]
    assert forged_marks(openai) == [] == broken_prompts(openai)
    assert WORD not in logged()


def test_whatever_stands_in_a_receipt_it_is_taken(poster, logged):
    for fields in cases(("MessageStatus", "ErrorCode", "EventType", "ChannelStatusMessage", "From", "To")):
        answer = poster.post(STATUS, {"MessageSid": SIDS["SM"], **fields}, query="?message=1")

        assert answer.status == 200, fields
        ET.fromstring(answer.document)
    assert WORD not in logged()


@pytest.mark.parametrize(
    "path", ["/voice", "/gather?turn=1", "/gather?turn=1&message=1", "/continue?turn=1", "/status"]
)
def test_whatever_stands_in_a_calls_fields_there_are_words_on_the_phone(line, poster, openai, logged, path):
    openai.default = text(f"Dice {SAID}.")
    path, _, query = path.partition("?")

    for number, fields in enumerate(cases(CALLED)):
        call = {
            "CallSid": f"CA{number:032}",
            "From": "+12025550143",
            "To": "+12025550100",
            "Direction": "inbound",
        }
        answer = poster.post(path, call | fields, query=f"?{query}" if query else "")

        assert answer.status == 200, fields
        document = ET.fromstring(answer.document)
        assert path == "/status" or document.find(".//Say") is not None, fields
        assert not BROKEN.search(answer.document), fields

    assert forged_marks(openai) == [] == broken_prompts(openai)
    assert WORD not in logged()


def test_an_id_of_any_length_is_an_id(line, poster, openai):
    first = poster.post(PATH, written(MessageSid="S" * 500))
    call = poster.post("/voice", {"CallSid": "C" * 500, "From": "+12025550143", "To": "+12025550100"})

    assert len(first.messages) == 1 and "<Say" in call.document
