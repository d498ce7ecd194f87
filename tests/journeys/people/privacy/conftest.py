"""What the stories of erasures share."""

import pytest

from tests.fakes.crm import FakeCrm
from tests.journeys.people.privacy import customer


@pytest.fixture
def crm():
    with FakeCrm() as fake:
        yield fake


@pytest.fixture
def line(desk_line, chatwoot, crm):
    return desk_line(**customer.settings_for(chatwoot, crm))


@pytest.fixture
def erase(line):
    """Erase whoever has a number, as the command does, and let the worker do the rest."""

    def erase(number=customer.NUMBER, *, and_work=True):
        from storage.privacy.people import find_contacts

        with line.parts.database.read() as connection:
            found = find_contacts(connection, number, "MX")
        left = line.parts.privacy.erasures.erase(found)
        if and_work:
            customer.works(line)
        return left

    return erase
