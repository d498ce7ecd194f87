"""Every recorded stream says its words, whole and alone, and makes its calls, however its bytes arrive."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.language_model import Finish, ToolCall, ToolSpec, Usage
from integrations.openai.model import OpenAIModel
from tests.examples import examples
from tests.fakes.openai.replies import Reply
from tests.fakes.openai.server import FakeOpenAI
from tests.fakes.openai.steps import Send
from tests.integrations.openai.asking import HELLO, said
from tests.integrations.openai.reading.corpus import TOOLS, Recording, recordings

RECORDINGS = recordings()
DIALECTS = {
    *(
        "openai",
        "azure",
        "ollama",
        "llama_cpp",
        "vllm",
        "vllm_without_parsers",
        "litellm",
        "mistral",
        "gemini",
    ),
    *("groq", "openrouter", "text_generation_inference", "others"),
}
OFFERED = [ToolSpec(name, "A tool.", {"type": "object", "properties": {}}) for name in sorted(TOOLS)]


def test_each_dialect_has_its_recordings() -> None:
    assert {recording.dialect for recording in RECORDINGS} == DIALECTS


@pytest.mark.parametrize("recording", RECORDINGS, ids=str)
def test_a_recorded_stream_says_its_words_and_makes_its_calls(recording: Recording) -> None:
    outcome = recording.read([recording.body])

    assert recording.expects(outcome), outcome


@examples(400)
@given(st.data())
def test_however_a_stream_is_cut_or_merged_it_comes_to_the_same(data: st.DataObject) -> None:
    recording = data.draw(st.sampled_from(RECORDINGS))
    cuts = data.draw(st.lists(st.integers(0, len(recording.body)), max_size=30))
    edges = [0, *sorted(cuts), len(recording.body)]

    outcome = recording.read(recording.body[start:end] for start, end in itertools.pairwise(edges))

    assert recording.expects(outcome), outcome


def test_a_stream_that_arrives_byte_by_byte_comes_to_the_same() -> None:
    for recording in RECORDINGS:
        outcome = recording.read(recording.body[at : at + 1] for at in range(len(recording.body)))

        assert recording.expects(outcome), (str(recording), outcome)


def test_over_http_it_comes_to_the_same(fake: FakeOpenAI, model: OpenAIModel) -> None:
    for recording in RECORDINGS:
        if recording.error or recording.thinks_first:
            continue
        fake.enqueue(Reply([Send(recording.body)]))

        fresh = model.with_model("m")  # which has learned nothing from the last one
        events = list(fresh.stream(HELLO, tools=OFFERED, first_event_s=4, total_s=20))

        finish = [event.reason for event in events if isinstance(event, Finish)]
        assert said(events).strip() == recording.said, recording
        assert [event.name for event in events if isinstance(event, ToolCall)] == [
            call["name"] for call in recording.calls
        ], recording
        assert finish == ([recording.finish] if recording.finish else []), recording
        assert [event for event in events if isinstance(event, Usage)] == (
            [Usage(*recording.usage)] if recording.usage else []
        ), recording
