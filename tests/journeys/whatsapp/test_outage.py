"""Stories of people who wrote while the server was down: Twilio does not send such a webhook again."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from container import Container
from simulator.whatsapp.client import voice_note
from storage.base import utc_now
from storage.models import Message
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
