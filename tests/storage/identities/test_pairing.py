"""Whose a number and a user id are that a provider has brought together."""

from datetime import timedelta

import pytest

from storage.identities import merging, pairing
from storage.identities.finding import Evidence, identity_of_number, identity_of_user
from storage.models import Contact, Merge
from tests.records import every, the_only
from tests.storage.identities.conftest import NOON

pytestmark = pytest.mark.both_databases

ANA, EVA = "+34600000001", "+34600000002"
FIRST, SECOND = "ES.1", "ES.2"


def test_who_is_new_has_both(people):
    ana = people.write(ANA, FIRST)

    assert people.identities(ana) == [ANA, FIRST]
    assert people.write(ANA) == people.write(user_id=FIRST) == ana


@pytest.mark.parametrize(
    ("first", "then"), [({"number": ANA}, {"user_id": FIRST}), ({"user_id": FIRST}, {"number": ANA})]
)
def test_who_was_known_by_one_is_found_by_both(people, first, then):
    ana = people.write(**first)

    assert people.write(ANA, FIRST) == ana
    assert people.write(**then) == ana
    assert people.find(ana).address == ANA


@pytest.mark.parametrize("knows", ["call", "write"])
def test_two_contacts_that_are_one_become_the_older(people, database, knows):
    by_id = people.write(user_id=FIRST)
    getattr(people, knows)(ANA)

    assert people.write(ANA, FIRST) == by_id
    assert people.identities(by_id) == [ANA, FIRST]
    assert the_only(database, Merge).evidence == Evidence.MESSAGE
    assert people.call(ANA, "CA2") == people.write(user_id=FIRST) == by_id
    assert (people.find(by_id).address, people.find(by_id).whatsapp_user_id) == (ANA, FIRST)


def test_a_number_whose_person_has_another_id_is_somebody_elses_now(people, database):
    before = people.write(ANA, FIRST)

    now = people.write(ANA, SECOND)

    assert now != before
    assert people.identities(now) == [ANA, SECOND]
    assert (people.identities(before), people.retired(before)) == ([], [FIRST])
    assert people.call(ANA) == people.write(ANA) == now
    assert the_only(database, Merge).kind == merging.MergeKind.NUMBER_PASSED_ON


def test_it_is_theirs_too_if_they_were_known_without_it(people):
    before = people.write(ANA, FIRST)
    other = people.write(user_id=SECOND)

    assert people.write(ANA, SECOND) == other
    assert people.identities(other) == [ANA, SECOND]
    assert people.identities(before) == []


def test_a_message_of_the_old_pair_that_comes_late_gives_nothing_back(people):
    before = people.write(ANA, FIRST)
    now = people.write(ANA, SECOND)

    assert people.write(ANA, FIRST) == before
    assert people.identities(now) == [ANA, SECOND]
    assert people.find(before).whatsapp_address == ""  # nor are they written to at what is another's number


def test_an_id_that_has_another_number_now_has_both(people):
    ana = people.write(ANA, FIRST)

    assert people.write(EVA, FIRST) == ana
    assert people.call(ANA) == people.call(EVA, "CA2") == ana
    assert people.find(ana).address == EVA


def test_an_id_of_another_account_is_a_second_one(people):
    ana = people.write(ANA, FIRST)

    assert people.write(ANA, SECOND, provider="360dialog") == ana
    assert people.write(user_id=SECOND, provider="360dialog") == people.write(user_id=FIRST) == ana


def test_calls_and_what_somebody_gives_make_nobody_one(people, database):
    by_id = people.write(user_id=FIRST)

    called = people.call(ANA)
    given = people.reach(ANA)

    assert called == given.contact_id != by_id
    assert every(database, Merge) == []


@pytest.fixture
def change(database):
    def change(old, new, *, number=None, new_number=None):
        numbers = {"old_number": number, "new_number": new_number}
        keys = {name: value and identity_of_number(value, False) for name, value in numbers.items()}
        old_id, new_id = (identity_of_user(user_id, "twilio", False) for user_id in (old, new))
        with database.write() as connection:
            return pairing.change_user_id(connection, old_id, new_id, NOON, **keys)

    return change


def test_a_new_id_is_the_same_persons(people, change):
    ana = people.write(ANA, FIRST)

    assert [change(FIRST, SECOND), change(FIRST, SECOND)] == [ana, ana]
    assert (people.identities(ana), people.retired(ana)) == ([ANA, SECOND], [FIRST])
    assert people.write(user_id=FIRST) == people.write(user_id=SECOND) == ana
    assert people.find(ana).whatsapp_user_id == SECOND


def test_a_new_number_is_the_same_persons_and_the_old_one_nobodys(people, change):
    ana = people.write(ANA, FIRST)

    assert [change(FIRST, SECOND, number=ANA, new_number=EVA) for _ in range(2)] == [ana, ana]
    assert (people.identities(ana), people.retired(ana)) == ([EVA, SECOND], [ANA, FIRST])
    assert people.find(ana).address == EVA
    assert people.call(ANA) != ana == people.call(EVA, "CA2")


def test_a_new_id_that_has_written_before_we_knew_is_the_same_persons(people, change):
    ana = people.write(ANA, FIRST)
    people.write(user_id=SECOND)

    assert change(FIRST, SECOND) == ana
    assert people.identities(ana) == [ANA, SECOND]


def test_a_change_of_somebody_unknown_changes_nothing(people, change, database):
    assert change(FIRST, SECOND) is None
    assert every(database, Contact) == []


def test_a_receipt_gives_a_number_its_id_and_makes_nobody_one(people, database):
    def receipt(user_id):
        with database.write() as connection:
            number, user = identity_of_number(ANA, False), identity_of_user(user_id, "twilio", False)
            pairing.add_user_id(connection, number, user, NOON + timedelta(days=1), Evidence.RECEIPT)

    ana, other = people.write(ANA), people.write(user_id=SECOND)
    receipt(SECOND)
    assert people.identities(ana) == [ANA]

    receipt(FIRST)
    receipt("ES.3")

    assert people.identities(ana) == [ANA, FIRST]
    assert people.identities(other) == [SECOND]
