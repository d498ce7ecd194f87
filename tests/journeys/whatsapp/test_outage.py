"""Stories of people who wrote while the server was down: Twilio does not send such a webhook again."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from container import Container
from simulator.whatsapp.client import voice_note
from storage.base import utc_now
from storage.models import Message, MessageStatus
from storage.queries import contacts, messages, outgoing
from storage.queries.messages import NewMessage
from tests.fakes.openai.replies import text, transcript
from tests.journeys.whatsapp.people import asked, person_of, sent, work_off
from tests.records import every

ANA, LUIS, US = "+34600000001", "+34600000002", "whatsapp:+12025550100"


@pytest.fixture
def line(real_line, openai):
    return real_line()


@pytest.fixture
def person(line, twilio, openai):
    """Somebody who has written yesterday's or today's last message that came."""
    openai.enqueue(text("Hola."))
    person = person_of(line, twilio, number=ANA)
    person.send("Hola")
    with line.parts.database.write() as connection:
        connection.execute(update(Message).values(created_at=utc_now() - timedelta(hours=1)))
    for message in twilio.book:
        message.created_at = message.sent_at = utc_now() - timedelta(hours=1)
    return person


@pytest.fixture
def missed(line):
    """What a worker asks each few minutes."""
    container = Container(line.settings)
    container.database = line.parts.database
    return container.whatsapp.missed


def write_unheard(twilio, body, *, minutes_ago=30, number=ANA, to=US, **more):
    """Let somebody write while nobody answers the webhook; return the SID."""
    message = twilio.book.add("inbound", sender=f"whatsapp:{number}", to=to, body=body, **more)
    message.created_at = message.sent_at = utc_now() - timedelta(minutes=minutes_ago)
    return message.sid


@pytest.mark.both_databases
def test_what_was_written_meanwhile_is_answered_with_a_word_about_the_delay(
    line, person, twilio, openai, missed
):
    openai.enqueue(text("Perdone la espera: a las nueve."))
    sid = write_unheard(twilio, "¿A qué hora abren?")

    missed.fetch({})
    missed.fetch({})
    work_off(line, seconds=30)

    assert person.texts == ["Hola.", "Perdone la espera: a las nueve."]
    assert asked(openai)[-1] == (
        "user",
        "[written 30 minutes ago, and received only now: begin with a word of apology for the delay]\n"
        "¿A qué hora abren?",
    )
    assert [m.sid for m in every(line.parts.database, Message) if m.sid == sid] == [sid]


def test_after_days_what_was_written_is_shown_and_what_is_past_is_not_answered(
    line, person, twilio, openai, missed
):
    four_days = timedelta(days=4)
    with line.parts.database.write() as connection:
        connection.execute(update(Message).values(created_at=utc_now() - four_days))
    for message in twilio.book:
        message.created_at = message.sent_at = utc_now() - four_days
    openai.enqueue(text("Perdone la espera: a las nueve."))
    write_unheard(twilio, "¿Tienen hora el sábado?", minutes_ago=3 * 24 * 60)
    write_unheard(twilio, "¿A qué hora abren?", number=LUIS)
    luis = person_of(line, twilio, number=LUIS)

    missed.fetch({})
    work_off(line, seconds=30)

    kept = [(m.body, m.turn_id is None) for m in every(line.parts.database, Message) if not m.outbound]
    assert kept[1:] == [("¿Tienen hora el sábado?", True), ("¿A qué hora abren?", False)]
    assert (person.texts, luis.texts) == (["Hola."], ["Perdone la espera: a las nueve."])


def test_a_voice_note_of_the_outage_is_heard(line, person, twilio, openai, missed):
    openai.enqueue_transcripts(transcript("¿Abren hoy?"))
    openai.enqueue(text("Sí."))
    sid = "MM" + "7" * 32
    write_unheard(twilio, "", sid=sid, media=(twilio.publish(voice_note(), sid),))

    missed.fetch({})
    work_off(line, seconds=30)

    assert person.texts == ["Hola.", "Sí."]
    assert asked(openai)[-1][1].endswith("[voice note] ¿Abren hoy?")


def test_what_is_in_a_webhook_of_its_own_is_left_to_it(line, person, twilio, openai, missed):
    write_unheard(twilio, "¿A qué hora abren?", minutes_ago=1)

    missed.fetch({})
    work_off(line, seconds=30)

    assert len(every(line.parts.database, Message)) == 2


def test_what_came_before_there_was_a_server_is_not_answered(line, twilio, openai, missed):
    write_unheard(twilio, "Hace una hora", minutes_ago=60)

    missed.fetch({})
    openai.enqueue(text("Hola."))
    person_of(line, twilio, number=ANA).send("Hola")
    missed.fetch({})
    work_off(line, seconds=30)

    assert [m.body for m in every(line.parts.database, Message)] == ["Hola", "Hola."]


def test_what_was_written_to_another_number_of_the_account_is_not_answered(line, person, twilio, missed):
    write_unheard(twilio, "Hola", to="whatsapp:+12025550199", minutes_ago=5)

    missed.fetch({})

    assert len(every(line.parts.database, Message)) == 2


def test_a_receipt_that_never_came_is_asked_for(line, person, twilio, missed):
    message = sent(line)[0]
    with line.parts.database.write() as connection:
        connection.execute(
            update(Message)
            .where(Message.id == message.id)
            .values(status="sent", changed_at=utc_now() - timedelta(hours=1))
        )

    missed.fetch({})

    assert sent(line)[0].status == twilio.book.find(message.sid).status != "sent"


def test_while_twilio_is_down_nothing_is_missed_for_good(line, person, twilio, openai, missed):
    openai.enqueue(text("A las nueve."))
    write_unheard(twilio, "¿A qué hora abren?")
    twilio.refuse(503, 20500, method="GET")

    missed.fetch({})
    missed.fetch({})
    work_off(line, seconds=30)

    assert person.texts == ["Hola.", "A las nueve."]


def test_a_file_that_twilio_has_no_longer_leaves_nobody_unanswered(line, person, twilio, openai, missed):
    openai.enqueue(text("A las nueve."))
    sid = "MM" + "7" * 32
    write_unheard(twilio, "Mire esto", sid=sid, media=(twilio.publish(voice_note(), sid),))
    write_unheard(twilio, "¿A qué hora abren?", minutes_ago=20)
    twilio.refuse(404, 20404, method="GET", path="/Media")

    missed.fetch({})
    work_off(line, seconds=30)

    assert [m.body for m in every(line.parts.database, Message) if not m.outbound][1:] == [
        "Mire esto", "¿A qué hora abren?",
    ]  # fmt: skip
    assert person.texts == ["Hola.", "A las nueve."]


def test_a_message_that_twilio_does_not_know_keeps_no_others_receipt_away(line, person, twilio, missed):
    [first], an_hour_ago = sent(line), utc_now() - timedelta(hours=1)
    waiting = {"status": "sent", "changed_at": an_hour_ago}
    with line.parts.database.write() as connection:
        second = outgoing.add_outbound(
            connection, first.conversation_id, "text", "Otro", an_hour_ago, MessageStatus.WAITING
        )
        for message_id, sid in ((first.id, "SM" + "e" * 32), (second, first.sid)):
            which = update(Message).where(Message.id == message_id)
            connection.execute(which.values(sid=sid, **waiting))

    missed.fetch({})

    assert [message.status for message in sent(line)] == ["sent", twilio.book.find(first.sid).status]
    assert twilio.book.find(first.sid).status != "sent"


@pytest.mark.both_databases
def test_what_was_missed_is_answered_with_what_came_after_it_in_the_order_of_writing(
    line, person, twilio, openai, missed
):
    openai.enqueue(text("Perdone: el martes, y sí, hay sitio."))
    with line.parts.database.write() as connection:  # its webhook came, and its process died
        recipient = contacts.find_recipient(connection, key="whatsapp:1")
        later = NewMessage("SM" + "8" * 32, "text", "¿Y hay sitio?", US)
        messages.keep_inbound(
            connection, recipient.conversation_id, later, later.body, utc_now() - timedelta(minutes=5)
        )
    write_unheard(twilio, "¿Qué día pueden?", minutes_ago=20)

    missed.fetch({})
    work_off(line, seconds=30)

    assert asked(openai)[-1][1].split("\n") == [
        "[written 20 minutes ago, and received only now: begin with a word of apology for the delay]",
        "¿Qué día pueden?",
        "¿Y hay sitio?",
    ]
    assert person.texts == ["Hola.", "Perdone: el martes, y sí, hay sitio."]


@pytest.mark.both_databases
def test_what_is_fetched_meanwhile_keeps_no_newer_message_from_its_reply(real_line, twilio, openai):
    openai.enqueue(text("Hola."))
    line = real_line()
    person = person_of(line, twilio, number=ANA)
    person.send("Hola")
    with line.parts.database.write() as connection:
        now = utc_now()
        newer = messages.as_kept(
            0, 1, NewMessage("SM" + "8" * 32, "text", "¿Y hay sitio?", US), "¿Y hay sitio?", now
        )
        newer_id = messages.keep_inbound(
            connection, 1, NewMessage("SM" + "8" * 32, "text", "b", US), "b", now
        )
        messages.keep_inbound(
            connection, 1, NewMessage("SM" + "9" * 32, "text", "a", US), "a", now - timedelta(minutes=20)
        )

    with line.parts.database.read() as connection:
        assert messages.is_newest(connection, replace(newer, id=newer_id))
        assert [message.body for message in messages.unsettled(connection, 1)] == ["a", "b"]


@pytest.mark.both_databases
def test_two_workers_that_ask_at_once_answer_once(line, person, twilio, openai, missed):
    openai.enqueue(text("A las nueve."))
    write_unheard(twilio, "¿A qué hora abren?")
    other = Container(line.settings)
    other.database = line.parts.database

    together = [threading.Thread(target=each.fetch, args=({},)) for each in (missed, other.whatsapp.missed)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join(30)
    together = [threading.Thread(target=work_off, args=(line, 30)) for _ in range(2)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join(60)

    assert person.texts == ["Hola.", "A las nueve."] and len(openai.chats) == 2


def test_what_the_simulator_or_the_sandbox_say_is_left_alone(line, person, twilio, openai, missed):
    line.whatsapp().send("Hola")
    write_unheard(twilio, "join clever-fox", to="whatsapp:+14155238886")
    write_unheard(twilio, "Hola", to="whatsapp:+14155238886", number=LUIS)
    before = len(every(line.parts.database, Message))

    missed.fetch({})
    work_off(line, seconds=30)

    assert len(every(line.parts.database, Message)) == before
