import pytest

from tests.simulator.phones import phone_at
from tests.simulator.toy_server import ToyServer

ACCOUNT = "AC" + "51" * 16


@pytest.fixture
def server():
    server = ToyServer()
    yield server
    server.close()


@pytest.fixture
def a_phone(server):
    """Make phones of this server; they are closed at the end."""
    made = []

    def make(**options):
        phone = phone_at(server.url, ACCOUNT, "a secret", **options)
        made.append(phone)
        return phone

    yield make
    for phone in made:
        phone.close()


@pytest.fixture
def phone(a_phone):
    return a_phone()
