"""A database as the version before identities left it, and what that version reads from it."""

from contextlib import contextmanager
from datetime import UTC, datetime

from alembic import command
from sqlalchemy import MetaData, create_engine, insert, text

from jobs.migrate import run_alembic

EARLIER = "0010"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STRANGERS = "+266696687"
HIDDEN = "MX.1349"
PEOPLE = [  # address, simulated, whatsapp_address, whatsapp_user_id
    ("+34600000001", False, "whatsapp:+34600000001", "ES.1"),
    ("+34600000001", True, "whatsapp:+34600000001", None),
    ("+525555550100", False, "whatsapp:+5215555550100", None),
    ("+5491155550100", False, "", None),  # as earlier still, under a form that is not looked for any more
    ("+541155550100", False, "", None),
    ("withheld:CA1", False, "", None),
    (f"bsuid:{HIDDEN}", False, "", HIDDEN),
    (STRANGERS, False, "", None),
    ("terminal", True, "", None),
]
FINDS_A_CALLER = "SELECT id FROM contacts WHERE address = :address AND simulated = :simulated"
FINDS_A_WRITER = """
SELECT conversations.id AS conversation_id, contacts.id AS contact_id, conversations.key, contacts.address,
    contacts.whatsapp_address, contacts.name, conversations.our_address, contacts.simulated, contacts.opted_out_at,
    contacts.wrote_at, conversations.provider, conversations.human_until, contacts.whatsapp_user_id
FROM conversations JOIN contacts ON contacts.id = conversations.contact_id
WHERE contacts.simulated = :simulated AND conversations.key = 'whatsapp:' || CAST(contacts.id AS VARCHAR)
"""
BY_ADDRESS, BY_USER_ID = " AND contacts.address = :address", " AND contacts.whatsapp_user_id = :address"


@contextmanager
def transaction(url):
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def go_back(url):
    """Make the database one of the version before, without what this version adds."""
    run_alembic(url, command.downgrade, EARLIER)


def fill(url, people=PEOPLE):
    """Write what the version before writes: for everybody a contact, a written conversation and a call."""
    with transaction(url) as connection:
        tables = MetaData()
        tables.reflect(connection, only=["contacts", "conversations"])
        for address, simulated, written_as, user_id in people:
            contact_id = _add(
                connection, tables.tables["contacts"], address=address, simulated=simulated, name="Ana",
                whatsapp_address=written_as, whatsapp_user_id=user_id, created_at=NOON,
            )  # fmt: skip
            for key, channel in ((f"whatsapp:{contact_id}", "whatsapp"), (f"phone:CA{contact_id}", "phone")):
                _add(
                    connection, tables.tables["conversations"], key=key, contact_id=contact_id, channel=channel,
                    background="2026-03-01: a visit", summary="", summary_upto=0, topic="a visit", our_address="",
                    provider="360dialog" if user_id == HIDDEN else "twilio", human="", created_at=NOON,
                )  # fmt: skip


def _add(connection, table, **values):
    return connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one()


def rows(url, table, columns="*"):
    with transaction(url) as connection:
        return sorted(map(tuple, connection.execute(text(f"SELECT {columns} FROM {table}"))), key=str)


def read_as_before(url, statement, **values):
    with transaction(url) as connection:
        return connection.execute(text(statement), values).all()
