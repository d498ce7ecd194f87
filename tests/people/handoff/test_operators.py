"""Operators at the dashboard and in Chatwoot take what waits of a person, and end it, by one rule."""

import pytest

from conversation.handoff_states import State
from storage.models import Handoff
from tests.people.handoff.business import SELLERS, WORDS, Business

pytestmark = pytest.mark.both_databases

MARTA, _ = SELLERS


@pytest.fixture
def business(database):
    return Business(database)


def at_the_dashboard(business):
    business.operators.take_over(business.chat)
    return "el panel"


def writing_at_the_dashboard(business):
    business.operators.write(business.chat, "Hola, Ana")
    return "el panel"


def in_chatwoot(business):
    business.operator_writes()
    return "Pedro"


def resolving(business):
    business.operator_resolves()


def giving_back(business):
    business.operators.give_back(business.chat)


TAKING = [at_the_dashboard, writing_at_the_dashboard, in_chatwoot]


@pytest.mark.parametrize("taking", TAKING)
@pytest.mark.parametrize(
    ("by_phone", "begins"),
    [(False, State.OPEN), (True, State.OPEN), (True, State.COLLECTING), (True, State.TRANSFERRING)],
)
def test_an_operator_who_answers_has_what_waits_wherever_it_was_begun(business, taking, by_phone, begins):
    business.ask(by_phone=by_phone, begins=begins)
    business.work_off()

    name = taking(business)

    assert (business.handoff().state, business.handoff().owner) == (State.OWNED, name)
    assert business.is_silent()
    if begins is State.OPEN:
        assert business.said_to(MARTA)[1:] == [WORDS.sellers.taken_by.format(name=name)]


@pytest.mark.parametrize("taking", TAKING)
def test_an_operator_has_what_nobody_came_to_in_time(business, taking):
    business.ask()
    business.pass_time(hours=1)
    assert business.handoff().state == State.WAITING

    name = taking(business)

    assert (business.handoff().state, business.handoff().owner) == (State.OWNED, name)


@pytest.mark.parametrize("taking", TAKING)
@pytest.mark.parametrize("ending", [resolving, giving_back])
def test_it_ends_when_the_conversation_is_given_back(business, taking, ending):
    business.ask()
    business.work_off()
    taking(business)
    business.now = business.now.replace(minute=30)

    ending(business)

    assert business.handoff().state == State.CLOSED
    assert not business.is_silent()


def test_resolving_ends_what_a_caller_without_a_number_asked_for(business):
    business.calls_without_a_number()
    business.ask(by_phone=True)
    business.work_off()

    business.operator_resolves()

    assert business.handoff().state == State.CLOSED


@pytest.mark.parametrize("taking", TAKING)
def test_of_several_that_wait_none_is_left(business, taking):
    business.ask(by_phone=True)
    business.set(Handoff, state="closed")
    business.ask()
    business.set(Handoff, state="open")

    name = taking(business)

    assert [handoff.owner for handoff in business.kept(Handoff)] == [name, name]
