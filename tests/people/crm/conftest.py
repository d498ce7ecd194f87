"""Fixtures that several modules of this folder share."""

import pytest

from integrations.crm.client import CrmWebhook
from people.crm.publisher import CrmEvents
from tests.fakes.crm import FakeCrm
from tests.people.crm.business import SECRET, SELLER, Business, Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def crm(clock):
    with FakeCrm(SECRET, clock=lambda: clock().timestamp()) as fake:
        yield fake


@pytest.fixture
def business(database, work, crm, clock):
    client = CrmWebhook(crm.url, SECRET)
    yield Business(database, work, CrmEvents(database, work, client, ours=[SELLER], clock=clock), clock)
    client.close()
