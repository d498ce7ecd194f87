"""A campaign that calls one person, and the line that talks to them; and processes that send one's messages."""

import pytest

from messaging.campaigns.recipient import ListedRecipient
from storage.campaigns.campaigns import NewCampaign
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio
from tests.journeys.campaigns.calls import PUBLIC, Callees
from tests.journeys.campaigns.starting import TEMPLATE, start
from tests.waiting import wait_until

ANA = "+34600000001"
GREETING = "Hola, soy Lucía, un asistente automático. ¿Puede venir Ana el martes?"


@pytest.fixture
def calling():
    """Twilio, which tells of its calls."""
    with FakeTwilio(send_webhooks=True) as fake:
        yield fake


@pytest.fixture
def call_line(open_line, calling, any_hour):
    def open_one(**values):
        line = open_line(
            twilio_account_sid=ACCOUNT_SID, twilio_auth_token=AUTH_TOKEN, twilio_api_url=calling.url,
            twilio_phone_number="+12025550100", webhook_url=PUBLIC, assistant_profile=any_hour, **values,
        )  # fmt: skip
        calling.webhooks.reached_at[PUBLIC] = line.url
        return line

    return open_one


@pytest.fixture
def callees(calling):
    return Callees(calling)


@pytest.fixture
def call_ana(call_line, calling):
    """Let a campaign call Ana; return the line and the call, which rings."""

    def call(**values):
        line = call_line()
        new = NewCampaign("Cita", "voice", goal="Confirmar la cita del martes.", **values)
        ana = ListedRecipient(2, ANA, GREETING, {}, {"nombre": "Ana", "día": "martes"})
        start(line.parts.database, new, [ana])
        runner = line.parts.campaigns.new_runner()
        try:
            wait_until(lambda: runner.round() or calling.calls.made)
        finally:
            runner.close()
        calling.calls.advance(calling.calls.last)
        calling.webhooks.settle()
        return line, calling.calls.last

    return call


@pytest.fixture
def carrier():
    """Twilio, which takes the messages of a template."""
    with FakeTwilio() as fake:
        fake.messages.rules.template(TEMPLATE, "Hola {{1}}, le esperamos.")
        yield fake


@pytest.fixture
def site(environment, carrier, any_hour):
    """The environment of processes whose messages it takes."""
    return environment | {
        "TWILIO_ACCOUNT_SID": carrier.account_sid, "TWILIO_AUTH_TOKEN": carrier.auth_token,
        "ASSISTANT_PROFILE": any_hour, "TWILIO_API_URL": carrier.url, "TWILIO_WHATSAPP_NUMBER": "+14155550100",
    }  # fmt: skip
