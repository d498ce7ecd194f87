"""Stories of people who write."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from conversation.profiles.profile import load_profile
from jobs.job import run_pending
from settings import ROOT
from simulator.whatsapp.client import MessagingApi, ReceiptWishes
from storage.base import utc_now
from storage.models import Contact, Conversation, Message, Turn
from tests.fakes.openai.server import stalled, text, tool_call
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN
from tests.records import every, the_only
from tests.worker import worker_jobs

pytestmark = pytest.mark.quick

ANA = "+34600000001"


@pytest.fixture
def phrases():
    return load_profile("recepcion.es", ROOT / "profiles").phrases


@pytest.fixture
def line(open_line):
    return open_line(whatsapp_settle_s=0)


def asked(openai):
    """What the model was told last, as (role, content)."""
    return [(m["role"], m["content"]) for m in openai.chats[-1].body["messages"]]


def sent(line):
    """What is kept of our messages, in order."""
    return [message for message in every(line.parts.database, Message) if message.outbound]


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
    line = open_line(whatsapp_settle_s=0.6)
    person = line.whatsapp()
    writing = []
    for words in ("Hola", "quería una cita", "para mañana"):
        writing.append(threading.Thread(target=person.send, args=(words,)))
        writing[-1].start()
        openai.wait_for(lambda: len(every(line.parts.database, Message)) == len(writing), 2.0)
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
    person = line.whatsapp(receipts=ReceiptWishes(order="scrambled", times=3))

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

    system = asked(openai)[0][1]
    assert "cambio de una cita" in system
    assert "Olmo" not in str(asked(openai)) and "a las diez y cuarto" not in str(asked(openai))


def test_what_was_written_is_known_on_the_phone_by_its_topic(line, openai):
    openai.enqueue(text("Abrimos a las nueve."), text("el horario"), text("Buenos días."))
    phone, person = line.phone(from_number=ANA), line.whatsapp(number=ANA)
    person.send("Vivo en la calle Olmo 77, ¿a qué hora abren?")
    name_topics(line)

    phone.dial()
    phone.say("Hola")

    system = asked(openai)[0][1]
    assert "el horario" in system
    assert "Olmo" not in str(asked(openai))


def test_a_person_is_brought_in(line, openai, phrases):
    openai.enqueue(tool_call("hand_off", {"reason": "queja", "summary": "Le cobraron dos veces."}))
    person = line.whatsapp()

    person.send("Quiero hablar con una persona")

    assert person.texts == [phrases.handed_off]


def test_what_looks_like_a_secret_reaches_neither_the_model_nor_the_history(line, openai):
    openai.enqueue(text("Entendido."))
    secret = "https://api.twilio.com/2010-04-01/Accounts/AC" + "0" * 32 + "/Messages/MM" + "1" * 32
    line.whatsapp().send(f"Mire {secret}")

    assert "AC000" not in str(openai.chats[-1].body) + "".join(
        m.body for m in every(line.parts.database, Message)
    )


@pytest.fixture
def twilio():
    with MessagingApi(ACCOUNT_SID, AUTH_TOKEN) as api:
        yield api


@pytest.fixture
def real_line(open_line, twilio):
    """A line with credentials, whose contacts are real ones."""

    def open_one(**values):
        return open_line(
            twilio_account_sid=ACCOUNT_SID, twilio_auth_token=AUTH_TOKEN, twilio_api_url=twilio.url,
            whatsapp_settle_s=0, **values,
        )  # fmt: skip

    return open_one


def person_of(line, twilio, **options):
    return line.whatsapp(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, api=twilio, **options)


def work_off(line, seconds=0.0):
    """Do what a worker would by then."""
    jobs = worker_jobs(line)
    return run_pending(line.parts.work, jobs, now=utc_now() + timedelta(seconds=seconds))


def test_an_answer_that_is_late_is_sent_by_itself(real_line, twilio, openai):
    openai.enqueue(text("Esto ha tardado un poco.", first_token_s=1.0))
    line = real_line(whatsapp_twiml_wait_s=0.2)
    person = person_of(line, twilio)

    exchange = person.send("Hola")
    assert not exchange.messages
    assert openai.wait_for(lambda: sent(line), 5.0)
    work_off(line)

    assert person.wait_for_message().text == "Esto ha tardado un poco."
    assert openai.wait_for(lambda: [message.status for message in sent(line)] == ["read"], 5.0) is not None


def test_the_parts_of_a_long_answer_follow_the_first_in_order(real_line, twilio, openai):
    openai.enqueue(text(" ".join(f"Esta es la frase número {number}." for number in range(1, 120))))
    line = real_line()
    person = person_of(line, twilio)

    exchange = person.send("Cuéntemelo todo")
    work_off(line)

    assert len(exchange.messages) == 1
    assert person.texts == [message.body for message in sent(line)]
    assert len(person.texts) > 1


@pytest.mark.both_databases
def test_a_message_whose_process_died_before_the_answer_is_answered_by_the_worker(real_line, twilio, openai):
    openai.enqueue(stalled("Nunca lle"), text("Aquí estoy."))
    line = real_line(whatsapp_twiml_wait_s=0.1)
    person = person_of(line, twilio)
    person.send("Hola")
    line.parts.end_serving()  # what it was writing is let go of, as if it had died three seconds ago
    age_messages(line)

    work_off(line, seconds=20)
    work_off(line, seconds=20)

    assert person.texts == ["Aquí estoy."]


def test_the_worker_leaves_an_answer_to_the_webhook_that_waits_for_it(real_line, twilio, openai):
    openai.enqueue(text("Ya mismo.", first_token_s=3.0))
    line = real_line()
    person = person_of(line, twilio)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(person.send, "Hola")
        assert openai.wait_for(lambda: openai.chats, 5.0)
        began = time.monotonic()
        assert work_off(line, seconds=15) == 1
        assert time.monotonic() - began < 2  # it did not wait for the answer itself

    assert len(waiting.result().messages) == 1
    assert person.texts == ["Ya mismo."]


@pytest.mark.both_databases
def test_a_reply_that_was_lost_on_its_way_is_sent_after_a_minute(real_line, twilio, openai):
    openai.enqueue(text("¿Me oye?"))
    line = real_line()
    person = person_of(line, twilio)

    person.send("Hola", reply_lost=True)
    work_off(line, seconds=20)
    assert person.texts == []
    with line.parts.database.write() as connection:
        age_claims(connection)
    work_off(line, seconds=90)

    assert person.texts == ["¿Me oye?"]


def test_a_reply_that_arrived_and_whose_receipts_were_lost_is_not_said_again(real_line, twilio, openai):
    openai.enqueue(text("Una sola vez."))
    line = real_line()
    person = person_of(line, twilio, receipts=ReceiptWishes(dropped=("sent", "delivered", "read")))

    person.send("Hola")
    with line.parts.database.write() as connection:
        age_claims(connection)
    work_off(line, seconds=20)
    work_off(line, seconds=90)

    assert person.texts == ["Una sola vez."]
    assert [message.sid for message in sent(line)] == [person.received[0].sid]


def age_messages(line):
    """Let what was written be so old that its webhook is over."""
    with line.parts.database.write() as connection:
        for message in every(line.parts.database, Message):
            earlier = message.created_at - timedelta(seconds=20)
            connection.execute(update(Message).where(Message.id == message.id).values(created_at=earlier))


def age_claims(connection):
    """Let a minute pass for what went out in replies."""
    connection.execute(
        update(Message)
        .where(Message.status == "claimed")
        .values(changed_at=utc_now() - timedelta(seconds=61))
    )


def test_without_rest_nothing_is_said_twice_for_want_of_a_receipt(line, openai):
    openai.enqueue(text("Uno."), text("Dos."))
    person = line.whatsapp(receipts=ReceiptWishes(dropped=("sent", "delivered", "read")))

    person.send("Hola")
    person.send("¿Y?")

    assert person.texts == ["Uno.", "Dos."]


def test_without_rest_a_late_answer_opens_the_next_reply(open_line, openai):
    openai.enqueue(text("Llego tarde.", first_token_s=0.8), text("A tiempo."))
    line = open_line(whatsapp_settle_s=0, whatsapp_twiml_wait_s=0.4)
    person = line.whatsapp()

    assert not person.send("Hola").messages
    assert openai.wait_for(lambda: sent(line), 5.0)
    person.send("¿Y?")

    assert person.texts == ["Llego tarde.", "A tiempo."]


def test_an_opt_out_that_twilio_answered_is_known_and_not_answered_again(line):
    person = line.whatsapp()

    person.send("cancelar suscripción", opt_out_type="STOP")

    assert person.texts == []
    assert the_only(line.parts.database, Contact).opted_out_at is not None
