"""Sounds that may be no words: punctuation alone, and one word of which speech recognition is hardly sure."""

import pytest

from conversation.history import HARDLY_UNDERSTOOD
from storage.models import Call
from tests.fakes.openai.replies import text
from tests.records import the_only
from tests.waiting import wait_until


@pytest.fixture
def phone(line, openai):
    openai.default = text("Muy bien.")
    phone = line.phone()
    phone.dial()
    return phone


@pytest.mark.parametrize("sound", [".", "...", "¿?", "—"])
def test_punctuation_alone_is_silence(line, openai, phone, phrases, sound):
    assert phone.say(sound) == phrases.reprompts[0]
    assert openai.chats == []
    assert line.turns() == []


def test_a_word_hardly_heard_is_asked_again_once_and_never_passes_for_a_yes(openai, phone, phrases):
    assert phone.say("Sí", confidence=0.02) == phrases.reprompts[0]
    assert openai.chats == []

    assert phone.say("Sí", confidence=0.02) == "Muy bien."
    assert openai.chats[-1].body["messages"][-1]["content"] == f"Sí{HARDLY_UNDERSTOOD}"


def test_what_is_said_clearly_the_second_time_is_heard_as_it_is(openai, phone):
    phone.say("Martes", confidence=0.1)
    phone.say("El martes", confidence=0.1)

    assert openai.chats[-1].body["messages"][-1]["content"] == "El martes"


@pytest.mark.parametrize("confidence", [None, 0.4])
def test_a_word_of_which_nothing_else_is_known_is_heard_at_once(openai, phone, confidence):
    assert phone.say("Sí", confidence=confidence) == "Muy bien."
    assert openai.chats[-1].body["messages"][-1]["content"] == "Sí"


def test_a_noise_during_a_filler_does_not_stop_the_answer(open_line, openai):
    line = open_line(answer_wait_s=0.5)
    openai.default = text("A las nueve.", first_token_s=1)
    phone = line.phone()
    phone.dial()
    phone.post("/gather?turn=1", {"SpeechResult": "¿A qué hora abren?", "Confidence": "0.9"})

    step = phone.post(
        "/gather?turn=2&served=0&pending=1&from=0&wait=1", {"SpeechResult": "no", "Confidence": "0.03"}
    )

    said = [step.twiml]
    wait_until(
        lambda: "A las nueve." in said[-1] or said.append(phone.post("/continue?turn=1&from=0&wait=2").twiml)
    )
    assert len(line.turns()) == 1


def test_a_noise_is_no_message_and_no_answer_to_whether_somebody_helped(line, phone, phrases):
    step = phone.post("/gather?turn=2&message=1", {"SpeechResult": "no", "Confidence": "0.02"})

    assert phrases.take_message in step.twiml
    assert line.turns() == []
    assert the_only(line.parts.database, Call).ended_at is None
