"""Fixtures that several modules of this folder share."""

import pytest

from simulator.whatsapp.client import MessagingApi
from tests.simulator.conftest import ACCOUNT
from tests.simulator.phones import whatsapp_at
from tests.simulator.toy_server import response
from tests.simulator.whatsapp.api_client import TOKEN, Clock
from tests.simulator.whatsapp.writing import DONE, PATH, message


@pytest.fixture
def a_whatsapp(server):
    """Make WhatsApps that write to this server; they are closed at the end."""
    made = []

    def make(**options):
        made.append(whatsapp_at(server.url, ACCOUNT, "a secret", **options))
        return made[-1]

    yield make
    for whatsapp in made:
        whatsapp.close()


@pytest.fixture
def ana(server, a_whatsapp):
    server.on(PATH, response(message("Hola, Ana")))
    server.on("/status", DONE)
    return a_whatsapp()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def twilio(clock):
    with MessagingApi(ACCOUNT, TOKEN, now=clock) as api:
        yield api
