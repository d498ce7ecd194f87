"""Promises that nobody kept: everybody sees them, until somebody has answered the person."""

from dataclasses import replace
from datetime import time

import pytest

from conversation.handoff_states import Event, State
from storage.models import Contact, Conversation, Handoff, MirrorItem
from storage.queries import calls
from storage.queries.calls import WAITS, CallFacts
from tests.people.handoff.business import ANA, PERSON, SELLERS, US, WORDS, Business

pytestmark = pytest.mark.both_databases

MARTA, LUIS = SELLERS
SAID = WORDS.sellers


@pytest.fixture
def business(database):
    return Business(database)


@pytest.fixture
def missed(business):
    """A caller who left a message, of whom every seller was told, and to whom nobody came for a day."""
    business.ask(by_phone=True, begins=State.COLLECTING)
    business.leave_message("Soy Ana, llámenme mañana.")
    business.call_goes_on(Event.CALL_OVER)
    business.pass_time(hours=26)
    return business


def notes(business):
    return [item.body for item in business.kept(MirrorItem) if item.kind == "note"]


def test_sellers_operators_and_the_crm_are_told_once_that_nobody_came(missed):
    handoff = missed.handoff()
    assert (handoff.state, handoff.owner, handoff.missed_at is not None) == (State.CLOSED, "", True)
    told = [words for number in SELLERS for words in missed.said_to(number) if SAID.missed in words]
    assert len(told) == 1 and "Soy Ana, llámenme mañana." in told[0] and f"wa.me/{ANA[1:]}" in told[0]
    assert notes(missed).count(SAID.note_missed) == 1
    assert missed.crm.missed_ones == [handoff.id]

    missed.pass_time(days=10)

    assert missed.crm.missed_ones == [handoff.id] and notes(missed).count(SAID.note_missed) == 1


def test_nothing_is_written_to_a_caller_whose_number_may_be_forged(missed):
    assert missed.said_to(ANA) == []


def test_where_nobody_is_on_duty_it_is_said_once_somebody_is(database):
    business = Business(database)
    business.ask(by_phone=True)
    business.work_off()
    business.pass_time(minutes=10)  # both were asked, at one in the afternoon in Madrid
    policy, hours = business.handoffs.policy, ((time(15), time(15, 30)),)
    policy.sellers[:] = [replace(seller, hours=hours) for seller in policy.sellers]
    business.pass_time(hours=25)
    assert business.handoff().missed_at is None

    business.pass_time(days=1)

    told = [words for number in SELLERS for words in business.said_to(number) if SAID.missed in words]
    at = business.handoff().missed_at.astimezone(policy.zone)
    assert len(told) == 1 and time(15) <= at.time() <= time(15, 30)


def test_the_next_call_of_that_number_is_told_to_the_model_with_its_day_and_nothing_that_was_said(missed):
    with missed.database.write() as connection:
        later = calls.open_call(
            connection, CallFacts("CA2", "inbound", ANA, US, "in-progress", ANA, False), missed.now
        )
        stranger = "+34600000077"
        other = calls.open_call(
            connection, CallFacts("CA3", "inbound", stranger, US, "in-progress", stranger, False), missed.now
        )

    assert later.background == f"2026-11-21: {WAITS}"
    assert other.background == ""


def marked_done(business):
    handoff = business.handoff()
    business.operators.settle_handoff(handoff.conversation_id, handoff.id)


def operator_writes(business):
    business.operators.write(business.chat, "Hola, Ana")


def operator_writes_in_chatwoot(business):
    business.operator_writes()


def operator_resolves(business):
    business.operator_resolves(assignee_type="User", assignee={"id": 1, "name": "Pedro"})


def next_call_is_transferred(business):
    business.ask(by_phone=True, begins=State.TRANSFERRING)
    business.transfer_ends(answered=True)


def next_one_is_taken(business):
    business.ask()
    business.work_off()
    assert [number for number in SELLERS if (business.seller_says(number, "OK") or "").startswith("Es suyo")]


@pytest.mark.parametrize(
    ("answered", "by"),
    [
        (marked_done, "el panel"),
        (operator_writes, "el panel"),
        (operator_writes_in_chatwoot, "Pedro"),
        (operator_resolves, "Pedro"),
        (next_call_is_transferred, PERSON),
        (next_one_is_taken, None),
    ],
)
def test_it_is_settled_by_whoever_answers_the_person(missed, answered, by):
    answered(missed)

    first = missed.kept(Handoff)[0]
    assert first.missed_at is None and first.owned_at is not None
    assert first.owner == by if by else first.owner in SELLERS


def test_what_is_simulated_ends_too_and_is_told_to_nobody(database):
    business = Business(database)
    business.set(Contact, simulated=True)
    business.ask()
    business.pass_time(days=2)

    assert business.handoff().state == State.CLOSED
    assert business.handoff().missed_at is None and business.crm.missed_ones == []
    assert len(business.kept(Conversation)) == 2
