"""People who write and call: what a signed webhook says of them."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from phone_numbers import matching_number
from storage.models import Contact, Conversation, Identity
from storage.queries import calls, contacts
from storage.queries.calls import CallFacts
from storage.queries.contacts import Sender

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class People:
    """Whoever writes or calls, in transactions of their own; each returns the contact's id."""

    def __init__(self, database):
        self._database = database

    def write(self, number="", user_id="", *, at=NOON, provider="twilio", simulated=False):
        address = f"whatsapp:{number}" if number else ""
        sender = Sender(matching_number(number), address, "", simulated, provider, user_id)
        with self._database.write() as connection:
            return contacts.conversation_with(connection, sender, "", at).contact_id

    def call(self, number, sid="CA1", *, at=NOON):
        facts = CallFacts(sid, "inbound", number, "+12025550100", "ringing", matching_number(number), False)
        with self._database.write() as connection:
            calls.open_call(connection, facts, at)
            return contacts_called(connection, facts)

    def reach(self, number):
        with self._database.write() as connection:
            return contacts.recipient_for(connection, number, NOON)

    def find(self, contact_id):
        with self._database.read() as connection:
            return connection.execute(select(Contact.__table__).where(Contact.id == contact_id)).one()

    def identities(self, contact_id):
        """The values by which a contact is found."""
        with self._database.read() as connection:
            found = select(Identity.value).where(
                Identity.contact_id == contact_id, Identity.retired_at.is_(None)
            )
            return sorted(connection.execute(found).scalars())

    def retired(self, contact_id):
        with self._database.read() as connection:
            found = select(Identity.value).where(
                Identity.contact_id == contact_id, Identity.retired_at.is_not(None)
            )
            return sorted(connection.execute(found).scalars())


def contacts_called(connection, facts):
    return connection.execute(
        select(Conversation.contact_id).where(Conversation.key == facts.key)
    ).scalar_one()


@pytest.fixture
def people(database):
    return People(database)
