"""Stories of operators who step in from Chatwoot, and step out again."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from storage.base import utc_now
from storage.models import Conversation, Message
from tests.fakes.openai.replies import stalled, text
from tests.journeys.people.chatwoot_setup import (
    mirror,
    settle,
    shown,
    work_off,
)
from tests.journeys.people.operators import is_human, notes, operator_writes
from tests.records import every

pytestmark = pytest.mark.quick


def pedro_takes_over(line):
    """In our own database, while nobody has told the assistant."""
    with line.parts.database.write() as connection:
        until = utc_now() + timedelta(hours=1)
        connection.execute(update(Conversation).values(human="Pedro", human_until=until))


@pytest.mark.both_databases
def test_an_operator_writes_and_the_assistant_falls_silent_until_it_is_resolved(talk, chatwoot, openai):
    line, person = talk()

    operator_writes(chatwoot, line, "Hola, soy **Pedro** de ventas")
    person.send("¿Tienen stock?")
    assert len(openai.chats) == 1
    chatwoot.resolve(42)
    settle(chatwoot)
    openai.enqueue(text("Aquí el asistente otra vez."))
    person.send("Gracias")
    work_off(line)

    assert person.texts == [
        "Hola, soy el asistente.",
        "Hola, soy *Pedro* de ventas",
        "Aquí el asistente otra vez.",
    ]
    assert shown(chatwoot) == [
        ("incoming", "Hola"),
        ("outgoing", "Hola, soy el asistente."),
        ("outgoing", "Hola, soy **Pedro** de ventas"),
        ("incoming", "¿Tienen stock?"),
        ("incoming", "Gracias"),
        ("outgoing", "Aquí el asistente otra vez."),
    ]


def test_the_answer_that_is_being_written_is_stopped(talk, chatwoot, openai):
    line, person = talk(whatsapp_twiml_wait_s=0.2)
    openai.enqueue(stalled("Déjeme pen"))
    person.send("¿Cuánto cuesta?")
    stopped = openai.chats[-1]

    operator_writes(chatwoot, line, "Le atiendo yo")

    assert openai.wait_for(lambda: stopped.gone_at is not None)
    work_off(line, seconds=60)
    assert person.texts == ["Hola, soy el asistente.", "Le atiendo yo"]


@pytest.mark.both_databases
def test_an_answer_that_is_on_its_way_is_held_back_and_shown_to_nobody(talk, chatwoot, openai):
    line, person = talk(whatsapp_twiml_wait_s=0.1)
    openai.enqueue(text("Llego tarde.", first_token_s=0.6))
    writing = threading.Thread(target=person.send, args=("¿Cuánto cuesta?",))
    writing.start()
    assert openai.wait_for(lambda: len(openai.chats) == 2)
    pedro_takes_over(line)
    writing.join()

    assert openai.wait_for(lambda: "held" in {m.status for m in every(line.parts.database, Message)})
    work_off(line)

    assert person.texts == ["Hola, soy el asistente."]
    assert ("outgoing", "Llego tarde.") not in shown(chatwoot)


def test_an_answer_that_was_shown_and_is_then_held_back_is_marked_so(talk, chatwoot, openai):
    line, person = talk(whatsapp_twiml_wait_s=0.1)
    openai.enqueue(text("Llego tarde.", first_token_s=0.6))
    person.send("¿Cuánto cuesta?")
    assert openai.wait_for(lambda: "waiting" in {m.status for m in every(line.parts.database, Message)})
    mirror(line)
    assert shown(chatwoot)[-1] == ("outgoing", "Llego tarde.")

    pedro_takes_over(line)
    work_off(line)

    assert person.texts == ["Hola, soy el asistente."]
    voice, words = shown(chatwoot)[-1]
    assert (voice, "«Llego tarde.»" in words) == ("note", True)


def test_private_notes_never_leave(talk, chatwoot):
    line, person = talk()

    operator_writes(chatwoot, line, "Este cliente paga tarde", private=True)
    operator_writes(chatwoot, line, "/bot desconocido", private=True)

    assert person.texts == ["Hola, soy el asistente."]
    assert not is_human(line)
    assert [m.body for m in every(line.parts.database, Message)] == ["Hola", "Hola, soy el asistente."]


def test_the_assistant_is_switched_off_and_on_by_notes_which_are_answered(talk, chatwoot, openai):
    line, person = talk()

    operator_writes(chatwoot, line, "/bot off", private=True)
    assert is_human(line)
    operator_writes(chatwoot, line, " /BOT  status ", private=True)
    operator_writes(chatwoot, line, "/bot on", private=True)
    assert not is_human(line)
    operator_writes(chatwoot, line, "/bot status", private=True)

    answers = [words for words in notes(chatwoot) if "/bot " not in words.lower()[:9]]
    assert answers[0].startswith("El asistente calla hasta el ")
    assert answers[1].startswith("Contesta Pedro: el asistente calla hasta el ")
    assert answers[2] == "El asistente vuelve a contestar."
    assert answers[3].startswith("Contesta el asistente.")
    assert person.texts == ["Hola, soy el asistente."]
