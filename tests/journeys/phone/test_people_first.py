"""Callers who want a person while the database is locked: a <Dial> needs none."""

import threading

import pytest

from storage.models import Handoff, MirrorItem
from tests.fakes.openai.replies import text, tool_call
from tests.journeys.people.chatwoot_setup import caller_of
from tests.journeys.phone.locking import locked
from tests.records import every, the_only
from tests.waiting import PATIENCE_S, wait_until

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
    wait_until(lambda: every(staffed_line.parts.database, Handoff))
    handoff = the_only(staffed_line.parts.database, Handoff)
    assert (handoff.source, handoff.summary) == ("assistant", "Le cobraron dos veces.")
    assert handoff.turn_number == 2


def test_of_whom_the_model_puts_through_at_once_people_are_told_later_too(staffed_line, openai):
    openai.enqueue(tool_call("hand_off", {"reason": "queja"}))
    phone = staffed_line.phone()

    with locked(staffed_line):
        phone.dial()
        phone.say("Me han cobrado dos veces.")
        assert any("<Dial" in step.twiml for step in phone.steps)

    wait_until(lambda: every(staffed_line.parts.database, Handoff), "the handoff is kept late")
    assert the_only(staffed_line.parts.database, Handoff).turn_number == 1


@pytest.mark.parametrize(("outcome", "state"), [("no-answer", "collecting"), ("completed", "closed")])
def test_how_a_transfer_ended_while_the_database_was_locked_is_known_later(staffed_line, outcome, state):
    phone = staffed_line.phone()
    phone.dial()

    with locked(staffed_line):
        phone.post("/gather?turn=1", {"Digits": "0"})
        fields = {"DialCallStatus": outcome, "DialCallDuration": "60"}
        phone.post("/continue?turn=1&from=1&dial=1", fields)

    wait_until(lambda: [h for h in every(staffed_line.parts.database, Handoff) if h.state == state])
    assert the_only(staffed_line.parts.database, Handoff).source == "key"


def test_a_message_that_cannot_be_stored_is_not_thanked_for_and_is_stored_later(line, openai):
    phrases = line.parts.phone.manager.profile.phrases
    phone = line.phone()
    phone.dial()
    phone.press("0")

    with locked(line):
        left = {"SpeechResult": "Soy Ana, llámenme mañana"}
        steps = [phone.post("/gather?turn=2&message=1", left) for _ in range(2)]  # Twilio repeats it

    assert all(phrases.went_wrong in step.twiml and step.seconds < 5 for step in steps)
    wait_until(lambda: the_only(line.parts.database, Handoff).message)
    handoff = the_only(line.parts.database, Handoff)
    assert (handoff.message, handoff.state) == (left["SpeechResult"], "open")


def test_the_answer_that_was_spoken_from_memory_is_shown_to_people_later(desk_line, openai):
    line = desk_line()
    openai.enqueue(text("A las nueve."))
    phone = caller_of(line)
    phone.dial()

    with locked(line):
        phone.post("/gather?turn=1", {"SpeechResult": "¿A qué hora abren?"})

    wait_until(lambda: every(line.parts.database, MirrorItem))
    assert [item.kind for item in every(line.parts.database, MirrorItem)] == ["turn"]


def test_of_a_turn_that_was_kept_before_the_lock_too(open_line, openai):
    line = open_line(human_phone_number="+34600000099", answer_wait_s=0.1)
    asked, may_answer = threading.Event(), threading.Event()

    def hand_off(_body):
        asked.set()
        assert may_answer.wait(PATIENCE_S)
        return tool_call("hand_off", {"reason": "queja"})

    openai.default = hand_off
    phone = line.phone()
    phone.dial()
    phone.post("/gather?turn=1", {"SpeechResult": "Me han cobrado dos veces."})
    assert asked.wait(PATIENCE_S) and line.turns()[0].state == "writing"

    with locked(line):
        may_answer.set()
        wait_until(lambda: line.parts.phone.manager.answers.find(f"phone:{phone.call_sid}", 1).ending)

    wait_until(lambda: every(line.parts.database, Handoff), "the handoff is kept late")
    assert the_only(line.parts.database, Handoff).turn_number == 1
