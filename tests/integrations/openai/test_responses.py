"""OpenAI's Responses API: the same words, calls, ends and limits, over its own requests and events."""

import itertools
import logging
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import IntegrationError
from integrations.language_model import Finish, TextDelta, ToolCall, ToolSpec, Usage
from integrations.openai.model import OpenAIModel
from integrations.openai.reading.responses import ResponsesReader
from integrations.openai.responses import responses_body
from tests.examples import examples
from tests.fakes.openai import responses
from tests.fakes.openai.replies import Reply, error, json_reply
from tests.fakes.openai.server import FakeOpenAI
from tests.fakes.openai.steps import Send
from tests.integrations.openai.asking import HAND_OFF, HELLO, ask, said
from tests.integrations.openai.reading.corpus import Outcome, read

REASON = {"reason": "pide una persona"}
WHOLE = responses.text("Le paso. <think>no</think>", thought="Hm.", calls=[("call_a", "hand_off", REASON)])


@pytest.fixture
def model(fake: FakeOpenAI) -> Iterator[OpenAIModel]:
    model = OpenAIModel(
        "gpt", api_key="sk-test", base_url=fake.base_url, reasoning_effort="low", api="responses"
    )
    yield model
    model.close()


def test_an_answer_comes_word_by_word_with_its_calls_its_end_and_its_cost(
    fake: FakeOpenAI, model: OpenAIModel
) -> None:
    fake.enqueue(WHOLE)

    events = ask(model, tools=[HAND_OFF])

    assert events == [
        TextDelta("Le"),
        TextDelta(" paso."),
        TextDelta(" "),
        ToolCall("call_a", "hand_off", REASON),
        Finish("tool_calls"),
        Usage(100, 6),
    ]


def test_the_request_asks_openai_to_keep_nothing(fake: FakeOpenAI, model: OpenAIModel) -> None:
    ask(model, tools=[HAND_OFF])

    request = fake.requests[0]
    assert request.path == "/v1/responses"
    assert request.body["store"] is False
    assert request.body["stream"] is True
    assert request.body["input"] == HELLO
    assert request.body["reasoning"] == {"effort": "low"}
    assert request.body["max_output_tokens"] > 400
    assert request.body["tools"][0]["name"] == "hand_off"
    assert not {"messages", "stream_options", "max_tokens", "reasoning_effort"} & request.body.keys()


def test_calls_their_results_and_pictures_have_the_shapes_of_the_api() -> None:
    call = {"id": "call_a", "type": "function", "function": {"name": "hand_off", "arguments": "{}"}}
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "Mire"}, picture]},
        {"role": "assistant", "content": "Un momento.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_a", "content": "ok"},
    ]

    assert responses_body({"model": "gpt", "messages": messages})["input"] == [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Mire"},
                {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "low"},
            ],
        },
        {"role": "assistant", "content": "Un momento."},
        {"type": "function_call", "call_id": "call_a", "name": "hand_off", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_a", "output": "ok"},
    ]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (
            responses.text("Érase", status="incomplete", reason="max_output_tokens"),
            Outcome("Érase", [], "length", Usage(100, 6)),
        ),
        (
            responses.text("", status="incomplete", reason="content_filter"),
            Outcome("", [], "content_filter", Usage(100, 6)),
        ),
        (responses.cut("Abrimos a"), Outcome("Abrimos a", [], "", None)),
    ],
)
def test_ends_have_the_names_of_chat_completions(reply: Reply, outcome: Outcome) -> None:
    assert read([step.data for step in reply.steps if isinstance(step, Send)], ResponsesReader()) == outcome


@pytest.mark.parametrize("reply", [responses.failed(after="Abrimos"), responses.error_event("server_error")])
def test_a_response_that_fails_is_an_error_that_may_pass(
    fake: FakeOpenAI, model: OpenAIModel, reply: Reply
) -> None:
    fake.default = reply
    fake.enqueue(reply, reply)

    with pytest.raises(IntegrationError) as raised:
        ask(model)

    assert (raised.value.permanent, raised.value.code) == (False, "server_error")


def test_a_whole_response_in_place_of_a_stream_is_read(fake: FakeOpenAI, model: OpenAIModel) -> None:
    call = {"type": "function_call", "call_id": "a", "name": "hand_off", "arguments": "{}"}
    message = {"type": "message", "content": [{"type": "output_text", "text": "Le paso."}]}
    usage = {"input_tokens": 5, "output_tokens": 3}
    fake.enqueue(
        json_reply({"object": "response", "status": "completed", "output": [message, call], "usage": usage})
    )

    assert ask(model) == [
        TextDelta("Le paso."),
        ToolCall("a", "hand_off", {}),
        Finish("tool_calls"),
        Usage(5, 3),
    ]


BODY = b"".join(step.data for step in WHOLE.steps if isinstance(step, Send))


@examples(100)
@given(st.lists(st.integers(0, len(BODY)), max_size=30))
def test_however_its_bytes_are_cut_it_comes_to_the_same(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(BODY)]
    pieces = [BODY[start:end] for start, end in itertools.pairwise(edges)]

    outcome = read(pieces, ResponsesReader())

    assert outcome == Outcome("Le paso. ", [("hand_off", REASON)], "tool_calls", Usage(100, 6))


def test_openai_is_asked_this_api_where_it_refuses_the_other_and_from_then_on(
    fake: FakeOpenAI, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    find = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **named: find("127.0.0.1", *rest, **named))
    url = fake.base_url.replace("127.0.0.1", "loopback.api.openai.com")
    openai = OpenAIModel("gpt-5.6", api_key="sk-test", base_url=url)
    fake.enqueue(error(404, "This model is only supported in v1/responses and not in v1/chat/completions."))

    with caplog.at_level(logging.WARNING):
        first, second = ask(openai, tools=[TOOL]), ask(openai, tools=[TOOL])

    assert said(first) == said(second) == "Claro. Abrimos de nueve a dos."
    assert [request.path for request in fake.requests] == [
        "/v1/chat/completions",
        "/v1/responses",
        "/v1/responses",
    ]
    assert "asking responses from now on" in caplog.text


TOOL = ToolSpec("end_call", "End the call.", {"type": "object", "properties": {}})
