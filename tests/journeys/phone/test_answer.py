"""How an answer reaches the ear: sentence by sentence, with fillers that listen, and a ladder under them."""

import itertools
import xml.etree.ElementTree as ET

import pytest

from simulator.twilio.journal import Ending
from storage.models import TurnState
from tests.fakes.openai.replies import (
    empty,
    error,
    error_in_stream,
    garbage,
    hang_before_headers,
    html,
    invalid_key,
    rate_limited,
    text,
    tool_call,
)
from tests.journeys.phone.hearing import SLOW, without_fillers
from tests.records import the_only

fills_soon = pytest.mark.parametrize("line", [{"answer_wait_s": 0.5}], indirect=True)


@pytest.fixture
def phrases(line):
    return line.parts.phone.manager.profile.phrases


def verbs(step):
    return [child.tag for child in ET.fromstring(step.twiml)]


def gather_of(step):
    return ET.fromstring(step.twiml).find("Gather")


def test_the_first_sentence_is_spoken_while_the_rest_is_written(line, openai):
    openai.enqueue(text(SLOW, first_token_s=0.1, tokens_per_s=20))
    phone = line.phone(realtime=True, reaction_s=0)
    phone.dial()

    answer = phone.say("Hola")

    assert answer == SLOW
    gathered, *continued = [step for step in phone.steps if "turn=1" in step.url]
    assert "Primera frase de todas." in gathered.twiml and "Segunda" not in gathered.twiml
    assert verbs(gathered) == ["Say", "Redirect"]
    assert verbs(continued[-1]) == ["Gather"]
    assert gather_of(continued[-1]).attrib["bargeIn"] == "true"
    assert gather_of(continued[-1]).attrib["action"].startswith("/gather?turn=2&served=3#")


@fills_soon
def test_a_filler_listens_while_the_answer_is_made(line, openai, phrases):
    openai.enqueue(text("Aquí está.", first_token_s=0.7))
    phone = line.phone(reaction_s=0)
    phone.dial()

    filler = phone.say("¿Me lo busca?")
    answer = phone.wait()

    assert filler in phrases.fillers
    assert answer == f"{filler} Aquí está."
    step = phone.steps[-2]
    assert verbs(step) == ["Gather", "Redirect"]
    assert gather_of(step).attrib["timeout"] == "1"
    assert "actionOnEmptyResult" not in gather_of(step).attrib


@fills_soon
def test_the_same_filler_is_never_said_twice_running(line, openai, phrases):
    openai.enqueue(*[text("Ya está.", first_token_s=1.3)] * 3)
    phone = line.phone()
    phone.dial()

    for _ in range(3):
        phone.say("¿Y esto?")

    fillers = [heard.text for heard in phone.heard if heard.text in phrases.fillers]
    assert len(fillers) >= 5
    assert all(one != other for one, other in itertools.pairwise(fillers))


@fills_soon
def test_words_during_a_filler_join_what_was_asked(line, openai, phrases):
    openai.enqueue(text("Tarde.", first_token_s=3), text("Para dos, sin problema."))
    phone = line.phone(reaction_s=0)
    phone.dial()

    assert phone.say("Quiero una mesa.") in phrases.fillers
    answer = phone.say("Para dos personas.")

    assert answer == "Para dos, sin problema."
    assert openai.chats[-1].body["messages"][-1]["content"] == "Quiero una mesa. Para dos personas."
    assert [message["role"] for message in openai.chats[-1].body["messages"]] == ["system", "user"]
    assert [turn.state for turn in line.turns()] == [TurnState.SUPERSEDED, TurnState.COMPLETE]
    assert openai.wait_for(lambda: openai.chats[0].cut_short)


