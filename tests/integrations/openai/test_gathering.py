"""An answer that nobody reads before its end: it comes in few pieces, and ends, fails and stops as promptly as any."""

import threading
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from integrations.errors import IntegrationError
from integrations.language_model import Event, Finish, TextDelta
from integrations.openai.answer_stream import OpenAIStream
from integrations.openai.model import OpenAIModel
from tests.fakes.openai import replies
from tests.fakes.openai.server import FakeOpenAI
from tests.integrations.openai.servers import late_by
from tests.waiting import PATIENCE_S

HELLO = [{"role": "user", "content": "Hola"}]
WORDS = "palabra " * 24
GATHERED_S = 0.5
"""For how long words are let gather."""


@pytest.fixture
def fake() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as server:
        yield server


@pytest.fixture
def stream(fake: FakeOpenAI) -> OpenAIStream:
    return gathering(fake, total_s=20)


def gathering(fake: FakeOpenAI, total_s: float) -> OpenAIStream:
    model = OpenAIModel("fake-model", api_key=None, base_url=fake.base_url)
    model.learn_from_answer(HELLO, PATIENCE_S)  # of a model that nobody knows words would be held back
    stream = model.stream(HELLO, first_event_s=20, total_s=total_s)
    stream.gather()
    return stream


def arrivals(stream: OpenAIStream) -> list[tuple[float, Event]]:
    return [(time.monotonic(), event) for event in stream]


def test_words_come_together_and_the_end_is_not_late(fake: FakeOpenAI, stream: OpenAIStream) -> None:
    fake.enqueue(replies.text(WORDS, tokens_per_s=80))

    came = arrivals(stream)

    pauses = [later - sooner for (sooner, _), (later, _) in pairwise(came)]
    said = "".join(event.text for _, event in came if isinstance(event, TextDelta))
    ended_at = next(at for at, event in came if isinstance(event, Finish))
    assert said.strip() == WORDS.strip()
    assert sum(pause > 0.005 for pause in pauses) < len(WORDS.split()) / 2
    assert fake.wait_for(lambda: fake.requests[-1].ended_at is not None)
    assert ended_at - fake.requests[-1].ended_at < GATHERED_S / 2


def test_an_answer_that_stalls_is_given_up_when_its_time_is_over(fake: FakeOpenAI) -> None:
    fake.enqueue(replies.stalled("Hola"))

    assert late_by(gathering(fake, total_s=1), 1).code == "timeout"


def test_an_answer_that_breaks_off_is_an_error_after_its_words(
    fake: FakeOpenAI, stream: OpenAIStream
) -> None:
    fake.enqueue(replies.dropped("Hola"))
    events: list[Event] = []

    with pytest.raises(IntegrationError) as raised:
        events.extend(stream)

    assert raised.value.code == "connection"


def test_cancelling_frees_the_reader_at_once(fake: FakeOpenAI, stream: OpenAIStream) -> None:
    fake.enqueue(replies.text("palabra " * 400, tokens_per_s=40))
    began, events = threading.Event(), []

    def read() -> None:
        for event in stream:
            events.append(event)
            began.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert began.wait(PATIENCE_S)

    cancelled_at = time.monotonic()
    stream.cancel()
    reader.join(PATIENCE_S)

    assert time.monotonic() - cancelled_at < GATHERED_S / 2
    assert fake.wait_for(lambda: fake.chats[0].cut_short)
