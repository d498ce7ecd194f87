"""What a message says of who wrote it: kept at once where it is news, by the minute where it is only the time."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, insert, select

from storage.models import Contact
from storage.queries import contacts
from storage.queries.contacts import Sender

pytestmark = pytest.mark.both_databases

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OURS = "whatsapp:+12025550100"
ANA = Sender("+34600000001", "whatsapp:+34600000001", "Ana", simulated=False)


@pytest.fixture
def write(database):
    """Have Ana, or another, write at a time; return how it was kept."""

    def write(sender=ANA, at=NOON):
        with database.write() as connection:
            return contacts.conversation_with(connection, sender, OURS, at)

    return write


@pytest.fixture
def changes(database):
    """The statements that change a row."""
    seen = []

    @event.listens_for(database.engine, "before_execute")
    def note(_connection, statement, *_):
        if statement.is_update or statement.is_insert:
            seen.append(statement)

    return seen


def kept(database):
    with database.read() as connection:
        return connection.execute(select(Contact.name, Contact.whatsapp_address, Contact.wrote_at)).one()


def test_who_writes_first_is_kept(database, write):
    recipient = write()

    assert kept(database) == ("Ana", "whatsapp:+34600000001", NOON)
    assert (recipient.number, recipient.key) == ("+34600000001", f"whatsapp:{recipient.contact_id}")


def test_who_writes_again_at_once_changes_nothing(write, changes):
    first = write()
    changes.clear()

    again = write(at=NOON + timedelta(seconds=59))

    assert changes == []
    assert (again.conversation_id, again.wrote_at) == (first.conversation_id, NOON + timedelta(seconds=59))


def test_when_somebody_wrote_is_at_most_a_minute_old(database, write):
    write()

    write(at=NOON + timedelta(seconds=60))

    assert kept(database).wrote_at == NOON + timedelta(seconds=60)


def test_another_name_is_kept_at_once(database, write):
    write()

    write(Sender(ANA.number, ANA.address, "Ana María", simulated=False), NOON + timedelta(seconds=1))

    assert kept(database).name == "Ana María"


def test_who_tells_no_name_keeps_the_one_that_is_known(database, write):
    write()

    recipient = write(Sender(ANA.number, ANA.address, "", simulated=False), NOON + timedelta(minutes=2))

    assert (recipient.name, kept(database).name) == ("Ana", "Ana")


def test_a_contact_that_is_known_from_the_phone_alone_gets_a_conversation(database, write):
    values = {"address": ANA.number, "simulated": False, "created_at": NOON}
    with database.write() as connection:
        made = connection.execute(insert(Contact).values(values).returning(Contact.id)).scalar_one()

    recipient = write()

    assert recipient.contact_id == made
    assert (recipient.name, recipient.address) == (ANA.name, ANA.address)
    assert kept(database) == ("Ana", "whatsapp:+34600000001", NOON)


def test_who_only_gets_messages_has_not_written(database):
    with database.write() as connection:
        recipient = contacts.recipient_for(connection, ANA.number, NOON)
        again = contacts.recipient_for(connection, ANA.number, NOON)

    assert recipient == again
    assert (recipient.wrote_at, recipient.address, recipient.name) == (None, "", "")
    assert kept(database) == ("", "", None)
