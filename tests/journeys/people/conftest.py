"""Fixtures that several modules of this folder share."""

import pytest

from tests.fakes.openai.replies import text
from tests.journeys.people import chatwoot_setup
from tests.journeys.people.handoffs import LUIS, MARTA, US
from tests.journeys.whatsapp.people import person_of


@pytest.fixture
def team_line(real_line):
    def open_one(sellers=f"{MARTA},{LUIS}", **values):
        values = {"handoff_api_key": "s3cret"} | values if "webhook_url" in values else values
        return real_line(twilio_whatsapp_number=US, vendedor_whatsapp=sellers, **values)

    return open_one


@pytest.fixture
def known_sellers(team_line, twilio, openai):
    """A line, and its two sellers, each of whom has written today."""
    openai.enqueue(text("Hola."), text("Hola."))
    line = team_line()
    sellers = [person_of(line, twilio, number=number, to=US) for number in (MARTA, LUIS)]
    for seller in sellers:
        seller.send("Buenos días")
        seller.received.clear() if hasattr(seller.received, "clear") else None
    return line, *sellers


@pytest.fixture
def talk(desk_line, chatwoot, twilio, openai):
    """A line, and a person who has written and was answered, which is shown."""

    def begin(**values):
        openai.enqueue(text("Hola, soy el asistente."))
        line = desk_line(**values)
        person = chatwoot_setup.person_of(line, twilio)
        person.send("Hola")
        chatwoot_setup.work_off(line)
        chatwoot_setup.settle(chatwoot)
        return line, person

    return begin
