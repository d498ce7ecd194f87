"""OpenAIModel's deadlines, its cancelling, and what becomes of its connections.

Times are real here, since sockets are what is tested, and much lateness is allowed for a busy machine; on a quiet
one deadlines are met within 5 ms and a cancel is felt within 2 ms.
"""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from integrations.language_model import Finish, TextDelta
from integrations.openai.model import OpenAIModel
from tests.fakes.openai import replies, steps
from tests.fakes.openai.replies import Reply
from tests.fakes.openai.server import FakeOpenAI
from tests.integrations.openai.servers import HELLO, Listener, a_full_queue, late_by
from tests.waiting import LATE_S


@pytest.fixture
def model(fake: FakeOpenAI) -> OpenAIModel:
    return OpenAIModel("fake-model", api_key=None, base_url=fake.base_url)


@contextmanager
def a_mute_server() -> Iterator[str]:
    """An address that takes connections and never says a word, not even of TLS."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/v1"


# --- deadlines


@pytest.mark.parametrize(
    "silence",
    [
        replies.hang_before_headers(),
        replies.stalled(""),
        replies.dripping_comments(every_s=0.02),
    ],
    ids=["no headers", "no words", "comments"],
)
def test_the_first_word_is_waited_for_so_long_and_no_longer(
    fake: FakeOpenAI, model: OpenAIModel, silence: Reply
) -> None:
    fake.enqueue(silence)

    error = late_by(model.stream(HELLO, first_event_s=0.4, total_s=20), 0.4)

    assert (error.permanent, error.code) == (False, "timeout")
    assert fake.wait_for(lambda: fake.requests[0].cut_short)


@pytest.mark.parametrize(
    "silence",
    [replies.stalled("Hola"), replies.dripping_comments(every_s=0.02, after="Hola")],
    ids=["stalled", "comments"],
)
def test_the_whole_answer_is_waited_for_so_long_and_no_longer(
    fake: FakeOpenAI, model: OpenAIModel, silence: Reply
) -> None:
    fake.enqueue(silence)

    error = late_by(model.stream(HELLO, first_event_s=0.2, total_s=0.5), 0.5)

    assert (error.permanent, error.code) == (False, "timeout")


@pytest.mark.parametrize("thought", [{"reasoning_content": "Hm."}, {"content": "<think>Hm."}])
def test_a_thought_is_a_sign_of_life(fake: FakeOpenAI, model: OpenAIModel, thought: dict[str, str]) -> None:
    fake.enqueue(replies.text("</think>Hola.", noise=[steps.Send(replies.chunk(thought)), steps.Pause(0.4)]))

    events = list(model.stream(HELLO, first_event_s=0.2, total_s=20))

    assert events[:2] == [TextDelta("Hola."), Finish("stop")]


def test_a_server_that_ends_neither_its_stream_nor_the_connection_is_not_waited_for(
    fake: FakeOpenAI, model: OpenAIModel
) -> None:
    fake.enqueue(replies.text("Hola.", done=False).then(steps.Hang()))

    began = time.monotonic()
    events = list(model.stream(HELLO, first_event_s=4, total_s=20))

    assert events[:2] == [TextDelta("Hola."), Finish("stop")]
    assert time.monotonic() - began < 1 + LATE_S


def test_retries_count_towards_the_first_word(fake: FakeOpenAI, model: OpenAIModel) -> None:
    slow = replace(replies.error(500), before_headers=[steps.Pause(1.2)])
    fake.enqueue(slow, replies.hang_before_headers())

    late_by(model.stream(HELLO, first_event_s=1.6, total_s=20), 1.6, late_s=1.2)


def test_a_connection_that_is_never_made_is_given_up_in_time() -> None:
    with a_full_queue() as url:
        model = OpenAIModel("fake-model", api_key=None, base_url=url)
        late_by(model.stream(HELLO, first_event_s=0.4, total_s=20), 0.4)


def test_tls_that_is_never_agreed_on_is_given_up_in_time() -> None:
    with a_mute_server() as url:
        model = OpenAIModel("fake-model", api_key=None, base_url=url)
        late_by(model.stream(HELLO, first_event_s=0.4, total_s=20), 0.4)


def test_a_tool_call_that_has_begun_is_no_silence(fake: FakeOpenAI, model: OpenAIModel) -> None:
    """Its arguments take longer than the first sign of it may."""
    first, *rest = replies.call_parts(0, "call_1", "hand_off", '{"reason": "pide una persona"}', pieces=3)
    parts = [steps.Send(replies.chunk({"tool_calls": [part]})) for part in rest]
    whole = replies.text(
        "", noise=[steps.Send(replies.chunk({"tool_calls": [first]})), steps.Pause(0.4), *parts]
    )
    fake.enqueue(whole)

    events = list(model.stream(HELLO, first_event_s=0.2, total_s=20))

    assert Finish("stop") in events


# --- cancelling


@pytest.mark.parametrize(
    "reply",
    [replies.hang_before_headers(), replies.stalled("Hola"), replies.dripping_comments(every_s=0.02)],
    ids=["no headers", "no more words", "comments"],
)
def test_cancelling_frees_the_reader_at_once(fake: FakeOpenAI, model: OpenAIModel, reply: Reply) -> None:
    fake.enqueue(reply)
    listener = Listener(model.stream(HELLO, first_event_s=20, total_s=20))
    assert fake.wait_for(lambda: fake.requests)
    time.sleep(0.05)  # into its read

    assert listener.cancel() < LATE_S
    assert listener.error is None
    assert fake.wait_for(lambda: fake.requests[0].cut_short)


def test_the_tokens_stop_when_an_answer_is_cancelled(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.text("palabra " * 400, tokens_per_s=40))
    listener = Listener(model.stream(HELLO, first_event_s=4, total_s=20))
    exchange = fake.wait_for(lambda: len(listener.events) >= 3) and fake.requests[0]
    assert exchange

    listener.cancel()

    assert fake.wait_for(lambda: exchange.cut_short)
    assert exchange.tokens_sent < 400


def test_nothing_that_was_still_in_the_buffer_is_told_after_a_cancel(
    fake: FakeOpenAI, model: OpenAIModel
) -> None:
    called = {"index": 0, "id": "a", "function": {"name": "consultar", "arguments": "{}"}}
    together = b"".join(
        [
            replies.chunk({"content": "uno"}),
            replies.chunk({"tool_calls": [called]}),
            replies.chunk({}, finish="tool_calls"),
        ]
    )
    fake.enqueue(Reply([steps.Send(together), steps.Hang()]))
    stream = model.stream(HELLO, first_event_s=4, total_s=20)
    events = iter(stream)
    assert next(events) == TextDelta("uno")

    stream.cancel()

    assert list(events) == []


def test_an_answer_cancelled_before_it_began_is_never_asked_for(fake: FakeOpenAI, model: OpenAIModel) -> None:
    stream = model.stream(HELLO, first_event_s=4, total_s=20)

    stream.cancel()

    assert list(stream) == []
    assert fake.connections == 0


def test_cancelling_ends_the_wait_before_another_try(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.rate_limited(retry_after_ms=15_000))
    listener = Listener(model.stream(HELLO, first_event_s=20, total_s=20))
    assert fake.wait_for(lambda: fake.requests and fake.requests[0].ended_at)

    assert listener.cancel() < LATE_S
    assert (listener.events, listener.error) == ([], None)


def test_cancelling_ends_the_making_of_a_connection() -> None:
    with a_full_queue() as url:
        model = OpenAIModel("fake-model", api_key=None, base_url=url)
        listener = Listener(model.stream(HELLO, first_event_s=20, total_s=20))
        time.sleep(0.1)  # into its connecting

        assert listener.cancel() < LATE_S
        assert listener.error is None


def test_cancelling_ends_the_making_of_tls() -> None:
    with a_mute_server() as url:
        model = OpenAIModel("fake-model", api_key=None, base_url=url)
        listener = Listener(model.stream(HELLO, first_event_s=20, total_s=20))
        time.sleep(0.1)  # into its handshake

        assert listener.cancel() < LATE_S
        assert listener.error is None


def test_cancelling_what_has_ended_does_no_harm_to_who_uses_its_connection_now(
    fake: FakeOpenAI, model: OpenAIModel
) -> None:
    first = model.stream(HELLO, first_event_s=4, total_s=20)
    list(first)
    fake.enqueue(replies.text("uno dos tres", tokens_per_s=20))
    second = iter(model.stream(HELLO, first_event_s=4, total_s=20))
    begun = next(second)

    first.cancel()
    rest = list(second)

    assert fake.connections == 1
    assert [begun, *rest][:4] == [TextDelta("uno"), TextDelta(" dos"), TextDelta(" tres"), Finish("stop")]
