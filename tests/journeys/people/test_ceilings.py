"""People who want a person again and again: sellers are told so often, and then it is kept."""

import pytest
from sqlalchemy import update

from conversation.handoff_states import Event
from conversation.ledger import CEILINGS, Kind
from conversation.phrases import catalogue_for
from storage.base import utc_now
from storage.models import Handoff, LedgerTotal, Message
from tests.fakes.openai.replies import text, tool_call
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN
from tests.journeys.ledgers import use_up, used
from tests.journeys.people.handoffs import CUSTOMER, US, WANTED, ask, told
from tests.journeys.whatsapp.people import person_of, work_off
from tests.records import every

CUSTOMERS = catalogue_for("es").customers
A_PERSON = "Quiero hablar con una persona"


def close(line):
    with line.parts.database.write() as connection:
        connection.execute(update(Handoff).values(state="closed"))


@pytest.mark.both_databases
def test_the_same_request_and_its_job_twice_count_once(known_sellers):
    line, marta, luis = known_sellers

    for _ in range(3):
        ask(line)
    for handoff in every(line.parts.database, Handoff):
        line.parts.people.handoffs.offer({"handoff_id": handoff.id})

    assert used(line, Kind.HANDOFF) == 1
    assert len(told(marta) + told(luis)) == 1


def test_what_was_over_the_ceiling_is_told_the_next_day(known_sellers):
    line, marta, luis = known_sellers
    for number in range(CEILINGS[Kind.HANDOFF].a_day + 1):
        close(line)
        ask(line, WANTED | {"conversation_id": f"conv_{number}"})
    assert len(told(marta) + told(luis)) == CEILINGS[Kind.HANDOFF].a_day

    with line.parts.database.write() as connection:  # midnight
        today = update(LedgerTotal).where(LedgerTotal.kind == Kind.HANDOFF)
        connection.execute(today.values(period="2020-01-01"))
    line.parts.people.handoffs.offer({"handoff_id": every(line.parts.database, Handoff)[-1].id})
    work_off(line)

    assert len(told(marta) + told(luis)) == CEILINGS[Kind.HANDOFF].a_day + 1


def test_a_model_that_hands_over_once_too_often_promises_nobody(known_sellers, twilio, openai):
    line, *_ = known_sellers
    ana = person_of(line, twilio, number=CUSTOMER, to=US)
    openai.enqueue(
        text("Hola."), tool_call("hand_off", {"reason": "queja", "summary": "Le cobraron dos veces."})
    )
    ana.send("Hola")
    use_up(line, CUSTOMER, Kind.HANDOFF)

    ana.send("Me han cobrado dos veces.")

    assert ana.texts[1:] == [CUSTOMERS.message_kept]


def test_who_was_told_of_a_person_before_is_told_so_also_at_the_ceiling(known_sellers, twilio, openai):
    line, *_ = known_sellers
    ana = person_of(line, twilio, number=CUSTOMER, to=US)
    ana.send(A_PERSON)
    work_off(line)
    use_up(line, CUSTOMER, Kind.HANDOFF, leaving=1)

    ana.send(A_PERSON)

    assert ana.texts[1] == CUSTOMERS.told_before


def test_no_more_messages_are_passed_on_than_so_many_and_all_are_kept(known_sellers, twilio):
    line, marta, luis = known_sellers
    ana = person_of(line, twilio, number=CUSTOMER, to=US)
    ana.send(A_PERSON)
    work_off(line)
    taker = marta if told(marta) else luis
    taker.send("OK")
    work_off(line)
    before, many = len(told(taker)), CEILINGS[Kind.FORWARDED].a_day

    for number in range(many + 2):
        phone = line.phone(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, from_number=CUSTOMER)
        phone.dial()
        phone.press("0")
        phone.say(f"Mensaje {number} de Ana.")
        work_off(line)

    assert len(told(taker)[before:]) == many  # a request for a person is passed on, and then the message
    assert every(line.parts.database, Handoff)[0].message.count("Mensaje") == many + 2


def test_a_customer_is_written_to_unasked_no_more_often_than_so(known_sellers, twilio):
    line, *_ = known_sellers
    ana = person_of(line, twilio, number=CUSTOMER, to=US)
    ana.send(A_PERSON)
    work_off(line)
    use_up(line, CUSTOMER, Kind.BEGUN)

    with line.parts.database.write() as connection:
        handoffs = line.parts.people.handoffs
        [handoff] = every(line.parts.database, Handoff)
        handoffs.happened(connection, handoff.id, Event.NOT_IN_TIME, utc_now())

    assert [message for message in every(line.parts.database, Message) if message.author == "automatic"] == []
