"""Twilio's webhooks as nobody should send them: none is refused, and what people sent is kept."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from storage.models import Message
from tests.conftest import Line
from tests.examples import examples_over_http
from tests.journeys.mutations import forms
from tests.journeys.whatsapp.posting import PATH, STATUS, Poster, on_sqlite, written
from tests.records import count_of

CALL = {
    "CallSid": "CA" + "7" * 32, "From": "+12025550123", "To": "+12025550100", "CallStatus": "in-progress",
    "Direction": "inbound", "SpeechResult": "Hola", "Confidence": "0.9", "Digits": "", "FromCountry": "ES",
    "CallDuration": "3", "Timestamp": "Sun, 29 Nov 2026 10:00:00 +0000", "DialCallStatus": "no-answer",
    "AnsweredBy": "human",
}  # fmt: skip
MESSAGE = written(
    NumMedia="1", MediaUrl0="https://api.twilio.com/x", MediaContentType0="image/jpeg", ButtonText="Sí",
    Latitude="40.4", Longitude="-3.7", FlowData='{"a": "b"}', ReferralHeadline="Hoy", MessageType="text",
)  # fmt: skip
RECEIPT = {
    "MessageSid": "SM" + "7" * 32, "MessageStatus": "delivered", "ErrorCode": "", "From": "whatsapp:+12025550100",
    "To": "whatsapp:+12025550123", "EventType": "DELIVERED", "ChannelPrefix": "whatsapp",
}  # fmt: skip
SPEAKING = [
    "/voice",
    "/gather?turn=1",
    "/gather",
    "/gather?turn=x&served=-1",
    "/continue?turn=1",
    "/continue",
]


@pytest.fixture
def poster(quiet, sqlite_url, openai, make_settings):
    """One line for all examples; no database reads a form better than another."""
    line = Line(make_settings(database_url=sqlite_url, whatsapp_settle_s=0, answer_wait_s=1))
    with Poster(line) as poster:
        poster.line = line
        yield poster
    line.close()


def split(path):
    path, _, query = path.partition("?")
    return path, f"?{query}" if query else ""


@on_sqlite
@examples_over_http(150)
@given(form=forms(CALL), path=st.sampled_from(SPEAKING))
@example(form=[("SpeechResult", "Hola")], path="/gather?turn=1")
@example(form=[*CALL.items(), ("CallSid", "CA" + "8" * 500)], path="/voice")
def test_on_the_phone_there_are_always_words(poster, path, form):
    path, query = split(path)

    answer = poster.post(path, form, query=query)

    assert (answer.status, answer.content_type.partition(";")[0]) == (200, "text/xml")
    assert ET.fromstring(answer.document).find(".//Say") is not None


@on_sqlite
@examples_over_http(60)
@given(form=forms(CALL))
@example(form=[*CALL.items(), ("Timestamp", "x")])
@example(form=list((CALL | {"Timestamp": "Fri, 31 Dec 99999999999 23:59:59 -1400"}).items()))
def test_a_calls_progress_is_taken(poster, form):
    answer = poster.post("/status", form)

    assert answer.status == 200
    ET.fromstring(answer.document)


@on_sqlite
@examples_over_http(150)
@given(form=forms(MESSAGE), number=st.integers(0, 10**9))
@example(
    form=[pair for pair in MESSAGE.items() if pair[0] not in ("MessageSid", "Body", "NumMedia")], number=1
)
@example(form=list((MESSAGE | {"MessageSid": "S" * 500}).items()), number=2)
def test_what_a_person_wrote_is_kept_and_answered(poster, form, number):
    database, sender = poster.line.parts.database, f"whatsapp:+1202555{number % 10_000:04}"
    before = count_of(database, Message)
    own = {MESSAGE["From"]: sender, MESSAGE["MessageSid"]: f"SM{before:032}"}
    form = [(name, own.get(value, value)) for name, value in form]

    answer = poster.post(PATH, form)

    assert answer.status == 200
    is_somebodys = next((value for name, value in form if name == "From"), "") == sender
    sid = next((value for name, value in form if name == "MessageSid"), None)
    if is_somebodys and sid in (None, f"SM{before:032}"):
        assert count_of(database, Message) > before


@on_sqlite
@examples_over_http(60)
@given(form=forms(RECEIPT), query=st.sampled_from(["", "?message=1", "?message=9999999999999"]))
def test_a_receipt_is_taken(poster, form, query):
    assert poster.post(STATUS, form, query=query).status == 200
