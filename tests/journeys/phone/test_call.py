"""Stories of calls, from the ring to the goodbye, as the caller hears them."""

import re
import xml.etree.ElementTree as ET

import pytest

from simulator.twilio.journal import Ending
from tests.fakes.openai.replies import DONE, Reply, chunk, data, text, tool_call
from tests.fakes.openai.steps import Send
from tests.processes import worker_jobs

pytestmark = pytest.mark.quick


@pytest.fixture
def phrases(line):
    return line.parts.phone.manager.profile.phrases


def asked(openai, number=-1):
    """The words that a request to the model holds, by role."""
    return [(message["role"], message.get("content")) for message in openai.chats[number].body["messages"]]


@pytest.mark.both_databases
def test_a_caller_asks_and_says_goodbye(line, openai, phrases):
    openai.enqueue(text("Abrimos de nueve a ocho. ¿Quiere pedir cita?"), tool_call("end_call", {}))
    phone = line.phone()

    greeting = phone.dial()
    answer = phone.say("¿A qué hora abren?")
    goodbye = phone.say("No, gracias. Adiós.")

    assert "automátic" in greeting.lower()
    assert answer == "Abrimos de nueve a ocho. ¿Quiere pedir cita?"
    assert goodbye == phrases.goodbye
    assert phone.ended is Ending.HANGUP
    assert phone.warnings == []


def test_the_model_says_its_own_goodbye_and_then_the_call_ends(line, openai, phrases):
    openai.enqueue(tool_call("end_call", {}, said="Que tenga buen día."))
    phone = line.phone()

    phone.dial()
    goodbye = phone.say("Adiós")

    assert goodbye == "Que tenga buen día."
    assert phone.ended is Ending.HANGUP


def test_the_model_is_told_who_it_is_what_was_said_and_what_day_it_is(line, openai):
    openai.enqueue(text("Sí."), text("De nueve a dos."))  # too short to be interrupted
    phone = line.phone()

    phone.dial()
    phone.say("¿Abren los sábados?")
    phone.say("¿A qué hora?")

    messages = asked(openai)
    assert messages[0][0] == "system"
    assert line.parts.phone.manager.profile.business in messages[0][1]
    assert re.search(r"20\d\d", messages[0][1])
    assert messages[1:] == [
        ("user", "¿Abren los sábados?"), ("assistant", "Sí."), ("user", "¿A qué hora?")
    ]  # fmt: skip


def test_keys_are_told_to_the_model_as_keys(line, openai):
    phone = line.phone()

    phone.dial()
    phone.press("12#")

    assert asked(openai)[-1] == ("user", "[pressed on the keypad: 12]")


def test_words_and_keys_at_once_are_both_told(line, openai):
    phone = line.phone()
    phone.dial()

    phone.post("/gather?turn=1", {"SpeechResult": "Mi código es este.", "Digits": "42"})

    assert asked(openai)[-1] == ("user", "Mi código es este. [keypad: 42]")


@pytest.mark.both_databases
def test_half_a_character_from_the_model_breaks_nothing(line, openai):
    half = (
        '{"choices":[{"index":0,"delta":{"content":"Muy bien \\ud83d, hasta mañana."},"finish_reason":null}]}'
    )
    openai.enqueue(Reply((Send(data(half)), Send(chunk({}, "stop")), Send(data(DONE)))))
    phone = line.phone()
    phone.dial()

    assert phone.say("Hola") == "Muy bien ?, hasta mañana."


@pytest.mark.both_databases
def test_requests_that_name_no_call_are_never_taken_for_one_another(line, openai):
    phone = line.phone()

    for words in ("Soy Ana.", "¿Quién soy?"):
        phone.post("/gather?turn=1", {"SpeechResult": words, "CallSid": ""})

    assert [message["content"] for message in openai.chats[1].body["messages"][1:]] == ["¿Quién soy?"]


def test_a_call_of_ours_greets_the_person_who_answers(line, openai):
    phone = line.phone(from_number="+34600000009")

    greeting = phone.dial("outbound-api")

    assert greeting == line.parts.phone.manager.profile.greeting_outbound


@pytest.mark.parametrize("machine", ["machine_end_beep", "machine_end_silence", "machine_end_other"])
def test_an_answering_machine_is_left_a_message_after_its_beep(line, machine):
    phone = line.phone(answered_by=machine)

    heard = phone.dial("outbound-api")

    assert heard == line.parts.phone.manager.profile.voicemail
    assert ET.fromstring(phone.steps[-1].twiml)[0].tag == "Pause"
    assert phone.ended is Ending.HANGUP


def test_a_machine_that_still_speaks_is_listened_to_before_it_is_left_a_message(line):
    phone = line.phone(answered_by="machine_start")
    voicemail = line.parts.phone.manager.profile.voicemail

    assert phone.dial("outbound-api") == ""
    assert phone.say("Ha llamado a Ana. Deje su mensaje después de la señal.") == voicemail
    assert phone.ended is Ending.HANGUP
    assert line.turns() == []


def test_a_machine_without_words_is_left_a_message(line):
    phone = line.phone(answered_by="machine_start")
    phone.dial("outbound-api")

    assert phone.silence() == line.parts.phone.manager.profile.voicemail
    assert phone.ended is Ending.HANGUP


