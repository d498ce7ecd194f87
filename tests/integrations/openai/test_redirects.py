"""A server that sends its clients to another address: the keys are for the one that was configured."""

from collections.abc import Iterator

import pytest

from integrations.openai.known_models import known_models
from integrations.openai.model import OpenAIModel
from integrations.openai.transcription import OpenAITranscriber
from tests.fakes.openai.replies import Reply
from tests.fakes.openai.server import FakeOpenAI
from tests.integrations.openai.asking import HELLO, ask, said

AZURE = "/openai/deployments/gpt/v1?api-version=2024-10-21"


@pytest.fixture
def other() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as server:
        yield server


def to(url: str) -> Reply:
    return Reply(status=307, headers={"Location": url})


def test_another_host_gets_the_question_without_the_keys(fake: FakeOpenAI, other: FakeOpenAI) -> None:
    fake.enqueue(to(f"{other.base_url}/chat/completions"))

    assert said(ask(OpenAIModel("gpt", api_key="k-1", base_url=f"{fake.root_url}{AZURE}")))

    asked, sent_on = fake.requests[0], other.requests[0]
    assert (asked.headers["api-key"], asked.headers["authorization"]) == ("k-1", "Bearer k-1")
    assert sent_on.body["messages"] == HELLO
    assert "k-1" not in str(sent_on.headers)


def test_the_same_host_gets_them(fake: FakeOpenAI) -> None:
    fake.enqueue(to(f"{fake.base_url}/chat/completions"))

    ask(OpenAIModel("gpt", api_key="k-1", base_url=f"{fake.root_url}{AZURE}"))

    assert [sent.headers["api-key"] for sent in fake.requests] == ["k-1", "k-1"]
    assert [sent.headers["authorization"] for sent in fake.requests] == ["Bearer k-1"] * 2


def test_so_it_is_with_the_list_of_models_and_with_recordings(fake: FakeOpenAI, other: FakeOpenAI) -> None:
    url = f"{fake.root_url}/v1?api-version=2024-10-21"
    fake.models = to(f"{other.base_url}/models")
    fake.enqueue_transcripts(to(f"{other.base_url}/audio/transcriptions"))

    known_models(api_key="k-1", base_url=url)
    OpenAITranscriber("whisper-1", api_key="k-1", base_url=url).transcribe(
        b"OggS", media_type="audio/ogg", language=None
    )

    assert [sent.headers["api-key"] for sent in fake.requests] == ["k-1", "k-1"]
    assert len(other.requests) == 2 and "k-1" not in str([sent.headers for sent in other.requests])
