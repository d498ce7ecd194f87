"""Stories of people who show WhatsApp's user name in place of their number, through 360dialog."""

import pytest

from messaging.requests import ReceiptFacts
from storage.base import utc_now
from storage.models import Contact, MessageStatus, Turn
from storage.queries import outgoing
from tests.fakes.dialog360.people import HIDDEN
from tests.fakes.openai.replies import text
from tests.journeys.dialog360.people import ANA, last
from tests.journeys.whatsapp.people import asked
from tests.records import every, the_only


@pytest.mark.both_databases
def test_who_hides_the_number_is_answered_and_remembered(line, whatsapp, openai, answers):
    openai.enqueue(text("Hola."), text("A las nueve."))

    whatsapp.people.write(None, "Hola")
    answers(line, 1, of=HIDDEN)
    whatsapp.people.write(None, "¿A qué hora abren?")

    assert answers(line, 2, of=HIDDEN) == ["Hola.", "A las nueve."]
    assert ("user", "Hola") in asked(openai)
    contact = the_only(line.parts.database, Contact)
    assert (contact.address, contact.whatsapp_user_id, contact.name) == (f"bsuid:{HIDDEN}", HIDDEN, "Ana")
    assert last(line).status == MessageStatus.READ


@pytest.mark.both_databases
def test_a_receipt_that_is_faster_than_the_answer_to_us_finds_its_message(line, whatsapp, openai, answers):
    openai.enqueue(text("Hola."))
    whatsapp.people.write(None, "Hola")
    answers(line, 1, of=HIDDEN)
    conversation_id = last(line).conversation_id
    with line.parts.database.write() as connection:
        message_id = outgoing.add_outbound(
            connection, conversation_id, "text", "Soy Eva", utc_now(), MessageStatus.SENDING, author="Eva"
        )

    facts = ReceiptFacts("wamid.9", MessageStatus.SENT, None, user_id=HIDDEN)
    line.parts.whatsapp.dialog360_receipts.note(facts)

    assert (last(line).id, last(line).sid) == (message_id, "wamid.9")


def test_who_hides_the_number_opts_out(line, whatsapp, openai, answers, phrases):
    whatsapp.people.write(None, "STOP")

    assert answers(line, 1, of=HIDDEN) == [phrases.opted_out]
    assert the_only(line.parts.database, Contact).opted_out_at is not None


@pytest.mark.both_databases
def test_who_shows_the_number_later_is_the_same_person(line, whatsapp, openai, answers):
    openai.enqueue(text("Hola."), text("A las nueve."), text("Sí."))
    whatsapp.people.write(None, "Hola")
    answers(line, 1, of=HIDDEN)

    whatsapp.people.write(ANA, "¿A qué hora abren?", from_user_id=HIDDEN)
    answers(line, 2)
    whatsapp.people.write(None, "¿También hoy?")
    answers(line, 3)

    contact = the_only(line.parts.database, Contact)
    assert (contact.address, contact.whatsapp_user_id) == (ANA, HIDDEN)
    assert whatsapp.messages.words(ANA) == ["A las nueve.", "Sí."]  # by the number, once it is known
    assert [turn.heard for turn in every(line.parts.database, Turn)] == [
        "Hola", "¿A qué hora abren?", "¿También hoy?",
    ]  # fmt: skip


@pytest.mark.both_databases
def test_two_that_turn_out_to_be_one_keep_the_stricter_wish(line, whatsapp, openai, answers):
    openai.enqueue(text("Hola."), text("Dígame."))
    whatsapp.people.write(ANA, "Hola")
    answers(line, 1)
    whatsapp.people.write(None, "STOP")
    answers(line, 1, of=HIDDEN)

    whatsapp.people.write(ANA, "Una pregunta", from_user_id=HIDDEN)
    answers(line, 2)

    by_number, by_name = every(line.parts.database, Contact)
    assert (by_number.address, by_number.whatsapp_user_id) == (ANA, HIDDEN)
    assert by_number.opted_out_at is not None and by_name.whatsapp_user_id is None
