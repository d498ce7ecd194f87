"""What could not be written in time is written once, and nothing that can never be written holds it up."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import NoResultFound
from structlog.testing import capture_logs

from conversation.answers.answer import Answer, AnswerRow
from conversation.answers.late_writes import LateWrites
from conversation.answers.registry import Answers
from storage.models import Ending, TurnState, WebhookEvent
from storage.queries.webhook_events import take_event
from tests.records import every
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def answers(database):
    answers = Answers(database)
    yield answers
    answers.close()


def fails(connection):
    raise NoResultFound("the person was erased")


def writes(key):
    return lambda connection: take_event(connection, "late", key, NOON)


def written(database):
    return [event.key for event in every(database, WebhookEvent)]


def refuses(connection):
    raise LookupError("an error of the writer's own")


@pytest.mark.parametrize("write", [fails, refuses])
def test_what_can_never_be_written_holds_up_no_other_conversation(database, answers, write):
    answers.keep_later("phone:CA1", write)
    answers.keep_later("phone:CA1", writes("after it"))
    answers.keep_later("phone:CA2", writes("another"))

    wait_until(lambda: written(database) == ["another"])

    assert answers.owes("phone:CA1")


def test_what_fails_each_time_is_told_once_and_tried_less_and_less_often(database):
    late, tries = LateWrites(database), []

    def counted(connection):
        tries.append(1)
        fails(connection)

    late.add("phone:CA1", counted)
    with capture_logs() as logged:
        for _ in range(3):
            late.run()
        assert len(tries) == 1
        late.run(is_last=True)

    assert len(tries) == 2
    assert [line["event"] for line in logged] == ["late_write_failed"]


def test_an_answer_that_can_never_be_written_holds_up_no_other(database, answers):
    owing(database, answers, "phone:CA1", lambda connection, answer: fails(connection))
    owing(database, answers, "phone:CA2", lambda connection, answer: writes("another")(connection))

    wait_until(lambda: written(database) == ["another"])


def test_an_answer_that_is_being_written_when_the_process_ends_is_written_once(database, answers):
    begun, may_end, times = threading.Event(), threading.Event(), []

    def keep(connection, answer):
        times.append(1)
        begun.set()
        assert may_end.wait(10)
        writes("once")(connection)

    owing(database, answers, "phone:CA1", keep)
    assert begun.wait(10)
    closing = threading.Thread(target=answers.close)
    closing.start()
    closing.join(0.1)  # it waits for its turn
    may_end.set()
    closing.join(10)

    assert not closing.is_alive()
    assert (written(database), times) == (["once"], [1])


def owing(database, answers, key, keep):
    """Add an answer that was spoken and could not be stored."""
    answer = Answer(database, AnswerRow(key, 1, turn_id=None), keep_late=keep)
    answer.finish(TurnState.COMPLETE, Ending.GATHER, ["Abrimos a las nueve."])
    answers.add(answer)
