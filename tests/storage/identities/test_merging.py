"""Two contacts that are one person: what they keep, what is the stricter of the two, and how it is undone."""

from datetime import timedelta

import pytest
from sqlalchemy import MetaData, update

from storage import locks
from storage.identities import merging
from storage.identities.finding import Evidence
from storage.ledger import entries
from storage.ledger.entries import Use
from storage.models import (
    Contact,
    Conversation,
    Identity,
    LedgerEntry,
    LedgerTotal,
    Merge,
    Mirror,
    MirrorItem,
)
from storage.queries import calls, contacts, helpdesk, messages
from storage.queries.helpdesk_items import Kind
from storage.queries.messages import NewMessage
from storage.reports import conversations as browsing
from storage.reports import search
from storage.reports.conversations import Filter
from tests.records import every, the_only
from tests.storage.identities.conftest import NOON, People

pytestmark = pytest.mark.both_databases

ANA, ID, DAY = "+34600000001", "ES.1", "2026-03-02"
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def merged(database):
    def merged(one, other):
        with database.write() as connection:
            return merging.merge(connection, one, other, LATER, Evidence.MESSAGE)

    return merged


@pytest.fixture
def undo(database):
    def undo():
        merge = every(database, Merge)[-1]
        with database.write() as connection:
            return merging.undo(connection, merge.id, LATER)

    return undo


def rows(database, *models):
    with database.read() as connection:
        tables = MetaData()
        tables.reflect(connection, only=[model.__tablename__ for model in models])
        return {
            name: connection.execute(table.select().order_by(table.c.id)).all()
            for name, table in tables.tables.items()
        }


def change(database, contact_id, **values):
    with database.write() as connection:
        connection.execute(update(Contact).where(Contact.id == contact_id).values(values))


def test_conversations_keep_their_ids_and_keys_and_are_the_older_contacts(people, database, merged):
    called, written = people.call(ANA), people.write(user_id=ID)
    before = {conversation.id: conversation.key for conversation in every(database, Conversation)}

    merged(written, called)

    after = every(database, Conversation)
    assert {conversation.id: conversation.key for conversation in after} == before
    assert {conversation.contact_id for conversation in after} == {called}
    assert people.find(written).merged_into == called


def test_what_was_written_in_last_takes_what_comes_next(people, database, merged):
    first = people.write(ANA)
    second = people.write(user_id=ID, at=LATER)

    merged(first, second)

    with database.write() as connection:
        assert contacts.recipient_for(connection, ANA, LATER).key == f"whatsapp:{second}"
        assert contacts.recipient_of(connection, second).key == f"whatsapp:{second}"


def test_the_stricter_wish_holds_for_both(people, database, merged):
    first, second = people.write(ANA), people.write(user_id=ID)
    change(database, second, opted_out_at=LATER)

    merged(first, second)

    assert people.find(first).opted_out_at == LATER


def test_whoever_has_one_of_the_conversations_has_the_person(people, database, merged):
    first, second = people.write(ANA), people.write(user_id=ID, at=LATER)
    with database.write() as connection:
        held = contacts.recipient_of(connection, first).conversation_id
        contacts.take_over(connection, held, "Marta", LATER + timedelta(hours=1))

    merged(first, second)

    with database.read() as connection:
        assert contacts.is_with_a_person(contacts.recipient_of(connection, first), LATER)


def test_messages_of_both_count_towards_the_limit(people, database, merged):
    first, second = people.write(ANA), people.write(user_id=ID)
    with database.write() as connection:
        for sid, contact_id in (("SM1", first), ("SM2", second)):
            conversation = contacts.recipient_of(connection, contact_id).conversation_id
            messages.keep_inbound(
                connection, conversation, NewMessage(sid, "text", "Hola", ""), "Hola", LATER
            )

    merged(first, second)

    with database.read() as connection:
        assert messages.came_from_since(connection, first, NOON) == 2


@pytest.mark.parametrize("has_both", [False, True])
def test_what_chatwoot_knows_goes_on_there(people, database, merged, has_both):
    first, second = people.call(ANA), people.write(user_id=ID)
    with database.write() as connection:
        for contact_id in [second, first][: 1 + has_both]:
            helpdesk.keep_source(connection, contact_id, f"wa_{contact_id}", NOON)
            helpdesk.keep_conversation(connection, contact_id, 70 + contact_id)
            helpdesk.add_words(connection, contact_id, Kind.NOTE, f"note:{contact_id}", "Hola", NOON)

    merged(first, second)

    with database.read() as connection:
        place = helpdesk.place_of(connection, first)
        assert place.conversation_id == 70 + (first if has_both else second)
        assert helpdesk.place_by_conversation(connection, 70 + second).contact_id == (
            second if has_both else first
        )
    by_ref = {item.ref: item.contact_id for item in every(database, MirrorItem)}
    assert by_ref[f"note:{second}"] == (second if has_both else first)


