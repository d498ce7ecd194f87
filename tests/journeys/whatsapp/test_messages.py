"""Stories of people who write."""

import threading
from itertools import pairwise

import pytest
from sqlalchemy import select

from conversation.phrases import catalogue_for
from simulator.whatsapp.client import ReceiptConfig
from storage.models import Contact, Conversation, Message, Turn
from tests.fakes.openai.replies import text, tool_call
from tests.journeys.whatsapp.people import asked, sent
from tests.processes import worker_jobs
from tests.records import every, the_only

pytestmark = pytest.mark.quick

ANA = "+34600000001"


@pytest.mark.both_databases
def test_somebody_writes_and_is_answered_with_memory(line, openai):
    openai.enqueue(text("¡Hola, Ana! ¿En qué puedo ayudarle?"), text("Abrimos a las nueve."))
    person = line.whatsapp(profile_name="Ana")

    person.send("Hola, soy Ana")
    person.send("¿A qué hora abren?")

    assert person.texts == ["¡Hola, Ana! ¿En qué puedo ayudarle?", "Abrimos a las nueve."]
    assert ("user", "Hola, soy Ana") in asked(openai)
    assert ("assistant", "¡Hola, Ana! ¿En qué puedo ayudarle?") in asked(openai)
    assert person.errors == []


@pytest.mark.both_databases
def test_a_burst_is_answered_once_and_whole(open_line, openai):
    openai.enqueue(text("Mañana a las diez, apuntado."))
    line = open_line(whatsapp_settle_s=2)
    person = line.whatsapp()
    writing = []
    for words in ("Hola", "quería una cita", "para mañana"):
        writing.append(threading.Thread(target=person.send, args=(words,)))
        writing[-1].start()
        assert openai.wait_for(lambda: len(every(line.parts.database, Message)) == len(writing))
    for thread in writing:
        thread.join()

    assert person.texts == ["Mañana a las diez, apuntado."]
    assert the_only(line.parts.database, Turn).heard == "Hola\nquería una cita\npara mañana"


@pytest.mark.both_databases
def test_a_webhook_ten_times_at_once_is_one_message_and_one_answer(line, openai):
    openai.enqueue(*[text("Sí.")] * 10)
    person = line.whatsapp()

    writing = [
        threading.Thread(target=person.send, args=("Hola",), kwargs={"sid": "SM" + "1" * 32})
        for _ in range(10)
    ]
    for thread in writing:
        thread.start()
    for thread in writing:
        thread.join()

    assert person.texts == ["Sí."]
    assert len(openai.chats) == 1


def test_an_answer_in_many_parts_comes_in_order_and_within_the_limit(line, openai):
    openai.enqueue(text(" ".join(f"Esta es la frase número {number}." for number in range(1, 120))))
    person = line.whatsapp()

    person.send("Cuéntemelo todo")

    parts = sent(line)
    assert len(parts) > 1
    assert all(len(message.body) <= 1600 for message in parts)
    assert [message.part for message in parts] == list(range(len(parts)))
    assert person.texts == [message.body for message in parts]  # without REST all of it goes into the reply


@pytest.mark.both_databases
def test_receipts_in_any_order_never_take_a_message_back(line, openai):
    openai.enqueue(text("Hecho."))
    person = line.whatsapp(receipts=ReceiptConfig(order="scrambled", times=3))

    person.send("Hola")

    assert [message.status for message in sent(line)] == ["read"]
    assert sent(line)[0].sid == person.received[0].sid


@pytest.mark.both_databases
def test_who_opts_out_is_told_once_and_still_answered(line, openai, phrases):
    openai.enqueue(text("Claro que sí."))
    person = line.whatsapp()

    for words in ("BAJA", "baja", "¿Siguen abiertos?", "Alta"):
        person.send(words)

    assert person.texts == [phrases.opted_out, "Claro que sí.", phrases.opted_in]
    assert the_only(line.parts.database, Contact).opted_out_at is None


