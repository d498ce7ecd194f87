"""What somebody wrote while a person of ours had the conversation, and nobody answered, once it is given back."""

from datetime import timedelta

import pytest

from storage.models import Message, MessageStatus, Turn, TurnState
from storage.queries import outgoing, turns
from storage.queries.turns import NewTurn
from tests.people.handoff.business import ANA, Business

pytestmark = pytest.mark.both_databases


@pytest.fixture
def business(database):
    return Business(database)


def writes(business, *words):
    for said in words:
        business.now += timedelta(seconds=1)
        business.sends(ANA, said, name="Ana")


def gives_back(business, how):
    business.now += timedelta(seconds=1)
    if how == "dashboard":
        business.operators.give_back(business.chat)
    elif how == "/bot on":
        business.chatwoot_says(event="message_created", content=how, private=True)
    else:
        business.chatwoot_says(event="conversation_status_changed", status=how)


def waits_for_the_assistant(business):
    """What it is to answer now, if a job is to have it answered."""
    found = [m.body for m in business.kept(Message) if m.status == MessageStatus.RECEIVED]
    is_queued = ("finish_whatsapp", {"conversation_id": business.chat}) in business.later.jobs
    assert is_queued or not found
    return found


@pytest.mark.parametrize("how", ["dashboard", "/bot on", "pending"])
def test_the_assistant_answers_what_nobody_has_answered(business, how):
    business.operators.take_over(business.chat)
    writes(business, "¿Tienen hora mañana?", "A las diez")

    gives_back(business, how)

    assert waits_for_the_assistant(business) == ["¿Tienen hora mañana?", "A las diez"]


def test_what_is_resolved_is_left(business):
    business.operators.take_over(business.chat)
    writes(business, "Gracias")

    gives_back(business, "resolved")

    assert waits_for_the_assistant(business) == []


def test_what_an_operator_has_answered_is_left(business):
    business.operators.take_over(business.chat)
    writes(business, "¿Tienen hora mañana?")
    business.operators.write(business.chat, "Sí, a las diez")
    writes(business, "¿Y el lunes?")

    gives_back(business, "dashboard")

    assert waits_for_the_assistant(business) == ["¿Y el lunes?"]


def test_what_asks_nothing_is_left(business):
    business.operators.take_over(business.chat)
    writes(business, "¿Tienen hora mañana?")
    business.now += timedelta(hours=25)
    business.operators.take_over(business.chat)
    writes(business, "BAJA", "STOP")

    gives_back(business, "dashboard")

    assert waits_for_the_assistant(business) == []


def test_a_question_whose_answer_was_held_back_is_answered_anew(business):
    writes(business, "¿Tienen hora mañana?")
    with business.database.write() as connection:
        new = NewTurn(business.chat, 1, "text", "¿Tienen hora mañana?", None, "owner")
        turn = turns.claim_turn(connection, new, business.now)
        connection.execute(Message.__table__.update().values(turn_id=turn, status=MessageStatus.SETTLED))
        outgoing.claim_parts(connection, business.chat, turn, ["Sí."], business.now, first=MessageStatus.HELD)
    business.operators.take_over(business.chat)

    gives_back(business, "dashboard")

    assert waits_for_the_assistant(business) == ["¿Tienen hora mañana?"]
    [turn] = business.kept(Turn)
    assert (turn.heard, turn.state) == ("", TurnState.CANCELLED)
