"""An answer's owner: nobody writes to it under an epoch that is over, or takes it from an owner that lives."""

from datetime import UTC, datetime, timedelta

import pytest

from storage.models import Ending, TurnKind, TurnState
from storage.queries import calls, turns
from storage.queries.calls import CallFacts
from storage.queries.turns import NewTurn

pytestmark = pytest.mark.both_databases

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=5)
CALL = CallFacts(
    "CA1", "inbound", "+34600000001", "+12025550100", "in-progress", "+34600000001", simulated=False
)
FIRST, SECOND = "first process", "second process"


@pytest.fixture
def turn(database):
    """A turn whose answer the first process has begun to write."""
    with database.write() as connection:
        conversation = calls.open_call(connection, CALL, NOON)
        new = NewTurn(conversation.id, 1, TurnKind.SPEECH, "¿Abren hoy?", 0.9, FIRST)
        turns.claim_turn(connection, new, NOON)
    return found(database)


def found(database):
    with database.read() as connection:
        return turns.find_turn(connection, CALL.key, 1)


def run(database, query, *arguments, **values):
    with database.write() as connection:
        return query(connection, *arguments, **values)


def test_whoever_takes_an_answer_over_owns_it_under_the_next_epoch(database, turn):
    assert run(database, turns.take_over, turn, SECOND, LATER) == 2

    taken = found(database)
    assert (taken.owner, taken.epoch, taken.beat_at) == (SECOND, 2, LATER)


def test_an_owner_that_wrote_a_word_since_it_was_looked_at_keeps_its_answer(database, turn):
    run(database, turns.keep_sentences, turn.id, 1, ["Sí."], LATER)

    assert run(database, turns.take_over, turn, SECOND, LATER) is None
    assert found(database).owner == FIRST


def test_an_owner_that_beat_since_it_was_looked_at_keeps_its_answer(database, turn):
    run(database, turns.heartbeat, [turn.id], FIRST, LATER)

    assert run(database, turns.take_over, turn, SECOND, LATER) is None
    assert found(database).owner == FIRST


@pytest.mark.parametrize("at", [LATER, NOON], ids=["later", "with a clock that is behind"])
def test_of_two_that_would_take_an_answer_over_one_does(database, turn, at):
    assert run(database, turns.take_over, turn, SECOND, at) == 2

    assert run(database, turns.take_over, turn, "third process", LATER) is None
    assert (found(database).owner, found(database).epoch) == (SECOND, 2)


def test_an_answer_that_ended_since_it_was_looked_at_is_not_taken_over(database, turn):
    run(database, turns.stop_turn, turn.id, TurnState.SUPERSEDED, LATER)

    assert run(database, turns.take_over, turn, SECOND, LATER) is None
    assert found(database).state is TurnState.SUPERSEDED


def test_only_the_owner_beats(database, turn):
    run(database, turns.take_over, turn, SECOND, LATER)

    run(database, turns.heartbeat, [turn.id], FIRST, LATER + timedelta(hours=1))

    assert found(database).beat_at == LATER


def test_words_of_an_owner_that_was_replaced_are_not_kept(database, turn):
    run(database, turns.take_over, turn, SECOND, LATER)
    run(database, turns.keep_sentences, turn.id, 2, ["Hasta las ocho."], LATER)

    assert not run(database, turns.keep_sentences, turn.id, 1, ["Hasta las nueve."], LATER)
    assert found(database).sentences == ("Hasta las ocho.",)


def test_an_owner_that_was_replaced_does_not_end_the_answer(database, turn):
    run(database, turns.take_over, turn, SECOND, LATER)

    ended = run(
        database, turns.finish_turn, turn.id, 1,
        state=TurnState.COMPLETE, ending=Ending.GATHER, sentences=["Adiós."], finished_at=LATER,
    )  # fmt: skip

    assert not ended
    assert (found(database).state, found(database).sentences) == (TurnState.WRITING, ())


def test_sentences_of_another_owner_are_not_taken_for_ones_own(database, turn):
    run(database, turns.take_over, turn, SECOND, LATER)
    run(database, turns.keep_sentences, turn.id, 2, ["Hasta las ocho."], LATER)

    assert run(database, turns.has_sentences, turn.id, 2, 1)
    assert not run(database, turns.has_sentences, turn.id, 1, 1)
