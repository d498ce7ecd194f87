"""The migration to identities: what the version before has stored is found again, by both."""

import pytest
from alembic import command
from sqlalchemy import text

from jobs.migrate import run_alembic, upgrade
from phone_numbers import matching_number
from storage.database import Database
from storage.queries import contacts
from storage.queries.contacts import Sender
from tests.storage.migrations.earlier import (
    BY_ADDRESS,
    BY_USER_ID,
    FINDS_A_CALLER,
    FINDS_A_WRITER,
    HIDDEN,
    NOON,
    PEOPLE,
    STRANGERS,
    fill,
    go_back,
    read_as_before,
    rows,
    transaction,
)

pytestmark = pytest.mark.both_databases

ANA = "+34600000001"
IDENTITIES = [
    (1, "phone", "+34600000001", "", False), (1, "whatsapp", "ES.1", "twilio", False),
    (2, "phone", "+34600000001", "", True), (3, "phone", "+525555550100", "", False),
    (5, "phone", "+541155550100", "", False), (6, "withheld", "CA1", "", False),
    (7, "whatsapp", HIDDEN, "360dialog", False),
]  # fmt: skip
"""Whose identities they become: the fourth has the number of the fifth, by which the version before finds the fifth."""
TOUCHED = "id, key, contact_id, channel, topic, background, provider, created_at"
CONTACTS = (
    "id, address, simulated, name, whatsapp_address, whatsapp_user_id, opted_out_at, wrote_at, created_at"
)


@pytest.fixture
def url(database_url):
    go_back(database_url)
    fill(database_url)
    return database_url


def identities(url):
    found = rows(url, "identities", "contact_id, kind, value, scope, simulated")
    return sorted((*values, bool(simulated)) for *values, simulated in found)


def test_everybody_is_found_by_what_they_were_known_by(url):
    upgrade(url)

    assert identities(url) == IDENTITIES


def test_a_number_keeps_the_form_in_which_it_came(url):
    with transaction(url) as connection:
        connection.execute(
            text(
                "INSERT INTO calls (call_sid, conversation_id, direction, from_number, to_number, status, started_at) "
                "SELECT 'CA' || id, id, 'inbound', '+5491155550100', '+12025550100', 'completed', created_at "
                "FROM conversations WHERE contact_id = 5 AND channel = 'phone'"
            )
        )

    upgrade(url)

    written = dict(rows(url, "identities WHERE kind = 'phone'", "contact_id, written_as"))
    assert written == {1: ANA, 2: ANA, 3: "+5215555550100", 5: "+5491155550100"}


def test_nothing_is_deleted_and_contacts_stay_as_they_were(url):
    people, talks = rows(url, "contacts", CONTACTS), rows(url, "conversations", "id, key, contact_id")

    upgrade(url)

    assert rows(url, "contacts", CONTACTS) == people
    assert rows(url, "conversations", "id, key, contact_id") == talks


def test_strangers_who_were_taken_for_one_lose_what_is_told_of_them_and_nobody_else_does(url):
    upgrade(url)

    told = {
        id_: (topic, background)
        for id_, topic, background in rows(url, "conversations", "contact_id, topic, background")
    }
    assert told.pop(8) == ("", "")
    assert set(told.values()) == {("a visit", "2026-03-01: a visit")}
    assert not [row for row in identities(url) if row[0] == 8 or row[2] == STRANGERS]


@pytest.mark.parametrize(
    "undone",
    [
        [],
        ["DELETE FROM identities"],
        ["DELETE FROM identities WHERE contact_id > 2"],
        ["DROP TABLE identities"],
        ["DROP TABLE merges", "ALTER TABLE contacts DROP COLUMN merged_into"],
        ["UPDATE conversations SET topic = 'a visit' WHERE contact_id = 8"],
    ],
)
def test_where_it_broke_off_it_goes_on(url, undone):
    run_alembic(url, command.upgrade, "0011")
    with transaction(url) as connection:
        for statement in [*undone, "UPDATE alembic_version SET version_num = '0010'"]:
            connection.execute(text(statement))

    upgrade(url)

    assert identities(url) == IDENTITIES
    assert {row[1] for row in rows(url, "conversations", "contact_id, topic") if row[0] == 8} == {""}


def test_the_version_before_reads_what_this_one_has_migrated_and_writes(url):
    upgrade(url)
    database = Database(url)
    with database.write() as connection:
        new = Sender(matching_number("+34600000002"), "whatsapp:+34600000002", "Eva", False, user_id="ES.2")
        made = contacts.conversation_with(connection, new, "", NOON)
    database.close()

    for address, simulated, _, user_id in [*PEOPLE, ("+34600000002", False, "", "ES.2")]:
        [(contact_id,)] = read_as_before(url, FINDS_A_CALLER, address=address, simulated=simulated)
        [by_address] = read_as_before(url, FINDS_A_WRITER + BY_ADDRESS, address=address, simulated=simulated)
        assert by_address.contact_id == contact_id
        if user_id:
            [by_id] = read_as_before(url, FINDS_A_WRITER + BY_USER_ID, address=user_id, simulated=simulated)
            assert by_id.contact_id == contact_id
    assert made.contact_id == contact_id


@pytest.mark.parametrize(
    "sender",
    [
        Sender("+34600000003", "whatsapp:+34600000003", "", False),
        Sender("", "", "", False, user_id="ES.3"),
        Sender("+34600000003", "whatsapp:+34600000003", "", False, user_id="ES.3"),
    ],
)
def test_whom_the_version_before_makes_afterwards_is_found(url, sender):
    upgrade(url)
    fill(url, [("+34600000003", False, "whatsapp:+34600000003", "ES.3")])
    [(made,)] = read_as_before(url, FINDS_A_CALLER, address="+34600000003", simulated=False)

    database = Database(url)
    with database.write() as connection:
        first = contacts.conversation_with(connection, sender, "", NOON)
        again = contacts.conversation_with(connection, sender, "", NOON)
    database.close()

    assert (first.contact_id, again.contact_id) == (made, made)
    expected = [("phone", "+34600000003")] * bool(sender.number) + [("whatsapp", "ES.3")] * (
        not sender.number
    )
    assert set(expected) <= {(kind, value) for id_, kind, value, *_ in identities(url) if id_ == made}
