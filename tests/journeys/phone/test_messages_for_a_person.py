"""Callers who are asked for a message, and leave one, leave none, or want a person after all."""

import pytest

from simulator.twilio.journal import Ending
from storage.models import Handoff
from tests.records import every, the_only

pytestmark = pytest.mark.quick

PERSON = "+34600000099"


@pytest.fixture
def phrases(line):
    return line.parts.phone.manager.profile.phrases


@pytest.fixture
def asked(line):
    """A caller who is asked for a message, since nobody can be rung."""
    phone = line.phone()
    phone.dial()
    phone.press("0")
    return phone


@pytest.fixture
def transferred(open_line):
    """A caller who was put through to somebody who does not answer."""

    def call(**behaviour):
        line = open_line(human_phone_number=PERSON)
        phone = line.phone(**({"dial_outcome": "no-answer"} | behaviour))
        phone.dial()
        phone.press("0")
        return line, phone

    return call


@pytest.mark.parametrize(
    "said",
    [
        "No",
        "No, gracias.",
        "Gracias, adiós.",
        "Hasta luego",
        "No hace falta, ya llamaré más tarde.",
        "No, thank you. Goodbye.",
    ],
)
def test_whoever_wants_to_leave_none_is_not_thanked_for_one(line, asked, phrases, said):
    assert asked.say(said) == phrases.goodbye
    assert asked.ended is Ending.HANGUP
    assert the_only(line.parts.database, Handoff).message == ""
    assert [turn.heard for turn in line.turns()] == ["0", said]


def test_whoever_asks_something_instead_is_answered(line, asked, phrases):
    heard = asked.say("No, gracias. ¿A qué hora abren?")

    assert "nueve" in heard and phrases.message_taken not in heard
    assert asked.ended is None
    assert the_only(line.parts.database, Handoff).message == ""


def test_after_a_short_transfer_a_question_is_a_message(transferred):
    line, phone = transferred(dial_outcome="completed", dial_conversation_s=2)

    assert phone.say("No, ¿me pueden llamar?") == line.parts.phone.manager.profile.phrases.message_taken


@pytest.mark.parametrize("said", ["Quiero hablar con una persona", "I want to talk to a person"])
def test_whoever_wants_a_person_is_put_through_where_there_is_one(transferred, said):
    line, phone = transferred()

    phone.say(said)

    assert sum("<Dial" in step.twiml for step in phone.steps) == 2
    assert phone.ended is None
    assert all(handoff.message == "" for handoff in every(line.parts.database, Handoff))


def test_the_key_0_asks_for_a_person_there_too(transferred):
    _, phone = transferred()

    phone.press("0")

    assert sum("<Dial" in step.twiml for step in phone.steps) == 2


def test_where_there_is_no_person_a_message_is_asked_for_once_more(line, asked, phrases):
    assert asked.say("Quiero hablar con una persona") == f"{phrases.nobody_answered} {phrases.take_message}"
    assert asked.say("Que me llame alguien al salir.") == phrases.message_taken
    assert the_only(line.parts.database, Handoff).message == "Que me llame alguien al salir."


@pytest.mark.parametrize("said", ["Sí", "¿Hola?", "Ajá, vale.", "Hello, can you hear me?"])
def test_what_is_no_message_is_asked_for_once_more(line, asked, phrases, said):
    assert asked.say(said) == phrases.take_message
    assert asked.say(said) == phrases.goodbye
    assert asked.ended is Ending.HANGUP
    assert the_only(line.parts.database, Handoff).message == ""


@pytest.mark.parametrize(
    "said",
    ["No puedo ir mañana, soy Ana.", "Gracias por todo, llámenme.", "Adiós no, esperen: soy Ana.", "Soy Ana"],
)
def test_a_message_that_begins_like_a_refusal_is_kept(line, asked, phrases, said):
    assert asked.say(said) == phrases.message_taken
    assert the_only(line.parts.database, Handoff).message == said


def test_a_key_pressed_by_accident_does_not_end_the_call(line, asked, phrases):
    assert [asked.press(key) for key in ("5", "#", "12")] == [phrases.take_message] * 3
    assert asked.ended is None
    assert asked.say("Soy Ana, llámenme.") == phrases.message_taken
    assert the_only(line.parts.database, Handoff).message == "Soy Ana, llámenme."


def test_keys_without_end_end_the_call_at_last(line, asked):
    for _ in range(30):
        if asked.ended is None:
            asked.press("5")

    assert asked.ended is Ending.HANGUP


@pytest.mark.parametrize(
    ("said", "answer"), [("Sí, gracias.", "goodbye"), ("No", "take_message"), ("Adiós", "goodbye")]
)
def test_after_a_short_transfer_yes_and_no_are_understood(transferred, said, answer):
    line, phone = transferred(dial_outcome="completed", dial_conversation_s=2)

    assert phone.say(said) == getattr(line.parts.phone.manager.profile.phrases, answer)
    assert all(handoff.message == "" for handoff in every(line.parts.database, Handoff))
