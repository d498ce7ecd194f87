"""How often OpenAIModel asks a server that fails, and how long it waits in between."""

import pytest

from integrations.openai.model import OpenAIModel
from tests.fakes.openai import replies
from tests.fakes.openai.replies import Reply
from tests.fakes.openai.server import FakeOpenAI
from tests.integrations.openai.asking import ask, fails, said


@pytest.mark.parametrize(
    "failure",
    [
        replies.error(500),
        replies.error(503),
        replies.html(502),
        replies.rate_limited(),
        replies.rate_limited(retry_after_ms=20),
        replies.dropped(),
        replies.garbage(),
        replies.error_in_stream(),
    ],
)
def test_a_failure_before_the_first_word_is_tried_again(
    fake: FakeOpenAI, model: OpenAIModel, failure: Reply
) -> None:
    fake.enqueue(failure, replies.text("Hola."))

    assert said(ask(model)) == "Hola."
    assert len(fake.requests) == 2


@pytest.mark.parametrize(
    ("reply", "times"),
    [
        (replies.error(500), 2),
        (replies.html(502), 2),
        (replies.html(), 2),
        (replies.garbage(), 2),
        (replies.error_in_stream(), 2),
        (replies.error(503), 3),
        (replies.rate_limited(), 3),
        (replies.dropped(), 3),
    ],
)
def test_a_server_that_says_the_same_again_is_asked_twice_and_one_that_says_later_thrice(
    fake: FakeOpenAI, model: OpenAIModel, reply: Reply, times: int
) -> None:
    fake.default = reply

    assert fails(model).repeats
    assert len(fake.requests) == times


def test_another_failure_than_the_last_is_not_the_same_again(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.error(500), replies.garbage(), replies.text("Hola."))

    assert said(ask(model)) == "Hola."


def test_a_wait_that_does_not_fit_is_not_begun(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.rate_limited(retry_after_ms=30_000))

    error = fails(model)

    assert (error.permanent, error.status, error.retry_after_s) == (False, 429, 30.0)
    assert len(fake.requests) == 1


def test_the_wait_that_the_server_asks_for_is_kept(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.error(503, headers={"Retry-After": "0.3"}), replies.text("Hola."))

    ask(model)

    first, second = fake.requests
    assert second.started_at - first.started_at >= 0.3
