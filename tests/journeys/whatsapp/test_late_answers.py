"""Stories of answers that are late, or lost on their way."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from simulator.whatsapp.client import ReceiptConfig
from storage.models import Contact
from tests.fakes.openai.replies import stalled, text
from tests.fakes.openai.steps import Until
from tests.journeys.whatsapp.people import age_claims, age_messages, person_of, sent, work_off
from tests.records import the_only

pytestmark = pytest.mark.quick


def test_an_answer_that_is_late_is_sent_by_itself(real_line, twilio, openai):
    openai.enqueue(text("Esto ha tardado un poco.", first_token_s=1.0))
    line = real_line(whatsapp_twiml_wait_s=0.2, webhook_url="https://assistant.example")
    person = person_of(line, twilio)

    exchange = person.send("Hola")
    assert not exchange.messages
    assert openai.wait_for(lambda: sent(line))
    work_off(line)

    assert person.wait_for_message().text == "Esto ha tardado un poco."
    assert openai.wait_for(lambda: [message.status for message in sent(line)] == ["read"])


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
    may_answer = threading.Event()
    openai.enqueue(text("Ya mismo.", noise=[Until(may_answer)]))
    line = real_line()
    person = person_of(line, twilio)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(person.send, "Hola")
        assert openai.wait_for(lambda: openai.chats)
        assert work_off(line, seconds=15) == 1  # without waiting for the answer itself
        may_answer.set()

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
    person = person_of(line, twilio, receipts=ReceiptConfig(dropped=("sent", "delivered", "read")))

    person.send("Hola")
    with line.parts.database.write() as connection:
        age_claims(connection)
    work_off(line, seconds=20)
    work_off(line, seconds=90)

    assert person.texts == ["Una sola vez."]
    assert [message.sid for message in sent(line)] == [person.received[0].sid]


def test_without_rest_nothing_is_said_twice_for_want_of_a_receipt(line, openai):
    openai.enqueue(text("Uno."), text("Dos."))
    person = line.whatsapp(receipts=ReceiptConfig(dropped=("sent", "delivered", "read")))

    person.send("Hola")
    person.send("¿Y?")

    assert person.texts == ["Uno.", "Dos."]


def test_without_rest_a_late_answer_opens_the_next_reply(open_line, openai):
    openai.enqueue(text("Llego tarde.", first_token_s=0.8), text("A tiempo."))
    line = open_line(whatsapp_settle_s=0, whatsapp_twiml_wait_s=0.4)
    person = line.whatsapp()

    assert not person.send("Hola").messages
    assert openai.wait_for(lambda: sent(line))
    person.send("¿Y?")

    assert person.texts == ["Llego tarde.", "A tiempo."]


def test_an_opt_out_that_twilio_answered_is_known_and_not_answered_again(line):
    person = line.whatsapp()

    person.send("cancelar suscripción", opt_out_type="STOP")

    assert person.texts == []
    assert the_only(line.parts.database, Contact).opted_out_at is not None
