"""A server of one's own reads what prompts begin with, and answers once where nobody hears it."""

import threading

import pytest
from structlog.testing import capture_logs

from conversation.models.beginning import Beginning
from conversation.models.warming import Warming
from integrations.language_model import ToolSpec
from integrations.openai.model import OpenAIModel
from tests.fakes.openai.replies import error, stalled, text
from tests.waiting import PATIENCE_S

WRITTEN = Beginning("Usted es Ana y escribe.", [])
SPOKEN = Beginning("Usted es Ana.", [ToolSpec("hand_off", "Hand off.", {"type": "object", "properties": {}})])


@pytest.fixture
def waits():
    """Set while somebody waits for an answer."""
    return threading.Event()


@pytest.fixture
def warming(openai, waits):
    model = OpenAIModel("m", api_key="sk-test", base_url=openai.base_url)
    warming = Warming(model.with_limit(1), [lambda: WRITTEN, lambda: SPOKEN], waits.is_set)
    yield warming
    warming.close()
    model.close()


def test_a_single_token_is_written_for_each_beginning_whatever_the_reasoning_effort(openai):
    model = OpenAIModel("m", api_key=None, base_url=openai.base_url, reasoning_effort="low")

    Warming(model.with_limit(1), [lambda: SPOKEN], lambda: False).warm()

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
