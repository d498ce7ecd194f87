"""Stories of conversations that people watch in Chatwoot."""

import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from simulator.whatsapp.client import ReceiptWishes, photo, voice_note
from storage.base import utc_now
from storage.models import Mirror, MirrorItem
from tests.fakes.chatwoot.fake import Close, FakeChatwoot, Hang, Page, Status
from tests.fakes.openai.server import text, transcript
from tests.journeys.people.chatwoot_setup import (
    ANA,
    SOURCE,
    caller_of,
    mirror,
    person_of,
    shown,
    states,
    work_off,
)
from tests.records import every, the_only


def write_many(line, twilio, openai, count, number=ANA):
    """Let a person write several messages, each answered."""
    openai.enqueue(*[text(f"Respuesta {n}.") for n in range(count)])
    person = person_of(line, twilio, number)
    for n in range(count):
        person.send(f"Mensaje {n}")


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


@pytest.mark.both_databases
def test_an_hour_without_chatwoot_loses_nothing_and_doubles_nothing(desk_line, chatwoot, twilio, openai):
    line = desk_line()
    write_many(line, twilio, openai, 1)
    work_off(line)
    chatwoot.down()

    for minute in (0, 20, 40):
        write_many(line, twilio, openai, 2)
        work_off(line, seconds=minute * 60)
    chatwoot.up()
    work_off(line, seconds=3600)

    assert len(shown(chatwoot)) == 2 * 7
    assert [words for kind, words in shown(chatwoot) if kind == "incoming"] == ["Mensaje 0"] + [
        "Mensaje 0",
        "Mensaje 1",
    ] * 3


def test_nobody_waits_for_a_chatwoot_that_hangs(desk_line, chatwoot, twilio, openai):
    line = desk_line()
    chatwoot.fail(Hang(), times=100)

    write_many(line, twilio, openai, 3)

    assert chatwoot.hanging == 0
    assert {state for _, state in states(line)} == {"waiting"}


@pytest.mark.both_databases
@pytest.mark.parametrize("fault", [Close(after=True), Status(502, after=True), Page(504, after=True)])
def test_a_post_whose_answer_was_lost_is_found_and_not_doubled(desk_line, chatwoot, twilio, openai, fault):
    line = desk_line()
    write_many(line, twilio, openai, 2)
    chatwoot.fail(fault, method="POST", path="/messages", times=2)

    for _ in range(3):
        mirror(line)

    assert [words for _, words in shown(chatwoot)] == [
        "Mensaje 0",
        "Respuesta 0.",
        "Mensaje 1",
        "Respuesta 1.",
    ]
    assert {state for _, state in states(line)} == {"done"}


def test_the_same_words_again_are_not_taken_for_those_whose_answer_was_lost(
    desk_line, chatwoot, twilio, openai
):
    openai.enqueue(text("¿Sí?"), text("¿Sí?"))
    line = desk_line()
    person = person_of(line, twilio)
    person.send("Hola")
    mirror(line)
    person.send("Hola")
    chatwoot.fail(Close(), method="POST", path="/messages")  # this one was not done

    for _ in range(2):
        mirror(line)

    assert [words for _, words in shown(chatwoot)] == ["Hola", "¿Sí?"] * 2


def test_a_note_whose_answer_was_lost_is_known_by_its_webhook(desk_line, chatwoot, twilio, openai):
    line = desk_line()
    write_many(line, twilio, openai, 1)
    mirror(line)
    with line.parts.database.write() as connection:
        line.parts.people.handoffs._desk.note(connection, 1, "handoff:1", "Quiere un presupuesto", utc_now())
    chatwoot.fail(Close(after=True), method="POST", path="/messages")

    mirror(line)
    chatwoot.webhooks.settle()
    mirror(line)

    assert [words for kind, words in shown(chatwoot) if kind == "note"] == ["Quiere un presupuesto"]


@pytest.mark.both_databases
def test_what_a_dead_worker_was_at_is_looked_for_before_it_is_posted_again(
    desk_line, chatwoot, twilio, openai
):
    line = desk_line()
    write_many(line, twilio, openai, 2)
    mirror(line)
    [*_, last] = every(line.parts.database, MirrorItem)
    with line.parts.database.write() as connection:  # it died after the post, before it could note so
        dead = update(MirrorItem).where(MirrorItem.id == last.id)
        connection.execute(dead.values(state="sending", step=0, remote_id=None, changed_at=utc_now()))

    mirror(line)
    assert states(line)[-1][1] == "sending"  # it may live
    with line.parts.database.write() as connection:
        connection.execute(update(MirrorItem).values(changed_at=utc_now() - timedelta(seconds=41)))
    mirror(line)

    assert states(line)[-1][1] == "done"
    assert len(shown(chatwoot)) == 4


def test_a_conversation_that_was_deleted_is_made_again_once(desk_line, chatwoot, twilio, openai):
    line = desk_line()
    write_many(line, twilio, openai, 1)
    mirror(line)
    chatwoot.delete_conversation(42)
    write_many(line, twilio, openai, 1)

    mirror(line)

    assert [words for _, words in shown(chatwoot)] == ["Mensaje 0", "Respuesta 0."]
    assert the_only(line.parts.database, Mirror).conversation_id == 43


