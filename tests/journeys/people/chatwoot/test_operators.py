"""Stories of what operators write in Chatwoot, and of who has a conversation."""

import pytest

from simulator.whatsapp.client import voice_note
from storage.models import Message
from tests.fakes.openai.replies import text, transcript
from tests.journeys.people.chatwoot_setup import (
    ANA,
    SOURCE,
    caller_of,
    person_of,
    settle,
    shown,
    work_off,
)
from tests.journeys.people.operators import is_human, operator_writes
from tests.records import every

pytestmark = pytest.mark.quick


def test_what_is_attached_goes_out_one_by_one_after_the_words(talk, chatwoot, twilio):
    line, person = talk()
    files = [("piso.jpg", b"\xff\xd8\xff", "image/jpeg"), ("plano.pdf", b"%PDF-", "application/pdf")]

    operator_writes(chatwoot, line, "Mire", attachments=files)

    assert [received.text for received in person.received[1:]] == ["Mire", "", ""]
    urls = [message.attachments for message in every(line.parts.database, Message)][-2:]
    assert [attached[0]["type"] for attached in urls] == ["image/jpeg", "application/pdf"]
    assert all(attached[0]["url"].startswith(chatwoot.url) for attached in urls)


def test_a_long_message_goes_out_in_parts(talk, chatwoot):
    line, person = talk()

    operator_writes(chatwoot, line, "Una frase bastante larga. " * 100)

    assert len(person.texts) == 3
    assert all(len(words) <= 1600 for words in person.texts)


@pytest.mark.both_databases
@pytest.mark.parametrize("copies", [1, 3])
def test_webhooks_that_come_several_times_change_nothing_more(talk, chatwoot, copies):
    line, person = talk()
    chatwoot.webhooks.copies = copies

    operator_writes(chatwoot, line, "Hola, soy Pedro")
    operator_writes(chatwoot, line, "Hola, soy Pedro")

    assert person.texts[1:] == ["Hola, soy Pedro", "Hola, soy Pedro"]


def test_our_own_messages_are_not_sent_even_when_the_webhook_is_first(desk_line, chatwoot, twilio, openai):
    openai.enqueue(text("Hola."), text("Adiós."))
    chatwoot.webhooks.before_reply = True
    for token in ("bot", "user"):
        line = desk_line(token=token)
        person = person_of(line, twilio)
        person.send("Hola")
        work_off(line)

        assert not is_human(line)
    assert [m.body for m in every(line.parts.database, Message)] == ["Hola", "Hola.", "Hola", "Adiós."]


def test_greetings_of_chatwoots_own_and_its_bots_are_not_passed_on(talk, chatwoot):
    line, person = talk()

    chatwoot.chatwoot_writes(42, "Gracias por escribir. ¿Nos valora?")
    chatwoot.backend.add_message(chatwoot.conversation(42), "Otro bot", "outgoing", chatwoot.bot)
    chatwoot.webhooks.add(chatwoot.backend.take_events())
    settle(chatwoot)
    work_off(line)

    assert person.texts == ["Hola, soy el asistente."]
    assert not is_human(line)


def test_what_is_written_in_another_inbox_to_the_same_person_is_not_passed_on(talk, chatwoot):
    line, person = talk()
    other = chatwoot.add_inbox("WhatsApp Cloud", identifier="cloud", id=9)
    link = chatwoot.backend.contacts.make(other, {"source_id": SOURCE, "phone_number": ANA})
    chatwoot.backend.make_conversation(link, {}, set())

    chatwoot.operator_writes(43, "Por la otra bandeja")
    settle(chatwoot)
    work_off(line)

    assert person.texts == ["Hola, soy el asistente."]


def test_an_operator_who_begins_another_conversation_with_the_person_is_passed_on(talk, chatwoot, openai):
    line, person = talk()
    link = chatwoot.backend.contacts.link(chatwoot.inbox, SOURCE)
    chatwoot.backend.make_conversation(link, {}, set())

    chatwoot.operator_writes(43, "Empiezo aquí")
    settle(chatwoot)
    person.send("Muy bien")
    work_off(line)

    assert person.texts[1:] == ["Empiezo aquí"]
    assert chatwoot.words(43) == [("outgoing", "Empiezo aquí"), ("incoming", "Muy bien")]


