"""How long an answer that has ended is kept in RAM: as long as somebody may still read it there."""

import time

import pytest

from conversation.answers.answer import Answer, AnswerRow
from conversation.answers.registry import CHECK_S, Answers
from storage.database import Database
from storage.models import TurnState


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
    answer = answers.add(Answer(None, AnswerRow("ana", 1, turn_id=None), whole=whole))
    answer.stop(TurnState.COMPLETE, ["Abrimos a las nueve."])
    answer.timing.ended -= ended_s_ago

    time.sleep(CHECK_S + 0.3)

    assert (answers.find("ana", 1) is not None) == is_there
