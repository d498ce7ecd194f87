"""Fixtures that several modules of this folder share."""

import pytest

from integrations.dialog360.client import Dialog360
from tests.fakes.dialog360.fake import API_KEY, FakeDialog360
from tests.integrations.dialog360.bodies import NOON
from tests.integrations.dialog360.requests import Clock


@pytest.fixture(params=["envelope", "flat"])
def whatsapp(request):
    with FakeDialog360(clock=NOON.timestamp) as fake:
        fake.webhooks.flat = request.param == "flat"
        yield fake


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client(whatsapp):
    dialog360 = Dialog360(API_KEY, api_url=whatsapp.url + "/")
    yield dialog360
    dialog360.close()
