"""Stories of handoffs: the numbers they go to, their words, and who may ask for one."""

import json
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from storage.base import utc_now
from storage.models import Contact, Conversation, Handoff
from tests.fakes.openai.replies import text, tool_call
from tests.journeys.people.handoffs import CUSTOMER, MARTA, US, WANTED, ask, joins_the_sandbox, told
from tests.journeys.whatsapp.people import person_of, work_off
from tests.records import every, the_only

pytestmark = pytest.mark.quick


# Numbers as WhatsApp writes them


@pytest.mark.parametrize(
    ("seller", "customer"),
    [
        ("+5215555550111", "+5215555550100"),
        ("+5491155550111", "+5491155550100"),
        ("+553185550111", "+553185550100"),
    ],
    ids=["Mexico", "Argentina", "Brazil"],
)
def test_sellers_and_customers_are_reached_by_the_numbers_that_were_given(
    team_line,
    twilio,
    seller,
    customer,
):
    line = team_line(sellers=f"whatsapp:{seller}")
    marta = person_of(line, twilio, number=seller, to=US)
    joins_the_sandbox(twilio, seller)

    status, body = ask(line, WANTED | {"user_phone": customer})
    marta.send("OK")

    assert status == 200, body
    assert f"\n*Teléfono:* {customer}\n" in marta.texts[0]
    assert marta.texts[1].startswith(
        f"Es suyo: Ana {customer}. Escríbale o llámele.\n\nhttps://wa.me/{customer[1:]}\n"
    )
    handoff = the_only(line.parts.database, Handoff)
    assert (handoff.number, handoff.owner) == (customer, seller)
    addresses = [contact.address for contact in every(line.parts.database, Contact)]
    assert len(addresses) == 2 and customer not in addresses


def test_the_notice_in_english(team_line, twilio):
    line = team_line(sellers=MARTA, assistant_profile="reception.en")
    marta = person_of(line, twilio, number=MARTA, to=US)
    joins_the_sandbox(twilio, MARTA)

    ask(line)

    assert marta.texts == [
        "*A new customer asks for a person*\n\n*Customer:* Ana\n*Phone:* +34600000001\n"
        "*Reason:* Quiere un presupuesto\n*Conversation:* conv_1\n\n"
        "*Context:*\nTiene prisa.\nLlama desde el coche.\n\n"
        "https://wa.me/34600000001\nAnswer OK to take it, or NO to have somebody else told."
    ]


def test_a_handoff_by_the_assistant_tells_a_seller_who_silences_it(known_sellers, twilio, openai, phrases):
    line, marta, _ = known_sellers
    openai.enqueue(tool_call("hand_off", {"reason": "queja", "summary": "Le cobraron dos veces."}))
    ana = person_of(line, twilio, number=CUSTOMER, to=US)

    ana.send("Me han cobrado dos veces y estoy harta")
    work_off(line)
    marta.send("OK")
    ana.send("¿Sigue ahí?")

    assert ana.texts == [phrases.handed_off]
    assert "Le cobraron dos veces." in told(marta)[0]
    with line.parts.database.write() as connection:
        connection.execute(update(Conversation).values(human_until=utc_now() - timedelta(seconds=1)))
    openai.enqueue(text("Aquí estoy."))
    ana.send("¿Hola?")
    assert ana.texts[-1] == "Aquí estoy."


def test_the_document_is_served_and_valid(open_line):
    from openapi_spec_validator import validate

    with urllib.request.urlopen(f"{open_line().url}/api/openapi.json") as response:
        document = json.load(response)

    validate(document)
    assert "/api/elevenlabs/handoff" in document["paths"]


@pytest.mark.parametrize("said", ["Quiero hablar con una persona", "¿Puedo hablar con un asesor, por favor?"])
def test_who_asks_for_a_person_waits_for_no_model(known_sellers, twilio, openai, phrases, said):
    line, marta, _ = known_sellers
    asked_before = len(openai.chats)
    ana = person_of(line, twilio, number=CUSTOMER, to=US)

    ana.send(said)
    work_off(line)

    assert ana.texts == [phrases.handed_off]
    assert len(openai.chats) == asked_before
    assert "*Motivo:* Pide hablar con una persona" in told(marta)[0]
    assert the_only(line.parts.database, Handoff).source == "words"


def test_a_key_asks_for_a_person_on_the_phone(team_line, twilio, openai):
    line = team_line(human_phone_number="+34600000099")
    openai.enqueue(text("¿En qué puedo ayudarle?"))
    phone = line.phone()
    phone.dial()
    phone.press("0")

    assert the_only(line.parts.database, Handoff).source == "key"
    assert line.turns()[-1].ending == "transfer"
    assert openai.chats == []


def test_with_nobody_on_duty_the_notice_waits_for_who_is_first(known_sellers):
    line, marta, luis = known_sellers
    handoffs = line.parts.people.handoffs
    local = utc_now().astimezone(handoffs.policy.zone)
    yesterday = frozenset({(local.weekday() - 1) % 7})
    everybody = handoffs.policy.sellers
    handoffs.offering.policy = replace(
        handoffs.policy, sellers=[replace(seller, days=yesterday) for seller in everybody]
    )

    status, body = ask(line)

    assert (status, body["status"], body["message_sid"]) == (200, "queued", None)
    assert "nadie de turno" in body["message"]
    assert ask(line)[1] == body
    assert told(marta) + told(luis) == []

    handoffs.offering.policy = replace(handoffs.policy, sellers=everybody)
    work_off(line)
    assert len(told(marta) + told(luis)) == 1
