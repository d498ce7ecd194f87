"""A contact is found by a number and by a user id, made once, and found at no more cost than before."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import event

from storage.models import Contact, Conversation, Identity
from tests.records import every, the_only
from tests.storage.identities.conftest import NOON
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.both_databases

ANA, ANAS_ID = "+34600000001", "ES.1"


@pytest.fixture
def statements(database):
    seen = []
    event.listen(database.engine, "before_execute", lambda _connection, statement, *_: seen.append(statement))
    return seen


def test_a_person_is_one_contact_by_phone_and_in_writing_whatever_form_the_number_has(people):
    called = people.call("+525555550100")

    assert people.write("+5215555550100") == called
    assert people.reach("+5215555550100").contact_id == called
    assert people.identities(called) == ["+525555550100"]


def test_a_user_id_counts_within_one_provider(people):
    assert people.write(user_id=ANAS_ID) != people.write(user_id=ANAS_ID, provider="360dialog")


def test_the_simulators_people_are_others(people):
    assert people.write(ANA, ANAS_ID) != people.write(ANA, ANAS_ID, simulated=True)


@pytest.mark.parametrize(
    "known_by", [{"number": ANA}, {"user_id": ANAS_ID}, {"number": ANA, "user_id": ANAS_ID}]
)
def test_whoever_writes_again_is_found_by_one_statement(people, statements, known_by):
    people.write(**known_by)
    statements.clear()

    people.write(**known_by, at=NOON + timedelta(seconds=1))

    assert len(statements) == 1


def test_whoever_calls_again_is_found_by_one_statement(people, statements):
    people.call(ANA, "CA1")
    statements.clear()

    people.call(ANA, "CA2")

    inserted = [statement.table.name for statement in statements if statement.is_insert]
    assert inserted == ["conversations", "calls"]
    # the conversation, the contact, what the call is told; the conversation, and this test's own look
    assert len([statement for statement in statements if statement.is_select]) == 5


@pytest.mark.parametrize(
    "known_by", [{"number": ANA}, {"user_id": ANAS_ID}, {"number": ANA, "user_id": ANAS_ID}]
)
def test_two_webhooks_of_one_new_person_at_once_make_one_contact(database, people, known_by):
    begun, found = threading.Barrier(4), []

    def write():
        begun.wait(PATIENCE_S)
        found.append(people.write(**known_by))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)

    contact = the_only(database, Contact)
    assert found == [contact.id] * 4
    assert the_only(database, Conversation).contact_id == contact.id
    assert {identity.contact_id for identity in every(database, Identity)} == {contact.id}


def test_a_number_is_verified_by_a_message_and_not_by_a_call(database, people):
    people.call(ANA)
    assert the_only(database, Identity).verified_by is None

    people.write(ANA)

    assert the_only(database, Identity).verified_by == "message"
