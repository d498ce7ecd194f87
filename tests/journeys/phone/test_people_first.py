"""Callers who want a person while the database is locked: a <Dial> needs none."""

import pytest

from storage.models import Handoff
from tests.fakes.openai.replies import text, tool_call
from tests.journeys.phone.locking import locked
from tests.records import the_only
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases


@pytest.fixture
def staffed_line(open_line):
    return open_line(human_phone_number="+34600000099")


def test_while_the_database_is_locked_the_key_0_puts_the_caller_through(staffed_line, openai):
    phone = staffed_line.phone()
    phone.dial()

    with locked(staffed_line):
        step = phone.post("/gather?turn=1", {"Digits": "0"})

    assert "<Dial" in step.twiml and step.seconds < 5
    assert openai.chats == []
    wait_until(staffed_line.turns)
    assert the_only(staffed_line.parts.database, Handoff).source == "key"


def test_while_the_database_is_locked_whoever_asks_for_a_person_is_put_through(staffed_line, openai):
    phone = staffed_line.phone()

    with locked(staffed_line):
        phone.dial()
        step = phone.post("/gather?turn=1", {"SpeechResult": "Quiero hablar con una persona"})

    assert "<Dial" in step.twiml
    assert openai.chats == []


def test_while_the_database_is_locked_the_model_can_put_the_caller_through(staffed_line, openai):
    openai.enqueue(
        text("Dígame."), tool_call("hand_off", {"reason": "queja", "summary": "Le cobraron dos veces."})
    )
    phone = staffed_line.phone()
    phone.dial()
    phone.say("Hola")

    with locked(staffed_line):
        phone.say("Me han cobrado dos veces y estoy harta.")
        documents = [step.twiml for step in phone.steps]

    assert any("<Dial" in document for document in documents)
