"""Stories of conversations that people watch in Chatwoot."""

import threading

import pytest
from sqlalchemy import update

from simulator.whatsapp.client import photo, voice_note
from storage.models import Mirror, MirrorItem
from tests.fakes.chatwoot.fake import FakeChatwoot, Status
from tests.fakes.openai.replies import text, transcript
from tests.journeys.people.chatwoot_posts import write_many
from tests.journeys.people.chatwoot_setup import (
    ANA,
    SOURCE,
    caller_of,
    mirror,
    person_of,
    shown,
    work_off,
)
from tests.records import every, the_only


def posts(chatwoot):
    """The requests that posted a message."""
    return chatwoot.asked("POST", "/messages")


def test_what_is_written_is_shown_with_who_wrote_it(desk_line, chatwoot, twilio, openai):
    openai.enqueue(text("Abrimos a las nueve."))
    line = desk_line()

    person_of(line, twilio).send("¿A qué hora abren?")
    work_off(line)

    assert shown(chatwoot) == [("incoming", "¿A qué hora abren?"), ("outgoing", "Abrimos a las nueve.")]
    [contact] = chatwoot.contacts
    assert (contact.name, contact.phone_number) == ("Ana", ANA)
    assert the_only(line.parts.database, Mirror).source_id == SOURCE


def test_a_whole_day_is_shown_in_one_conversation(desk_line, chatwoot, twilio, openai):
    openai.enqueue(text("Hola."), text("Qué bonita."), text("Sí."), text("Hasta luego."))
    openai.enqueue_transcripts(transcript("¿Abren los sábados?"))
    line = desk_line()
    person = person_of(line, twilio)
    picture, note = photo(), voice_note()

    person.send("Hola")
    person.send("Mire", media=[picture])
    person.send(media=[note])
    phone = caller_of(line)
    phone.dial()
    phone.say("¿Y los domingos?")
    phone.hang_up()
    work_off(line)

    assert shown(chatwoot)[:-1] == [
        ("incoming", "Hola"),
        ("outgoing", "Hola."),
        ("incoming", "Mire"),
        ("outgoing", "Qué bonita."),
        ("incoming", "🎙 ¿Abren los sábados?"),
        ("outgoing", "Sí."),
        ("incoming", "¿Y los domingos?"),
        ("outgoing", "Hasta luego."),
    ]
    assert shown(chatwoot)[-1][0] == "note"
    assert shown(chatwoot)[-1][1].startswith("📞 La llamada terminó. Duró 0:")
    files = [blob for message in chatwoot.messages(42) for blob in message.blobs]
    assert [(file.content_type, file.content) for file in files] == [
        ("image/jpeg", picture.content), ("audio/ogg", note.content)
    ]  # fmt: skip


def called_then_wrote(line, twilio, openai):
    """A caller is shown by their number, until they write and WhatsApp says what they are called."""
    openai.enqueue(text("Hasta luego."), text("Hola, Ana."), text("Sí."))
    phone = caller_of(line)
    phone.dial()
    phone.say("¿Y los domingos?")
    phone.hang_up()
    work_off(line)
    return person_of(line, twilio)


def test_a_caller_has_a_name_once_it_is_known(desk_line, chatwoot, twilio, openai):
    line = desk_line()
    person = called_then_wrote(line, twilio, openai)
    assert chatwoot.contacts[0].name == ANA

    person.send("Hola")
    work_off(line)
    person.send("¿Abren hoy?")
    work_off(line)

    assert [contact.name for contact in chatwoot.contacts] == ["Ana"]
    assert len(chatwoot.asked("GET", f"/contacts/{SOURCE}")) == 1
    assert len(shown(chatwoot)) == 7


def test_a_name_that_an_operator_gave_is_left(desk_line, chatwoot, twilio, openai):
    line = desk_line()
    person = called_then_wrote(line, twilio, openai)
    chatwoot.contacts[0].name = "Ana, la de las sillas"

    person.send("Hola")
    work_off(line)

    assert [contact.name for contact in chatwoot.contacts] == ["Ana, la de las sillas"]


def test_a_contact_that_cannot_be_named_is_shown_what_is_said_all_the_same(
    desk_line, chatwoot, twilio, openai
):
    line = desk_line()
    person = called_then_wrote(line, twilio, openai)
    chatwoot.fail(Status(422), method="PATCH")

    person.send("Hola")
    work_off(line)

    assert shown(chatwoot)[-2] == ("incoming", "Hola")
    assert chatwoot.contacts[0].name == ANA


def test_templates_of_chatwoots_in_what_is_said_are_shown_as_they_are(desk_line, chatwoot, twilio, openai):
    openai.enqueue(text("Escriba {{contact.name}} o {% raw %}."))
    line = desk_line()

    person_of(line, twilio).send("¿Qué pongo?")
    work_off(line)

    assert shown(chatwoot)[-1] == ("outgoing", "Escriba {{contact.name}} o {% raw %}.")


def test_the_simulators_contacts_are_shown_to_nobody(desk_line, chatwoot, openai):
    openai.enqueue(text("Hola."), text("Hola."))
    line = desk_line()
    line.whatsapp().send("Hola")
    phone = line.phone()
    phone.dial()
    phone.say("Hola")

    work_off(line)

    assert chatwoot.contacts == []
    assert every(line.parts.database, MirrorItem) == []


@pytest.mark.both_databases
@pytest.mark.parametrize("locked", [False, True])
def test_ten_first_messages_at_once_on_two_workers_make_one_conversation(desk_line, twilio, openai, locked):
    with FakeChatwoot(locked=locked, create_takes_s=0.1) as chatwoot:
        openai.enqueue(*[text("Hola.")] * 10)
        line = desk_line(chatwoot_url=chatwoot.url, chatwoot_inbox_id=chatwoot.identifier)
        people = [person_of(line, twilio) for _ in range(10)]
        at_once(*[lambda n=n, p=p: p.send(f"Mensaje {n}") for n, p in enumerate(people)])

        at_once(*[lambda: mirror(line)] * 2)
        work_off(line, seconds=60)

        [conversation] = chatwoot.conversations_of(SOURCE)
        incoming = [words for kind, words in chatwoot.words(conversation.id) if kind == "incoming"]
        assert sorted(incoming) == [f"Mensaje {n}" for n in range(10)]


def at_once(*doings):
    threads = [threading.Thread(target=doing) for doing in doings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.both_databases
def test_twenty_messages_of_one_contact_within_a_second_stay_in_order(desk_line, chatwoot, twilio, openai):
    line = desk_line()
    write_many(line, twilio, openai, 20)

    at_once(*[lambda: mirror(line)] * 4)
    work_off(line, seconds=60)

    assert shown(chatwoot) == [
        said for n in range(20) for said in (("incoming", f"Mensaje {n}"), ("outgoing", f"Respuesta {n}."))
    ]


def test_a_conversation_that_is_there_is_gone_on_with(desk_line, chatwoot, twilio, openai):
    line = desk_line()
    write_many(line, twilio, openai, 1)
    mirror(line)
    with line.parts.database.write() as connection:  # as if another installation had made it
        connection.execute(update(Mirror).values(conversation_id=None))
    write_many(line, twilio, openai, 1)

    mirror(line)

    assert len(shown(chatwoot)) == 4