def test_a_contact_that_was_deleted_is_made_again(desk_line, chatwoot, twilio, openai):
    line = desk_line()
    write_many(line, twilio, openai, 1)
    mirror(line)
    chatwoot.delete_contact(SOURCE)
    write_many(line, twilio, openai, 1)

    mirror(line)

    assert len(shown(chatwoot)) == 2


@pytest.mark.parametrize(
    "wrong", [{"chatwoot_inbox_id": "nobodys"}, {"token": "wrong"}, {"chatwoot_account_id": 9}]
)
def test_nothing_is_lost_while_it_is_not_set_up_right(desk_line, chatwoot, twilio, openai, wrong):
    line = desk_line(**wrong)
    write_many(line, twilio, openai, 1)

    mirror(line)
    mirror(line)

    assert {state for _, state in states(line)} <= {"waiting", "done"}
    assert dict(states(line))["message:2"] == "waiting"
    assert len(chatwoot.conversations_of(SOURCE)) <= 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_chatwoot_with_troubles_is_asked_again_later(desk_line, chatwoot, twilio, openai, status):
    line = desk_line()
    write_many(line, twilio, openai, 1)
    chatwoot.fail(Status(status), method="POST", path="/messages")

    mirror(line)
    assert "done" not in dict(states(line)).values()
    work_off(line, seconds=10)

    assert len(shown(chatwoot)) == 2


def test_a_flood_passes_and_all_of_it_is_there(desk_line, twilio, openai):
    now = [1_700_000_000.0]
    with FakeChatwoot(flood_limit=3, clock=lambda: now[0]) as chatwoot:
        line = desk_line(chatwoot_url=chatwoot.url)
        write_many(line, twilio, openai, 4)
        for _ in range(4):
            mirror(line)
            now[0] += 61

        assert [words for kind, words in shown(chatwoot) if kind == "incoming"] == [
            f"Mensaje {n}" for n in range(4)
        ]
        assert len(shown(chatwoot)) == 8


def test_what_chatwoot_will_never_take_does_not_keep_the_next_from_it(desk_line, chatwoot, twilio, openai):
    line = desk_line()
    write_many(line, twilio, openai, 2)
    chatwoot.fail(Status(422, {"message": "Content is strange"}), method="POST", path="/messages")

    mirror(line)

    assert [words for _, words in shown(chatwoot)] == ["Respuesta 0.", "Mensaje 1", "Respuesta 1."]
    assert states(line)[0][1] == "failed"


def test_without_a_token_the_assistants_words_are_marked_and_the_log_says_why_once(
    desk_line, chatwoot, twilio, openai, capsys
):
    line = desk_line(token=None)
    write_many(line, twilio, openai, 2)

    work_off(line)

    assert shown(chatwoot)[:2] == [("incoming", "Mensaje 0"), ("incoming", "🤖 Respuesta 0.")]
    logged = [json.loads(each) for each in capsys.readouterr().err.splitlines() if each.startswith("{")]
    assert [each["event"] for each in logged].count("chatwoot_without_token") == 1


@pytest.mark.parametrize("token", ["bot", None])
def test_without_a_token_too_a_lost_answer_is_not_doubled(desk_line, chatwoot, twilio, openai, token):
    line = desk_line(token=token)
    write_many(line, twilio, openai, 1)
    chatwoot.fail(Close(after=True), method="POST", path="/messages", times=2)

    for _ in range(3):
        mirror(line)

    assert len(shown(chatwoot)) == 2


def test_a_file_that_is_too_large_for_chatwoot_leaves_its_words(desk_line, chatwoot, twilio, openai):
    openai.enqueue(text("Gracias."))
    line = desk_line()
    person_of(line, twilio).send("Mi DNI", media=[photo()])
    chatwoot.fail(Page(413), method="POST", path="/messages")

    mirror(line)

    assert shown(chatwoot)[0] == ("incoming", "Mi DNI\n[un archivo que no se pudo copiar aquí: image/jpeg]")


def test_a_file_that_is_gone_leaves_its_words(desk_line, chatwoot, twilio, openai):
    openai.enqueue(text("Gracias."))
    line = desk_line()
    person_of(line, twilio).send("Mi DNI", media=[photo(status=404)])

    for _ in range(3):
        mirror(line)

    assert shown(chatwoot)[0] == ("incoming", "Mi DNI\n[un archivo que no se pudo copiar aquí: image/jpeg]")


def test_receipts_are_shown_with_a_users_token(desk_line, chatwoot, twilio, openai):
    line = desk_line(token="user")
    write_many(line, twilio, openai, 1)

    work_off(line)

    [_, answer] = chatwoot.messages(42)
    assert answer.status == "read"


def test_a_bots_token_is_refused_receipts_once_and_then_not_asked_again(desk_line, chatwoot, twilio, openai):
    line = desk_line(token="bot")
    write_many(line, twilio, openai, 3)
    work_off(line)
    again = desk_line(token="bot")  # another process, later

    write_many(again, twilio, openai, 2)
    work_off(again)

    patches = [asked for asked in chatwoot.requests if asked.method == "PATCH"]
    assert len(patches) == 1
    assert len(shown(chatwoot)) == 10


def test_an_answer_that_failed_is_marked_so(desk_line, chatwoot, twilio, openai):
    openai.enqueue(text("Hola."))
    line = desk_line(token="user")
    person_of(line, twilio, receipts=ReceiptWishes(error_code=63024)).send("Hola")

    work_off(line)

    answer = chatwoot.messages(42)[-1]
    assert answer.status == "failed"
    assert "63024" in answer.external_error
