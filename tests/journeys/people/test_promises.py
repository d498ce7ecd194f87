"""Stories of customers who were promised a person: somebody comes, or they are told the truth."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from conversation.phrases import catalogue_for
from storage.base import utc_now
from storage.models import Conversation, Handoff, Message, Offer
from tests.fakes.openai.replies import text, tool_call
from tests.journeys.people.handoffs import CUSTOMER, MARTA, US, WANTED, ask, joins_the_sandbox, told
from tests.journeys.whatsapp.people import person_of, work_off
from tests.records import every, the_only

pytestmark = pytest.mark.quick

WAITING = catalogue_for("es").customers
A_PERSON = "Quiero hablar con una persona"


def of(line, model, **values):
    """Change every row of a model."""
    with line.parts.database.write() as connection:
        connection.execute(update(model).values(**values))


def look(line):
    """Look at the handoff, as the worker does when its time has come."""
    line.parts.people.handoffs.offer({"handoff_id": the_only(line.parts.database, Handoff).id})
    work_off(line)


def nobody_answers(line):
    """Let the time for the answers of all who were asked pass."""
    for _ in line.parts.people.handoffs.policy.sellers:
        of(line, Offer, expires_at=utc_now() - timedelta(seconds=1))
        look(line)


def state(line):
    return the_only(line.parts.database, Handoff).state


@pytest.fixture
def ana(known_sellers, twilio):
    line, *_ = known_sellers
    return person_of(line, twilio, number=CUSTOMER, to=US, profile_name="Ana")


@pytest.mark.both_databases
def test_the_assistant_goes_on_until_a_seller_takes_it_and_again_once_they_have_finished(
    known_sellers, ana, openai, phrases
):
    line, marta, luis = known_sellers
    openai.enqueue(text("A las nueve."), text("Aquí estoy."))

    ana.send(A_PERSON)
    work_off(line)
    ana.send("¿A qué hora abren?")
    marta.send("OK")
    work_off(line)
    ana.send("¿Sigue ahí?")
    marta.send("gracias")
    marta.send("Listo")
    ana.send("¿Hola?")

    assert ana.texts == [phrases.handed_off, "A las nueve.", "Aquí estoy."]
    assert told(marta)[-3].startswith(
        "Es suyo: Ana +34600000001. Escríbale o llámele.\n\nhttps://wa.me/34600000001"
    )
    assert told(marta)[-2:] == [
        "Está atendiendo a Ana. Cuando termine, responda LISTO.",
        "Hecho, queda cerrado: Ana.",
    ]
    assert told(luis) == []
    assert state(line) == "closed"


def test_who_asks_again_is_told_that_somebody_knows_and_nobody_is_told_twice(
    known_sellers, ana, openai, phrases
):
    line, marta, luis = known_sellers
    openai.enqueue(tool_call("hand_off", {"reason": "queja", "summary": "Le cobraron dos veces."}))

    ana.send(A_PERSON)
    ana.send("Me han cobrado dos veces y estoy harta")
    work_off(line)

    assert ana.texts == [phrases.handed_off, WAITING.told_before]
    assert len(told(marta) + told(luis)) == 1
    assert "Le cobraron dos veces." in told(marta)[0]
    assert len(every(line.parts.database, Handoff)) == 1


def test_who_is_not_answered_in_time_is_told_so_once(known_sellers, ana, openai):
    line, _marta, luis = known_sellers
    ana.send(A_PERSON)
    work_off(line)

    nobody_answers(line)
    look(line)

    assert ana.texts[1:] == [WAITING.nobody_yet]
    assert state(line) == "waiting"
    luis.send("vale")
    assert state(line) == "owned"


def test_who_has_opted_out_meanwhile_is_not_told_so(known_sellers, ana, openai):
    line, *_ = known_sellers
    ana.send(A_PERSON)
    ana.send("BAJA")
    work_off(line)
    before = ana.texts

    nobody_answers(line)
    look(line)

    assert state(line) == "waiting" and ana.texts == before


def test_outside_hours_the_customer_is_told_when_somebody_is_there(known_sellers, ana):
    line, *_ = known_sellers
    offering = line.parts.people.handoffs.offering
    local = utc_now().astimezone(offering.policy.zone)
    tomorrow = frozenset({(local.weekday() + 1) % 7})
    sellers = [replace(seller, days=tomorrow) for seller in offering.policy.sellers]
    offering.policy = replace(offering.policy, sellers=sellers)

    ana.send(A_PERSON)
    for _ in range(2):
        line.parts.people.handoffs.offer({"handoff_id": the_only(line.parts.database, Handoff).id})

    when = WAITING.nobody_until.format(date=f"{local + timedelta(days=1):%d/%m}", time="00:00")
    written = [message for message in every(line.parts.database, Message) if message.author]
    assert [(message.author, message.body) for message in written] == [("automatic", when)]


def test_where_nobody_can_be_told_the_customer_is_promised_nobody(real_line, twilio, openai):
    line = real_line(twilio_whatsapp_number=US)
    ana = person_of(line, twilio, number=CUSTOMER, to=US)
    openai.enqueue(text("Dígame."))

    ana.send(A_PERSON)
    work_off(line)
    ana.send("Que me llamen mañana")

    assert ana.texts == [WAITING.message_kept, "Dígame."]
    assert "promise no person" in str(openai.chats[-1].body["tools"])
    assert "Nadie a quien pasar" in openai.chats[-1].body["messages"][0]["content"]


def test_who_called_elevenlabs_keeps_the_assistant_on_whatsapp(known_sellers, ana, openai):
    line, marta, _ = known_sellers
    openai.enqueue(text("Hola, Ana."), text("Abrimos a las nueve."))

    ask(line)
    ana.send("Hola")
    marta.send("OK")
    ana.send("¿A qué hora abren?")

    assert ana.texts == ["Hola, Ana.", "Abrimos a las nueve."]
    assert state(line) == "owned"


@pytest.mark.both_databases
def test_weeks_later_a_sellers_ok_takes_nothing(known_sellers, openai):
    line, marta, _ = known_sellers
    openai.enqueue(text("¿En qué le ayudo?"))
    ask(line)
    long_ago = utc_now() - timedelta(days=20)
    of(line, Offer, created_at=long_ago, expires_at=long_ago)
    of(line, Handoff, created_at=long_ago)

    marta.send("vale")

    assert told(marta)[-1] == "¿En qué le ayudo?"
    assert state(line) == "open"


def test_what_nobody_took_ends_after_a_day(known_sellers, ana):
    line, *_ = known_sellers
    ana.send(A_PERSON)
    work_off(line)
    nobody_answers(line)
    yesterday = utc_now() - timedelta(hours=25)
    of(line, Offer, created_at=yesterday, expires_at=yesterday)
    of(line, Handoff, created_at=yesterday)

    look(line)

    assert state(line) == "closed"
    assert {offer.state for offer in every(line.parts.database, Offer)} == {"expired"}


def test_what_a_seller_has_is_given_back_when_the_time_is_up(known_sellers, ana):
    line, marta, _ = known_sellers
    ana.send(A_PERSON)
    work_off(line)
    marta.send("OK")
    of(line, Handoff, owned_at=utc_now() - timedelta(hours=13))

    look(line)

    assert state(line) == "closed"
    assert [talk.human_until for talk in every(line.parts.database, Conversation) if talk.human] == []


def test_a_sellers_first_message_brings_what_waits_for_them(team_line, twilio):
    line = team_line(sellers=MARTA)
    marta = person_of(line, twilio, number=MARTA, to=US)
    twilio.refuse(400, 63016)

    status, body = ask(line)
    assert (status, body["status"], body["message_sid"]) == (200, "queued", None)
    joins_the_sandbox(twilio, MARTA)
    marta.send("Buenos días")
    work_off(line)

    assert [words.startswith("*Nuevo cliente") for words in marta.texts] == [True]
    marta.send("OK")
    assert state(line) == "owned"


def test_a_failure_is_tried_again_when_it_is_asked_for_again(team_line, twilio):
    line = team_line(sellers=MARTA)
    marta = person_of(line, twilio, number=MARTA, to=US)
    joins_the_sandbox(twilio, MARTA)
    twilio.refuse(400, 63003)

    assert ask(line)[1]["status"] == "queued"
    status, body = ask(line)

    assert (status, body["status"], body["message_sid"]) == (200, "ok", marta.received[-1].sid)
    assert ask(line)[1] == body
    assert len(marta.received) == 1


def test_without_sellers_the_answer_names_their_setting(real_line):
    status, body = ask(real_line(twilio_whatsapp_number=US))

    assert status == 503
    assert "VENDEDOR_WHATSAPP" in body["detail"] and "TWILIO" not in body["detail"]


def test_one_person_has_one_handoff_at_a_time_and_so_many_a_day(known_sellers):
    line, marta, luis = known_sellers

    answers = [ask(line, WANTED | {"conversation_id": f"conv_{number}"}) for number in range(8)]
    assert [body["status"] for _, body in answers] == ["ok"] + ["queued"] * 7
    for number in range(8):
        of(line, Handoff, state="closed")
        ask(line, WANTED | {"conversation_id": f"other_{number}"})

    assert len(told(marta) + told(luis)) == 5
