"""Stories of people who show WhatsApp's user name in place of their number, through Twilio."""

import pytest

from storage.models import Contact, Conversation, MessageStatus
from storage.queries import contacts
from tests.fakes.openai.replies import text
from tests.journeys.whatsapp.people import asked, person_of, sent, work_off
from tests.journeys.whatsapp.posting import Poster, written
from tests.records import every, the_only

HIDDEN = "MX.13491208655302741918"
WITHOUT_NUMBER = {"From": f"whatsapp:{HIDDEN}", "WaId": None, "ExternalUserId": f"whatsapp:{HIDDEN}"}


@pytest.mark.both_databases
def test_who_hides_the_number_is_answered_and_remembered(line, openai):
    openai.enqueue(text("Hola."), text("A las nueve."))

    with Poster(line) as poster:
        first = poster.post("/webhook/whatsapp", written(**WITHOUT_NUMBER))
        second = poster.post(
            "/webhook/whatsapp", written(**WITHOUT_NUMBER, Body="¿A qué hora abren?", MessageSid="SM2")
        )

    assert (first.status, first.messages, second.messages) == (200, ["Hola."], ["A las nueve."])
    assert ("user", "Hola") in asked(openai)
    contact = the_only(line.parts.database, Contact)
    assert (contact.address, contact.whatsapp_user_id) == (f"bsuid:{HIDDEN}", HIDDEN)


def test_an_operators_words_reach_who_hides_the_number(real_line, openai, twilio):
    line = real_line()
    openai.enqueue(text("Hola."))
    person = person_of(line, twilio, number=HIDDEN)
    person.send("Hola")

    write(line, "Soy Marta.")
    work_off(line)

    assert person.texts == ["Hola.", "Soy Marta."]
    assert person.errors == []


def test_where_twilio_reaches_no_user_id_the_message_has_failed_and_is_tried_once(real_line, openai, twilio):
    line = real_line()
    openai.enqueue(text("Hola."))
    person = person_of(line, twilio, number=HIDDEN)
    person.send("Hola")
    twilio.refuse(400, 21211, times=1)

    write(line, "Soy Marta.")
    work_off(line)
    work_off(line, seconds=600)

    assert (sent(line)[-1].status, sent(line)[-1].error_code) == (MessageStatus.FAILED, 21211)
    assert person.texts == ["Hola."]


@pytest.mark.both_databases
def test_who_hides_the_number_from_today_on_is_the_same_person(line, openai):
    openai.enqueue(text("Hola."), text("A las nueve."))

    with Poster(line) as poster:
        poster.post("/webhook/whatsapp", written(ExternalUserId=f"whatsapp:{HIDDEN}"))
        poster.post("/webhook/whatsapp", written(**WITHOUT_NUMBER, Body="¿A qué hora?", MessageSid="SM2"))

    assert the_only(line.parts.database, Contact).address == "+12025550143"
    assert ("user", "Hola") in asked(openai)


@pytest.mark.both_databases
def test_a_caller_who_hid_the_number_on_whatsapp_and_shows_it_now_is_the_caller(line, openai):
    openai.enqueue(text("Hola."), text("A las nueve."))
    with Poster(line) as poster:
        poster.post("/webhook/whatsapp", written(**WITHOUT_NUMBER))
        phone = line.phone(from_number="+12025550143")
        phone.dial()
        phone.hang_up()

        answer = poster.post(
            "/webhook/whatsapp",
            written(ExternalUserId=f"whatsapp:{HIDDEN}", Body="¿A qué hora?", MessageSid="SM2"),
        )

    assert answer.messages == ["A las nueve."]
    assert ("user", "Hola") in asked(openai)
    person, caller = every(line.parts.database, Contact)
    assert (person.address, person.whatsapp_user_id) == ("+12025550143", HIDDEN)
    assert caller.merged_into == person.id


@pytest.mark.parametrize("rubbish", ["whatsapp:", "MX", "\x00", "x" * 5000, "MX." + "1" * 200])
def test_an_id_that_is_none_refuses_nobody(line, openai, rubbish):
    openai.enqueue(text("Hola."))

    with Poster(line) as poster:
        answer = poster.post("/webhook/whatsapp", written(ExternalUserId=rubbish))

    assert (answer.status, answer.messages) == (200, ["Hola."])
    assert the_only(line.parts.database, Contact).whatsapp_user_id is None


@pytest.mark.both_databases
def test_the_longest_id_is_kept_whole(line, openai):
    openai.enqueue(text("Hola."))
    longest = "MX." + "1" * 128

    with Poster(line) as poster:
        answer = poster.post("/webhook/whatsapp", written(**WITHOUT_NUMBER | {"From": f"whatsapp:{longest}"}))

    assert answer.messages == ["Hola."]
    assert every(line.parts.database, Contact)[0].whatsapp_user_id == longest


def write(line, body):
    conversation = the_only(line.parts.database, Conversation)
    with line.parts.database.write() as connection:
        recipient = contacts.find_recipient(connection, conversation_id=conversation.id)
        line.parts.whatsapp.outbox.write(connection, recipient, body, author="Marta")