def test_a_fax_is_told_nothing(line):
    phone = line.phone(answered_by="fax")

    assert phone.dial("outbound-api") == ""
    assert phone.ended is Ending.HANGUP


def test_silence_is_asked_about_twice_in_other_words_and_then_the_call_ends(line, openai, phrases):
    phone = line.phone()

    phone.dial()
    heard = [phone.silence(), phone.silence(empty_fields=True), phone.silence()]

    assert heard == [*phrases.reprompts, phrases.silence_goodbye]
    assert len(set(heard)) == 3
    assert phone.ended is Ending.HANGUP
    assert openai.chats == []


def test_after_a_silence_the_conversation_goes_on_where_it_was(line, openai):
    openai.enqueue(text("Sí."), text("De nueve a dos."))
    phone = line.phone()

    phone.dial()
    phone.say("¿Abren hoy?")
    phone.silence()
    phone.say("¿A qué hora?")

    assert [turn.number for turn in line.turns()] == [1, 2]
    assert ("assistant", "Sí.") in asked(openai)


def test_a_call_that_was_never_greeted_goes_on_as_a_new_one(line, openai):
    openai.enqueue(text("Claro que sí."))
    phone = line.phone()

    step = phone.post("/gather?turn=7&served=3", {"SpeechResult": "¿Me puede ayudar?"})

    assert step.status == 200
    assert "Claro que sí." in step.twiml
    assert "turn=8" in step.twiml


def test_a_request_that_names_no_turn_gets_the_next_one(line, openai):
    openai.enqueue(text("Hola."), text("También."))
    phone = line.phone()
    phone.dial()
    phone.say("Hola")

    step = phone.post("/gather", {"SpeechResult": "¿Y mañana?"})

    assert "turn=3" in step.twiml
    assert asked(openai)[-1] == ("user", "¿Y mañana?")


def test_twilio_reporting_a_fault_is_answered_with_words_and_the_call_goes_on(line, openai, phrases):
    phone = line.phone()
    phone.dial()
    phone.say("Hola")

    step = phone.post("/voice", {"ErrorCode": "11200", "ErrorUrl": "https://shop.example.com/gather"})

    assert phrases.fallback in step.twiml
    assert "turn=2" in step.twiml


def test_what_looks_like_a_secret_reaches_neither_the_model_nor_the_history(line, openai):
    sid = "CA" + "0123456789abcdef" * 2
    openai.enqueue(text(f"Su llamada es la {sid}."))
    phone = line.phone()

    phone.dial()
    answer = phone.say(f"Mi llamada es {sid} y mi clave sk-proj-abcdefghijklmnopqrstuvwx1234")

    assert sid not in str(openai.chats[0].body)
    assert "sk-proj" not in str(openai.chats[0].body)
    assert sid not in answer
    turn = line.turns()[0]
    assert sid not in turn.heard + "".join(turn.sentences)


@pytest.mark.both_databases
def test_what_breaks_xml_is_never_spoken(line, openai):
    openai.enqueue(text("Uno\x01 <y> Pérez & Gil, \x00tres 😀 **cuatro**."))
    phone = line.phone()

    phone.dial()
    answer = phone.say("Cuente")

    assert answer == "Uno Pérez y Gil, tres cuatro."


def test_a_call_as_long_as_it_may_be_is_said_goodbye_to(open_line, openai):
    line = open_line(call_max_minutes=0.0001)
    phone = line.phone()

    phone.dial()
    phone.silence()
    goodbye = phone.say("Una cosa más")

    assert goodbye == line.parts.phone.manager.profile.phrases.too_long
    assert phone.ended is Ending.HANGUP
    assert openai.chats == []


def test_the_twiml_is_what_twilio_understands_best(line, openai):
    phone = line.phone()
    phone.dial()

    gather = ET.fromstring(phone.steps[-1].twiml).find("Gather")

    profile = line.parts.phone.manager.profile
    assert gather.attrib["input"] == "dtmf speech"
    assert gather.attrib["language"] == profile.language == "es-ES"
    assert gather.attrib["speechTimeout"] == "auto"
    assert gather.attrib["actionOnEmptyResult"] == gather.attrib["bargeIn"] == "true"
    assert gather.attrib["action"] == "/gather?turn=1#ct=2000&rt=6000&rc=2&rp=ct,rt,5xx"
    assert gather.find("Say").attrib == {"voice": profile.voice, "language": "es-ES"}
    assert profile.voice.endswith("-Neural")


@pytest.mark.both_databases
def test_a_returning_caller_is_remembered_by_topic_alone(line, openai):
    from jobs.job import run_pending

    openai.enqueue(text("Su cita es el martes."), text("cambio de una cita"), text("Hola de nuevo."))
    first = line.phone(status_callback="/status")
    first.dial()
    first.say("Soy Ana, de la calle Mayor 3, ¿cuándo es mi cita?")
    first.hang_up()
    run_pending(line.parts.work, worker_jobs(line))

    second = line.phone()
    second.dial()
    second.say("Hola, llamo otra vez")

    (_, system), (role, notes) = asked(openai)[:2]
    assert role == "user" and "cambio de una cita" in notes and "cambio de una cita" not in system
    assert "calle Mayor" not in notes and "martes" not in notes
