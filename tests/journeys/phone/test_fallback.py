"""What a caller hears of a call whose webhook failed: nothing twice, nothing lost, and the call goes on."""

import json

import pytest

from simulator.twilio.journal import Ending
from storage.models import Conversation, Handoff
from tests.fakes.openai.replies import text
from tests.journeys.losing import Losing
from tests.journeys.phone.hearing import SLOW, without_fillers
from tests.journeys.phone.locking import locked
from tests.records import every, the_only

pytestmark = pytest.mark.quick


@pytest.fixture
def network(line):
    return Losing(line)


@pytest.fixture
def phrases(line):
    return line.parts.phone.manager.profile.phrases


def caller(line, **options):
    return line.phone(fallback_url="/voice/fallback", **options)


def report(phone, url, code="11200", **fields):
    """What Twilio posts to the fallback when a URL of ours has failed."""
    return phone.post(
        "/voice/fallback", {"ErrorCode": code, "ErrorUrl": f"https://shop.example.com{url}", **fields}
    )


@pytest.mark.parametrize("lost", ["requests", "answers"])
def test_a_call_that_never_began_is_greeted(line, network, openai, lost):
    openai.enqueue(text("A las nueve."))
    phone = caller(line)

    with getattr(network, lost)("/voice"):
        greeting = phone.dial()

    assert greeting == line.parts.phone.manager.profile.greeting
    assert the_only(line.parts.database, Conversation).key == f"phone:{phone.call_sid}"
    assert phone.say("¿A qué hora abren?") == "A las nueve."
    assert [turn.number for turn in line.turns()] == [1]


@pytest.mark.both_databases
def test_an_answer_that_was_lost_on_its_way_is_spoken_once_and_written_once(line, network, openai):
    openai.enqueue(text("Abrimos a las nueve."), text("Sí, también."))
    phone = caller(line)
    phone.dial()

    with network.answers("/gather"):
        answer = phone.say("¿A qué hora abren?")

    assert (answer, phone.say("¿Y los sábados?")) == ("Abrimos a las nueve.", "Sí, también.")
    assert [turn.heard for turn in line.turns()] == ["¿A qué hora abren?", "¿Y los sábados?"]
    assert len(openai.chats) == 2


def test_words_that_never_arrived_are_asked_for_again(line, network, openai, phrases):
    openai.enqueue(text("A las nueve."))
    phone = caller(line)
    phone.dial()

    with network.requests("/gather"):
        assert phone.say("¿A qué hora abren?") == phrases.fallback

    assert phone.say("¿A qué hora abren?") == "A las nueve."
    assert [turn.number for turn in line.turns()] == [1]


def test_words_that_come_with_the_report_are_answered(line, openai):
    openai.enqueue(text("A las nueve."))
    phone = caller(line)
    phone.dial()

    step = report(phone, "/gather?turn=1", SpeechResult="¿A qué hora abren?")

    assert "A las nueve." in step.twiml
    assert [turn.heard for turn in line.turns()] == ["¿A qué hora abren?"]


@pytest.mark.parametrize("lost", ["requests", "answers"])
def test_the_rest_of_an_answer_is_spoken_once(line, network, openai, phrases, lost):
    openai.enqueue(text(SLOW, tokens_per_s=40))
    phone = caller(line)
    phone.dial()

    with getattr(network, lost)("/continue"):
        answer = phone.say("Cuente")

    assert without_fillers(phrases, answer) == SLOW


def test_words_lost_during_a_filler_leave_the_answer_that_was_waited_for(line, openai):
    openai.enqueue(text("Abrimos a las nueve."))
    phone = caller(line)
    phone.dial()
    phone.post("/gather?turn=1", {"SpeechResult": "¿A qué hora abren?"})

    step = report(phone, "/gather?turn=2&served=0&pending=1&from=0&wait=1")

    assert "Abrimos a las nueve." in step.twiml
    assert [turn.number for turn in line.turns()] == [1]