def test_a_pending_conversation_is_opened_when_an_operator_writes_and_given_back_when_made_pending(
    desk_line, chatwoot, twilio, openai
):
    chatwoot.inbox.has_bot = True
    openai.enqueue(text("Hola."), text("Aquí otra vez."))
    line = desk_line()
    person = person_of(line, twilio)
    person.send("Hola")
    work_off(line)
    assert chatwoot.conversation(42).status == "pending"

    operator_writes(chatwoot, line, "Le atiendo yo")
    settle(chatwoot)
    assert chatwoot.conversation(42).status == "open"
    assert is_human(line)
    chatwoot.pend(42)
    settle(chatwoot)
    person.send("¿Y ahora?")

    assert person.texts[-1] == "Aquí otra vez."


def test_who_opens_a_pending_conversation_has_it(desk_line, chatwoot, twilio, openai):
    chatwoot.inbox.has_bot = True
    openai.enqueue(text("Hola."))
    line = desk_line()
    person = person_of(line, twilio)
    person.send("Hola")
    work_off(line)

    chatwoot.open(42)
    settle(chatwoot)
    person.send("¿Hay alguien?")

    assert len(openai.chats) == 1
    assert is_human(line)


def test_what_we_opened_ourselves_is_not_taken_for_an_operators(desk_line, chatwoot, twilio, openai):
    chatwoot.inbox.has_bot = True
    line = desk_line()
    phone = caller_of(line)
    phone.dial()
    phone.press("0")
    phone.hang_up()
    work_off(line)
    settle(chatwoot)
    openai.enqueue(text("Sí, dígame."))

    assert chatwoot.conversation(42).status == "open"
    assert person_of(line, twilio).send("¿Hola?").text == "Sí, dígame."


@pytest.mark.parametrize("takes_over", [True, False])
def test_assigning_takes_over_where_it_is_set_to(talk, chatwoot, openai, takes_over):
    line, person = talk(chatwoot_assigning_takes_over=takes_over)
    openai.enqueue(text("Sigo aquí."))

    chatwoot.assign(42)
    settle(chatwoot)

    assert is_human(line) is takes_over
    assert person.send("¿Sigue ahí?").text == ("" if takes_over else "Sigo aquí.")


def test_what_is_said_to_an_operator_is_written_down_for_them(talk, chatwoot, openai):
    line, person = talk()
    openai.enqueue_transcripts(transcript("Soy yo otra vez."))
    operator_writes(chatwoot, line, "Le atiendo yo")

    person.send(media=[voice_note()])
    work_off(line, seconds=5)

    assert shown(chatwoot)[-1] == ("incoming", "🎙 Soy yo otra vez.")
    assert [m.content_type for m in chatwoot.messages(42)[-1].blobs] == ["audio/ogg"]


def test_a_conversation_that_a_person_reopens_by_writing_is_not_taken_for_an_operators(
    talk, chatwoot, openai
):
    line, person = talk()
    chatwoot.assign(42)
    operator_writes(chatwoot, line, "Hecho")
    chatwoot.resolve(42)
    settle(chatwoot)
    openai.enqueue(text("Uno."), text("Dos."))

    person.send("Otra cosa")
    work_off(line)
    settle(chatwoot)
    assert chatwoot.conversation(42).status == "open"
    person.send("¿Y?")

    assert person.texts[-2:] == ["Uno.", "Dos."]


@pytest.mark.both_databases
def test_disordered_webhooks_end_as_they_happened(talk, chatwoot):
    line, person = talk()
    chatwoot.webhooks.hold()
    chatwoot.operator_writes(42, "Un momento")
    body = chatwoot.webhooks._held[0].build()
    chatwoot.resolve(42)
    chatwoot.webhooks._held[0].build = lambda: body  # made up before it was resolved
    chatwoot.webhooks.release(lambda held: held[::-1])
    settle(chatwoot)
    work_off(line)

    assert person.texts[-1] == "Un momento"
    assert not is_human(line)
