"""A server of one's own reads what prompts begin with, and answers once where nobody hears it."""

import threading
from contextlib import ExitStack
from functools import partial

import pytest
from structlog.testing import capture_logs

from conversation.models.beginning import Beginning
from conversation.models.preparation_lease import PreparationLease
from conversation.models.warming import Warming
from integrations.language_model import ToolSpec
from integrations.openai.model import OpenAIModel
from storage.base import utc_now
from tests.fakes.openai.replies import Reply, error, stalled, text
from tests.fakes.openai.steps import Until
from tests.waiting import PATIENCE_S

WRITTEN = Beginning("Usted es Ana y escribe.", [])
SPOKEN = Beginning("Usted es Ana.", [ToolSpec("hand_off", "Hand off.", {"type": "object", "properties": {}})])


@pytest.fixture
def waits():
    """Set while somebody waits for an answer."""
    return threading.Event()


@pytest.fixture
def open_warming(openai, waits, database):
    """Makes what a process has: a model and its warming."""
    with ExitStack() as at_end:

        def open_one(beginnings=(WRITTEN, SPOKEN), clock=utc_now, **values):
            model = OpenAIModel("m", **({"api_key": "sk-test", "base_url": openai.base_url} | values))
            at_end.callback(model.close)
            asked = [partial(lambda one: one, one) for one in beginnings]
            warming = Warming(
                model.with_limit(1), asked, waits.is_set, PreparationLease(database, clock=clock)
            )
            at_end.callback(warming.close)
            return warming

        yield open_one


@pytest.fixture
def warming(open_warming):
    return open_warming()


def test_a_single_token_is_written_for_each_beginning_whatever_the_reasoning_effort(openai, open_warming):
    open_warming([SPOKEN], reasoning_effort="low").warm()

    [asked] = openai.warmings
    assert asked.body["max_tokens"] == 1 and asked.body["reasoning_effort"] == "low"


def test_what_is_only_to_be_learned_is_asked_last_and_gives_way_to_people(openai, warming, waits):
    openai.learning = stalled("Hola")
    running = warming.begin()
    openai.wait_for(lambda: openai.learnings and openai.learnings[0].tokens_sent)

    waits.set()

    assert openai.wait_for(lambda: openai.learnings[0].cut_short)
    openai.learning = text("Hola.")
    waits.clear()
    running.join(PATIENCE_S)
    systems = [asked.body["messages"][0]["content"] for asked in openai.requests]
    assert systems == [WRITTEN.system, SPOKEN.system, SPOKEN.system, SPOKEN.system]
    assert len(openai.learnings) == 2


def test_a_refusal_is_told_with_what_the_server_said_and_ends_it(openai, warming):
    openai.enqueue_warmings(error(401, "This key has expired.", code="expired_key"))

    with capture_logs() as logs:
        warming.begin().join(PATIENCE_S)

    [told] = logs
    assert (told["event"], told["status"], told["code"]) == ("model_not_warmed", 401, "expired_key")
    assert "expired" in told["said"]
    assert len(openai.requests) == 1


def test_what_cannot_be_learned_has_a_name_of_its_own_and_nothing_is_read_again(openai, warming):
    openai.learning = error(500)

    with capture_logs() as logs:
        running = warming.begin()
        openai.wait_for(lambda: len(openai.learnings) == 3)  # twice, and after a pause
        openai.learning = text("Hola.")
        running.join(PATIENCE_S)

    assert logs[0]["event"] == "model_warmed"
    assert {told["event"] for told in logs[1:]} == {"model_not_learned"}
    assert [asked.body["messages"][0]["content"] for asked in openai.warmings] == [
        WRITTEN.system, SPOKEN.system,
    ]  # fmt: skip


def test_reading_gives_way_to_people_and_begins_again(openai, warming, waits):
    openai.enqueue_warmings(stalled("x"))
    running = warming.begin()
    openai.wait_for(lambda: openai.warmings and openai.warmings[0].tokens_sent)

    waits.set()

    assert openai.wait_for(lambda: openai.warmings[0].cut_short)
    waits.clear()
    running.join(PATIENCE_S)
    assert len(openai.warmings) == 3


def test_what_is_being_read_is_broken_off_at_the_end_and_told_to_nobody(openai, warming):
    openai.enqueue_warmings(stalled("x"))
    running = warming.begin()
    openai.wait_for(lambda: openai.warmings and openai.warmings[0].tokens_sent)

    with capture_logs() as logs:
        warming.close()

    assert openai.wait_for(lambda: openai.warmings[0].cut_short)
    assert not running.is_alive()
    assert (len(openai.requests), logs) == (1, [])


@pytest.mark.both_databases
def test_of_the_processes_that_begin_together_one_has_the_beginnings_read(openai, open_warming):
    looks, goes_on = [], threading.Event()
    first, second = open_warming(), open_warming(clock=lambda: looks.append(utc_now()) or looks[-1])
    openai.enqueue_warmings(Reply([Until(goes_on), *text("x").steps]))
    running = first.begin()
    openai.wait_for(lambda: openai.warmings)

    waiting = second.begin()
    openai.wait_for(lambda: len(looks) > 1)  # the first look found the lease taken
    goes_on.set()
    running.join(PATIENCE_S)
    waiting.join(PATIENCE_S)

    assert (len(openai.warmings), len(openai.learnings)) == (2, 2)


def test_it_is_begun_once_at_a_time_and_may_be_begun_again(openai, warming):
    goes_on = threading.Event()
    openai.enqueue_warmings(Reply([Until(goes_on), *text("x").steps]))

    running, again = warming.begin(), warming.begin()
    goes_on.set()
    running.join(PATIENCE_S)
    warming.begin().join(PATIENCE_S)

    assert running is again
    assert (len(openai.warmings), len(openai.learnings)) == (4, 1)
