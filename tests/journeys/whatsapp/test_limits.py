"""Stories of how much is answered, to whom, and how fast messages go out."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from simulator.whatsapp.client import ReceiptConfig
from storage.base import utc_now
from storage.models import Contact, Message, Pace
from storage.queries import contacts, send_rate
from tests.fakes.openai.replies import text
from tests.journeys.whatsapp.people import person_of, sent, work_off
from tests.records import every, the_only

pytestmark = pytest.mark.both_databases

SANDBOX = "+14155238886"


def test_who_writes_more_than_is_answered_in_an_hour_is_asked_once_for_a_pause(open_line, openai, phrases):
    openai.enqueue(text("Uno."), text("Dos."))
    line = open_line(whatsapp_settle_s=0, whatsapp_most_per_hour=2)
    person = line.whatsapp()

    for words in ("uno", "dos", "tres", "cuatro"):
        person.send(words)

    assert person.texts == ["Uno.", "Dos.", phrases.too_many_messages]
    assert [m.body for m in every(line.parts.database, Message) if not m.outbound] == [
        "uno",
        "dos",
        "tres",
        "cuatro",
    ]

    with line.parts.database.write() as connection:
        connection.execute(update(Message).values(created_at=utc_now() - timedelta(hours=2)))
    openai.enqueue(text("Cinco."))
    person.send("cinco")
    assert person.texts[-1] == "Cinco."


def test_only_who_is_on_the_list_is_answered_and_the_others_are_kept(open_line, openai):
    openai.enqueue(text("Hola."))
    line = open_line(whatsapp_settle_s=0, whatsapp_allowed="+52 55 1234 5678, whatsapp:+34600000001")
    friend, stranger = line.whatsapp(number="+5215512345678"), line.whatsapp(number="+34600000002")

    stranger.send("Hola")
    friend.send("Hola")

    assert (stranger.texts, friend.texts) == ([], ["Hola."])
    assert len(every(line.parts.database, Message)) == 3


def test_yes_to_the_question_about_stopping_stops(open_line, openai, phrases):
    openai.enqueue(text("¿Sí a qué?"))
    line = open_line(whatsapp_settle_s=0)
    person = line.whatsapp()

    for words in ("sí", "Cancelar", "Sí"):
        person.send(words)

    assert person.texts == ["¿Sí a qué?", phrases.opt_out_question, phrases.opted_out]
    assert the_only(line.parts.database, Contact).opted_out_at is not None


@pytest.mark.parametrize("said", ["START", "HELP"])
def test_what_twilio_answered_itself_is_not_answered_again(open_line, openai, said):
    line = open_line(whatsapp_settle_s=0)
    person = line.whatsapp()

    person.send(said.lower(), opt_out_type=said)

    assert person.texts == []
    assert openai.chats == []


def test_what_was_written_before_somebody_opted_out_does_not_go_out_any_more(real_line, twilio, openai):
    line = real_line()
    ana = person_of(line, twilio)
    ana.send("Hola")
    outbox = line.parts.whatsapp.outbox

    def write(words):
        with line.parts.database.write() as connection:
            recipient = contacts.recipient_for(connection, ana.number, utc_now())
            outbox.write(connection, recipient, words, author="Eva")

    write("Mañana cerramos")
    ana.send("BAJA")
    write("Hecho, Ana")
    work_off(line)

    statuses = {message.body: message.status for message in sent(line) if message.author == "Eva"}
    assert statuses["Mañana cerramos"] == "held" and statuses["Hecho, Ana"] != "held"
    assert "Mañana cerramos" not in ana.texts and "Hecho, Ana" in ana.texts


def test_a_token_that_came_before_is_the_same_webhook(open_line, openai):
    openai.enqueue(text("Una vez."), text("¿Otra?"))
    line = open_line(whatsapp_settle_s=0)
    person = line.whatsapp()

    for number in (1, 2):
        person.send("Hola", sid="SM" + str(number) * 32, token="the same")

    assert person.texts == ["Una vez."]


def test_what_twilio_could_not_deliver_for_now_is_sent_again(real_line, twilio, openai):
    openai.enqueue(text("Con retraso."))
    line = real_line()
    person = person_of(line, twilio, receipts=ReceiptConfig(error_code=63018))
    person.send("Hola")
    assert sent(line)[0].tries == 1
    person.receipts = ReceiptConfig()

    work_off(line)
    assert person.texts == []
    work_off(line, seconds=7)

    assert person.texts == ["Con retraso."]
    assert sent(line)[0].sid == person.received[0].sid


def test_too_fast_for_twilio_waits_as_long_as_it_says(real_line, twilio, openai):
    openai.enqueue(text(" ".join(f"Esta es la frase número {number}." for number in range(1, 60))))
    line = real_line()
    person = person_of(line, twilio)
    person.send("Cuéntemelo todo")
    assert twilio.typing == []  # which would be asked for with a POST as well
    twilio.refuse(429, 20429, retry_after_s=30)

    work_off(line)
    assert len(person.texts) == 1
    work_off(line, seconds=20)
    assert len(person.texts) == 1
    with line.parts.database.write() as connection:
        connection.execute(update(Pace).values(next_at=utc_now()))
    work_off(line, seconds=31)

    assert person.texts == [message.body for message in sent(line)]


def test_a_number_takes_one_place_after_another(database):
    now, interval = utc_now(), timedelta(seconds=3)
    with database.write() as connection:
        places = [
            send_rate.take(connection, "us", interval, now, within=timedelta(seconds=5)) for _ in range(4)
        ]
        send_rate.hold(connection, "us", now + timedelta(seconds=60), now)
        held = send_rate.take(connection, "us", interval, now, within=timedelta(seconds=5))

    assert [(place - now).total_seconds() for place in places] == [
        0,
        3,
        6,
        6,
    ]  # nobody waits longer than `within`
    assert (held - now).total_seconds() == 60


def test_the_sandbox_is_given_its_three_seconds(real_line, twilio, openai):
    twilio.sandbox = True
    openai.enqueue(text(" ".join(f"Esta es la frase número {number}." for number in range(1, 60))))
    line = real_line(twilio_whatsapp_number=SANDBOX)
    person = person_of(line, twilio, to=SANDBOX)

    person.send("Cuéntemelo todo")
    work_off(line)

    assert person.texts == [message.body for message in sent(line)]
    assert person.errors == []
