"""How long an answer that has ended is kept in RAM: as long as somebody may still read it there."""

import pytest

from conversation.answers.answer import Answer, AnswerRow
from conversation.answers.registry import Answers
from storage.database import Database
from storage.models import TurnState
from tests.waiting import wait_until


@pytest.fixture
def answers(sqlite_url):
    database = Database(sqlite_url)
    answers = Answers(database)
    yield answers
    answers.close()
    database.close()


@pytest.mark.parametrize(
    ("whole", "ended_s_ago", "is_there"),
    [(True, 3, True), (True, 6, False), (False, 6, True), (False, 61, False)],
)
def test_one_that_is_read_once_is_forgotten_sooner(answers, whole, ended_s_ago, is_there):
    end(answers, "ana", whole, ended_s_ago)
    end(answers, "old", whole, ended_s_ago=3600)

    wait_until(lambda: answers.find("old", 1) is None)

    assert (answers.find("ana", 1) is not None) == is_there


def end(answers, key, whole, ended_s_ago):
    """Add an answer that ended so long ago."""
    answer = Answer(None, AnswerRow(key, 1, turn_id=None), whole=whole)
    answer.stop(TurnState.COMPLETE, ["Abrimos a las nueve."])
    answer.timing.ended -= ended_s_ago
    answers.add(answer)
