"""Fixtures that several modules of this folder share."""

import httpx2
import pytest

from tests.fakes.chatwoot.fake import FakeChatwoot
from tests.integrations.chatwoot.callers import Caller
from tests.integrations.chatwoot.requests import connect


@pytest.fixture
def chatwoot():
    with FakeChatwoot() as fake:
        yield fake


@pytest.fixture(scope="module")
def http():
    with httpx2.Client(timeout=5, trust_env=False) as client:
        yield client


@pytest.fixture
def caller(chatwoot, http):
    return Caller(chatwoot, http)


@pytest.fixture
def client(chatwoot):
    """With the agent bot's token."""
    made = connect(chatwoot)
    yield made
    made.close()
