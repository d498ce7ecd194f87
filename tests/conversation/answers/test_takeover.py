"""An answer that another process takes over: when it does, and how the owner before finds out."""

from datetime import UTC, datetime, timedelta

import pytest

from conversation.answers.answer import Answer, AnswerRow, AnswerStopped
from conversation.answers.registry import STALE_S, Answers
from storage.models import Ending, TurnKind, TurnState
from storage.queries import calls, turns
from storage.queries.calls import CallFacts
from storage.queries.turns import NewTurn

pytestmark = pytest.mark.both_databases

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CALL = CallFacts(
    "CA1", "inbound", "+34600000001", "+12025550100", "in-progress", "+34600000001", simulated=False
)


@pytest.fixture
def answer(database):
    """What this process writes, after its first sentence."""
    with database.write() as connection:
        conversation = calls.open_call(connection, CALL, NOON)
        new = NewTurn(conversation.id, 1, TurnKind.SPEECH, "¿Abren hoy?", 0.9, "this process")
        turn_id = turns.claim_turn(connection, new, NOON)
    answer = Answer(database, AnswerRow(CALL.key, 1, turn_id=turn_id), clock=lambda: NOON)
    answer.add(["Sí."])
    keep(database, answer)
    return answer


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def other(database, clock):
    """Another process's answers, at a time that the test says."""
    answers = Answers(database, clock=clock)
    yield answers
    answers.close()


@pytest.fixture
def read_later(database):
    """Have another process read the answer so many seconds later; return what it continues."""
    others = []

    def read(seconds):
        continued = []
        others.append(Answers(database, clock=lambda: NOON + timedelta(seconds=seconds)))
        others[-1].read(CALL.key, 1, 1, 0, lambda answer, _: continued.append(answer))
        return continued

    yield read
    for other in others:
        other.close()


class Clock:
    now = NOON

    def __call__(self):
        return self.now


def cannot_begin(_answer, _turn):
    raise RuntimeError("can't start new thread")


def keep(database, answer):
    with database.write() as connection:
        kept = answer.keep_words(connection)
    if kept is not None:
        answer.kept(kept)
    return kept


def row(database):
    with database.read() as connection:
        return turns.find_turn(connection, CALL.key, 1)


def test_an_answer_is_its_owners_for_three_seconds_after_the_last_heartbeat(answer, read_later, database):
    assert read_later(STALE_S) == []
    assert row(database).epoch == answer.epoch == 1

    [taken] = read_later(STALE_S + 0.001)

    assert (taken.epoch, taken.sentences) == (2, ("Sí.",))
    assert row(database).epoch == 2


def test_what_the_owner_before_says_then_is_not_kept(answer, read_later, database):
    [taken] = read_later(60)
    taken.add([" Hasta las ocho."])
    keep(database, taken)

    answer.add([" Hasta las nueve."])

    assert keep(database, answer) is None
    assert row(database).sentences == ("Sí.", " Hasta las ocho.")


def test_the_owner_before_does_not_end_it_nor_do_what_follows_its_end(answer, read_later, database):
    read_later(60)
    done = []

    with pytest.raises(AnswerStopped):
        answer.finish(TurnState.COMPLETE, Ending.HANG_UP, [" Adiós."], also=done.append)

    assert (answer.state, done) == (TurnState.CANCELLED, [])
    assert (row(database).state, row(database).sentences) == (TurnState.WRITING, ("Sí.",))


def test_the_owner_before_is_told_at_the_next_check(answer, read_later, database):
    ours = Answers(database, clock=lambda: NOON)
    ours.check([answer], heartbeat=True)
    assert answer.state is TurnState.WRITING

    [taken] = read_later(60)
    ours.check([answer], heartbeat=True)

    assert (answer.state, taken.state) == (TurnState.CANCELLED, TurnState.WRITING)


def test_one_whose_continuation_could_not_begin_is_taken_over_again(answer, other, clock):
    clock.now += timedelta(minutes=1)

    with pytest.raises(RuntimeError):
        other.read(CALL.key, 1, 1, 0, cannot_begin)
    assert other.find(CALL.key, 1) is None

    clock.now += timedelta(minutes=1)
    continued = []
    other.read(CALL.key, 1, 1, 0, lambda answer, _: continued.append(answer))

    assert [taken.epoch for taken in continued] == [3]


def test_an_owner_whose_heartbeat_is_from_before_the_clock_was_put_back_is_gone(answer, read_later):
    assert read_later(-10) == []  # another machine's clock may be a little behind

    assert len(read_later(-3600)) == 1