@fills_soon
def test_a_yes_during_a_filler_only_goes_on(line, openai, phrases):
    openai.enqueue(text("Mañana a las diez.", first_token_s=0.8))
    phone = line.phone(reaction_s=0)
    phone.dial()

    assert phone.say("¿Cuándo hay hueco?") in phrases.fillers
    answer = phone.say("Sí, vale.")

    assert answer == "Mañana a las diez."
    assert len(openai.chats) == 1
    assert [turn.heard for turn in line.turns()] == ["¿Cuándo hay hueco?"]


FAULTS = {
    "hangs": hang_before_headers(),
    "stalls": text("", finish=None, done=False),
    "401": invalid_key(),
    "429": rate_limited(),
    "500": error(500),
    "html": html(),
    "garbage": garbage(),
    "empty": empty(),
    "error in the stream": error_in_stream(),
}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_whatever_the_model_does_the_caller_hears_words_and_the_ladder_follows(open_line, openai, fault):
    line = open_line(human_phone_number="+12025550199", answer_wait_s=0.1)
    phrases = line.parts.phone.manager.profile.phrases
    openai.default = FAULTS[fault]
    phone = line.phone(dial_outcome="no-answer")
    phone.dial()

    first = without_fillers(phrases, phone.say("¿Hay sitio?"))
    second = without_fillers(phrases, phone.say("¿Hay sitio hoy?"))

    assert first == phrases.apology
    assert second.startswith(phrases.apology_again) and phrases.take_message in second
    assert all(step.status == 200 and step.seconds < 5 for step in phone.steps)
    thanks = phone.say("Soy Ana, llámenme.")
    assert thanks == phrases.message_taken
    assert phone.ended is Ending.HANGUP
    assert [turn.state for turn in line.turns()] == ["failed", "failed", "complete"]


def test_an_answer_that_works_ends_the_run_of_failures(line, openai, phrases):
    openai.enqueue(invalid_key(), text("Ahora sí."), invalid_key())
    phone = line.phone()
    phone.dial()

    heard = [without_fillers(phrases, phone.say(words)) for words in ("Uno", "Dos", "Tres")]

    assert heard == [phrases.apology, "Ahora sí.", phrases.apology]


def test_without_a_person_to_ring_a_message_is_taken(line, openai, phrases):

    from storage.models import Handoff

    openai.enqueue(tool_call("hand_off", {"reason": "queja", "summary": "Le cobraron dos veces."}))
    phone = line.phone()
    phone.dial()

    asked = phone.say("Me han cobrado dos veces y estoy harta.")
    thanks = phone.say("Soy Ana, que me llamen mañana.")

    assert phrases.take_message in asked
    assert thanks == phrases.message_taken
    handoff = the_only(line.parts.database, Handoff)
    assert (handoff.reason, handoff.summary) == ("queja", "Le cobraron dos veces.")
    assert handoff.message == "Soy Ana, que me llamen mañana."


def test_a_message_that_is_not_left_is_asked_for_once_more(line, openai, phrases):
    openai.enqueue(tool_call("hand_off", {"reason": "x", "summary": "y"}))
    phone = line.phone()
    phone.dial()
    phone.say("Con una persona.")

    assert phone.silence() == phrases.take_message
    assert phone.silence() == phrases.silence_goodbye
    assert phone.ended is Ending.HANGUP


@pytest.mark.parametrize(("outcome", "after"), [("completed", "after_transfer"), ("busy", "nobody_answered")])
def test_a_person_is_rung_and_what_follows_depends_on_whether_they_answer(open_line, openai, outcome, after):
    line = open_line(human_phone_number="+12025550199")
    phrases = line.parts.phone.manager.profile.phrases
    openai.enqueue(tool_call("hand_off", {"reason": "x", "summary": "y"}, said="Le paso con Marta."))
    phone = line.phone(dial_outcome=outcome)
    phone.dial()

    heard = phone.say("Con una persona.")

    dial = next(step for step in phone.steps if "<Dial" in step.twiml)
    assert heard.startswith("Le paso con Marta.") and "+12025550199" in dial.twiml
    assert getattr(phrases, after) in heard
    assert (phone.ended is Ending.HANGUP) is (outcome == "completed")