def test_cancelling_is_asked_about_once(line, openai, phrases):
    openai.enqueue(text("¿Qué cita quiere cancelar?"))
    person = line.whatsapp()

    person.send("Cancelar")
    person.send("Cancelar")

    assert person.texts == [phrases.opt_out_question, "¿Qué cita quiere cancelar?"]


@pytest.mark.both_databases
def test_the_same_person_on_the_phone_and_on_whatsapp_is_one_contact(line, openai):
    openai.enqueue(text("Hola."), text("Hola."))
    phone = line.phone(from_number="+525512345678")
    phone.dial()
    phone.say("Hola")

    line.whatsapp(number="+5215512345678").send("Hola")

    contact = the_only(line.parts.database, Contact)
    assert (contact.address, contact.whatsapp_address) == ("+525512345678", "whatsapp:+5215512345678")


def name_topics(line):
    """Do what is due once a conversation has rested."""
    with line.parts.database.read() as connection:
        ids = [*connection.scalars(select(Conversation.id))]
    note = worker_jobs(line)["note_topic"]
    for conversation_id in ids:
        note.run({"conversation_id": conversation_id})


def test_what_was_said_on_the_phone_is_known_by_its_topic(line, openai):
    openai.enqueue(text("Su cita es a las diez y cuarto."), text("cambio de una cita"), text("Hola."))
    phone, person = line.phone(from_number=ANA), line.whatsapp(number=ANA)
    phone.dial()
    phone.say("Soy Ana, de la calle Olmo 77, ¿cuándo es mi cita?")
    phone.hang_up()
    name_topics(line)

    person.send("Hola")

    role, notes = asked(openai)[1]
    assert role == "user" and notes.startswith("[Notes of the program")
    assert "cambio de una cita" in notes and "cambio de una cita" not in asked(openai)[0][1]
    assert "Olmo" not in str(asked(openai)) and "a las diez y cuarto" not in str(asked(openai))


def test_what_was_written_is_known_on_the_phone_by_its_topic(line, openai):
    openai.enqueue(text("Abrimos a las nueve."), text("el horario"), text("Buenos días."))
    phone, person = line.phone(from_number=ANA), line.whatsapp(number=ANA)
    person.send("Vivo en la calle Olmo 77, ¿a qué hora abren?")
    name_topics(line)

    phone.dial()
    phone.say("Hola")

    role, notes = asked(openai)[1]
    assert role == "user" and notes.startswith("[Notes of the program")
    assert "el horario" in notes
    assert "Olmo" not in str(asked(openai))


def test_where_nobody_can_be_brought_in_a_message_is_kept(line, openai):
    openai.enqueue(tool_call("hand_off", {"reason": "queja", "summary": "Le cobraron dos veces."}))
    person = line.whatsapp()

    person.send("Quiero hablar con una persona")

    assert person.texts == [catalogue_for("es").customers.message_kept]


def test_where_nobody_can_be_brought_in_no_further_request_is_answered_with_the_words_before(line, openai):
    openai.enqueue(*[tool_call("hand_off", {"reason": "queja", "summary": "Otra vez."})] * 2)
    customers, person = catalogue_for("es").customers, line.whatsapp()

    for said in ("Quiero hablar con una persona", "Hablar con alguien", "Tengo una queja", "Y otra queja"):
        person.send(said)

    first, *others = person.texts
    assert first == customers.message_kept and set(others) == set(customers.kept_before)
    assert all(one != other for one, other in pairwise(others)) and len(others) == 3


def test_what_looks_like_a_secret_reaches_neither_the_model_nor_the_history(line, openai):
    openai.enqueue(text("Entendido."))
    secret = "https://api.twilio.com/2010-04-01/Accounts/AC" + "0" * 32 + "/Messages/MM" + "1" * 32
    line.whatsapp().send(f"Mire {secret}")

    assert "AC000" not in str(openai.chats[-1].body) + "".join(
        m.body for m in every(line.parts.database, Message)
    )