@pytest.mark.parametrize("line", [{"human_phone_number": "+34600000099"}], indirect=True)
def test_where_a_message_was_asked_for_it_is_asked_for_again(line, network, phrases):
    phone = caller(line, dial_outcome="no-answer")
    phone.dial()
    phone.press("0")

    with network.requests("/gather"):
        assert phone.say("Soy Ana") == phrases.take_message

    assert phone.say("Soy Ana, que me llamen.") == phrases.message_taken
    assert the_only(line.parts.database, Handoff).message == "Soy Ana, que me llamen."


@pytest.mark.parametrize("lost", ["requests", "answers"])
def test_a_machine_is_left_its_message_all_the_same(line, network, lost):
    phone = caller(line, answered_by="machine_start")
    phone.dial("outbound-api")

    with getattr(network, lost)("/gather"):
        assert phone.say("Deje su mensaje.") == line.parts.phone.manager.profile.voicemail


@pytest.mark.parametrize("line", [{"human_phone_number": "+34600000099"}], indirect=True)
def test_after_a_transfer_whose_outcome_was_lost_the_caller_is_asked(line, network, phrases):
    phone = caller(line, dial_conversation_s=40)
    phone.dial()

    with network.requests("/continue"):
        heard = phone.press("0")

    assert heard.endswith(phrases.was_helped)


@pytest.mark.both_databases
def test_while_the_database_is_locked_the_answer_comes_from_ram(line, network, openai):
    openai.enqueue(text("Abrimos a las nueve."))
    phone = caller(line)

    with locked(line):
        with network.answers("/voice"):
            greeting = phone.dial()
        with network.answers("/gather"):
            answer = phone.say("¿A qué hora abren?")
        slowest = max(step.seconds for step in phone.steps if step.status == 200)

    assert (greeting, answer) == (line.parts.phone.manager.profile.greeting, "Abrimos a las nueve.")
    assert slowest < 5
    assert len(openai.chats) == 1


def test_a_document_that_twilio_cannot_use_is_not_sent_again(line, openai, phrases):
    openai.enqueue(text("Abrimos a las nueve."))
    phone = caller(line)
    phone.dial()
    phone.say("¿A qué hora abren?")

    step = report(phone, "/gather?turn=1", code="12100")

    assert phrases.fallback in step.twiml and "nueve" not in step.twiml
    assert "turn=2" in step.twiml


def test_a_call_that_has_ended_begins_no_conversation(line, openai):
    phone = caller(line)

    step = report(phone, "/gather?turn=1", SpeechResult="¿A qué hora abren?", CallStatus="completed")

    assert (step.status, "<Say" in step.twiml) == (200, False)
    assert every(line.parts.database, Conversation) == [] and openai.chats == []


@pytest.mark.parametrize("url", ["", "/", "https://[", "/studio/flow?turn=9", "/gather?turn=9999999999"])
def test_where_the_url_says_nothing_the_call_goes_on_at_its_next_turn(line, openai, phrases, url):
    phone = caller(line)
    phone.dial()
    phone.say("Hola")

    step = phone.post("/voice/fallback", {"ErrorCode": "x", "ErrorUrl": url})

    assert phrases.fallback in step.twiml and "turn=2" in step.twiml


def test_the_log_names_the_code_and_the_webhook_and_quotes_nothing(line, capfd):
    phone = caller(line)
    capfd.readouterr()

    report(phone, "/gather?turn=1&SpeechResult=girasol", code="11205")

    logged = capfd.readouterr().err
    (failed,) = [json.loads(row) for row in logged.splitlines() if "webhook_failed" in row]
    assert (failed["error_code"], failed["webhook"], failed["call_sid"]) == (11205, "gather", phone.call_sid)
    assert "girasol" not in logged


def test_without_a_fallback_of_ours_the_call_would_end(line, network):
    phone = line.phone()

    with network.requests("/voice"):
        phone.dial()

    assert phone.ended is Ending.APPLICATION_ERROR
