"""A campaign that calls one person, and the line that talks to them."""

import pytest

from messaging.campaigns.creation import Creation
from messaging.campaigns.recipient import ListedRecipient
from messaging.campaigns.states import Event, happened
from storage.base import utc_now
from storage.campaigns.campaigns import NewCampaign
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio
from tests.journeys.campaigns.calls import PUBLIC, Callees
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
        campaign_id = Creation(line.parts.database).create(new, [ana])
        with line.parts.database.write() as connection:
            happened(connection, campaign_id, Event.STARTED, utc_now())
        runner = line.parts.campaigns.new_runner()
        try:
            wait_until(lambda: runner.round() or calling.calls.made)
        finally:
            runner.close()
        calling.calls.advance(calling.calls.last)
        calling.webhooks.settle()
        return line, calling.calls.last

    return call