def test_they_are_one_in_the_list_and_in_the_search(people, database, merged):
    first, second = people.write(ANA), people.write(user_id=ID, at=LATER)

    merged(first, second)

    with database.read() as connection:
        listed = browsing.conversations(connection, Filter(), LATER).rows
        theirs = browsing.conversations(connection, Filter(contact_id=first), LATER).rows
        found = search.people(connection, "600000001")
    assert [row.contact_id for row in listed] == [row.contact_id for row in theirs] == [first]
    assert [person.contact_id for person in found] == [first]


def test_it_can_be_undone_once(people, database, merged, undo):
    first, second = people.write(ANA), people.write(user_id=ID, at=LATER)
    change(database, second, opted_out_at=LATER, name="Ana")
    with database.write() as connection:
        helpdesk.keep_source(connection, second, "wa_1", NOON)
    before = rows(database, Contact, Conversation, Identity, Mirror)

    merged(first, second)
    assert rows(database, Contact, Conversation, Identity, Mirror) != before

    assert undo() is True
    assert rows(database, Contact, Conversation, Identity, Mirror) == before
    assert undo() is False


def test_what_both_have_used_is_counted_for_the_one_and_for_the_two_again(people, database, merged, undo):
    first, second = people.write(ANA), people.write(user_id=ID)
    mine, theirs = (f"contact:{contact_id}" for contact_id in (first, second))
    add(database, account=mine, kind="photo", units=2, refused=1)
    add(database, account=theirs, kind="photo", units=3, refused=4, billed=7, estimated=8)
    add(database, account=theirs, kind="note", units=5)
    with database.write() as connection:
        entries.enter(connection, "photo:1", Use(theirs, "photo", DAY), 1, LATER, NOON)

    merged(first, second)

    assert counted(database) == {
        (mine, "photo"): (5, 8, 7, 5), (mine, "note"): (5, 0, 0, 0),
    }  # fmt: skip
    assert the_only(database, LedgerEntry).account == mine

    add(database, account=mine, kind="photo", units=10)
    undo()

    assert counted(database) == {
        (mine, "photo"): (12, 0, 0, 1), (theirs, "photo"): (3, 8, 7, 4), (theirs, "note"): (5, 0, 0, 0),
    }  # fmt: skip
    assert the_only(database, LedgerEntry).account == theirs


def add(database, **counts):
    with database.write() as connection:
        entries.add_rows(connection, [{"period": DAY, **counts}])


def counted(database):
    """What was counted, by account and kind: units, estimated, billed, refused."""
    rows = every(database, LedgerTotal)
    counts = {(r.account, r.kind): (r.units, r.estimated, r.billed, r.refused) for r in rows}
    return {which: count for which, count in counts.items() if any(count)}


def test_what_has_changed_since_stays(people, database, merged, undo):
    first, second = people.write(ANA), people.write(user_id=ID)
    change(database, second, opted_out_at=NOON, name="Ana")
    merged(first, second)
    change(database, first, opted_out_at=None, name="Ana María")

    undo()

    assert (people.find(first).opted_out_at, people.find(first).name) == (None, "Ana María")
    assert people.find(second).opted_out_at == NOON


def test_two_that_were_told_apart_are_not_made_one_again(people, undo):
    first, second = people.write(ANA), people.write(user_id=ID)
    people.write(ANA, ID)
    undo()

    people.write(ANA, ID)

    assert (people.identities(first), people.identities(second)) == ([ANA], [ID])


def test_messages_of_two_that_were_told_apart_wait_for_nobody(postgres_database):
    people = People(postgres_database)
    people.write(ANA)
    second = people.write(user_id=ID)
    people.write(ANA, ID)
    with postgres_database.write() as connection:
        merging.undo(connection, the_only(postgres_database, Merge).id, LATER)

    with postgres_database.write() as connection:
        locks.hold(connection, "identities")  # somebody else is being made one

        assert people.write(ANA, ID) == second


def test_a_contact_that_took_another_in_is_taken_in_with_it(people, database, merged, undo):
    first, second, third = people.write(ANA), people.write(user_id=ID), people.write(user_id="ES.2")
    merged(second, third)

    merged(first, second)

    assert (people.find(third).merged_into, people.find(second).merged_into) == (first, first)
    assert people.write(user_id="ES.2") == first
    undo()
    assert people.write(user_id="ES.2") == second


def test_a_number_that_was_passed_on_goes_back(people, undo):
    before = people.write(ANA, ID)
    now = people.write(ANA, "ES.2")

    undo()

    assert people.identities(before) == [ANA, ID]
    assert people.identities(now) == ["ES.2"]
    assert people.call(ANA) == before


def test_topics_of_both_are_told_of_the_one_person(people, database, merged):
    first, second = people.call(ANA), people.write(user_id=ID)
    with database.write() as connection:
        call = calls.find_conversation(connection, "phone:CA1")
        calls.conversation_topic(connection, call.id, "a visit")

    merged(first, second)

    with database.read() as connection:
        assert "a visit" in calls.topics_of(connection, first)
