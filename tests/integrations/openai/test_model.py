"""OpenAIModel against the scripted server: what comes of answers, errors, retries and the environment."""

import logging
from collections.abc import Iterator, Sequence

import pytest

from integrations.errors import IntegrationError
from integrations.language_model import Event, Finish, TextDelta, ToolCall, ToolSpec, Usage
from integrations.openai.model import OpenAIModel
from tests.fakes.openai import server as replies
from tests.fakes.openai.replies import Send
from tests.fakes.openai.server import FakeOpenAI, Reply

HELLO = [
    {"role": "system", "content": "Responde en español."},
    {"role": "user", "content": "¿Qué horario tienen?"},
]
HAND_OFF = ToolSpec(
    "hand_off", "Pass to a person.", {"type": "object", "properties": {"reason": {"type": "string"}}}
)


@pytest.fixture
def fake() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as server:
        yield server


@pytest.fixture
def model(fake: FakeOpenAI) -> Iterator[OpenAIModel]:
    model = OpenAIModel("fake-model", api_key="sk-test", base_url=fake.base_url)
    yield model
    model.close()


def ask(
    model: OpenAIModel, *, tools: Sequence[ToolSpec] = (), first_event_s: float = 4.0, total_s: float = 20.0
) -> list[Event]:
    return list(model.stream(HELLO, tools=tools, first_event_s=first_event_s, total_s=total_s))


def said(events: Sequence[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def fails(model: OpenAIModel, **limits: float) -> IntegrationError:
    with pytest.raises(IntegrationError) as raised:
        ask(model, **limits)
    return raised.value


# --- answers


def test_an_answer_comes_word_by_word_with_its_end_and_its_cost(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.text("Abrimos a las nueve. ¿Algo más?"))

    events = ask(model)

    assert [event.text for event in events if isinstance(event, TextDelta)][:2] == ["Abrimos", " a"]
    assert said(events) == "Abrimos a las nueve. ¿Algo más?"
    assert events[-2:] == [Finish("stop"), Usage(prompt_tokens=100, completion_tokens=6)]


def test_the_request_holds_the_messages_the_tools_and_a_limit(fake: FakeOpenAI, model: OpenAIModel) -> None:
    ask(model, tools=[HAND_OFF])

    body = fake.requests[0].body
    assert body["model"] == "fake-model"
    assert body["messages"] == HELLO
    assert body["stream"] is True
    assert body["max_tokens"] == 400
    assert body["tools"][0]["function"] == {
        "name": "hand_off",
        "description": "Pass to a person.",
        "parameters": HAND_OFF.parameters,
    }
    assert "tool_choice" not in body
    assert fake.requests[0].headers["authorization"] == "Bearer sk-test"
    assert fake.requests[0].headers["accept-encoding"] == "identity"  # compressing would hold words back


def test_nothing_is_sent_before_the_iteration(fake: FakeOpenAI, model: OpenAIModel) -> None:
    model.stream(HELLO, first_event_s=4, total_s=20)

    assert fake.connections == 0


def test_a_server_that_tells_no_usage_is_no_error(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.text("Hola.", usage=False))

    assert ask(model) == [TextDelta("Hola."), Finish("stop")]


def test_an_empty_answer_is_just_its_end(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.empty())

    assert ask(model) == [Finish("stop"), Usage(100, 0)]


def test_an_answer_that_was_too_long_says_so(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.text("Érase una vez", finish="length"))

    assert Finish("length") in ask(model)


def test_thoughts_are_not_spoken(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.reasoning("El cliente pregunta el horario.", "A las nueve."))

    assert said(ask(model)) == "A las nueve."


def test_a_stream_without_done_is_whole_when_it_has_its_end(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.text("Hola.", done=False))

    assert Finish("stop") in ask(model)


@pytest.mark.parametrize(
    "cut", [replies.text("Abrimos a", finish=None, done=False), replies.unframed("Abrimos a")]
)
def test_an_answer_that_was_cut_off_has_no_end(fake: FakeOpenAI, model: OpenAIModel, cut: Reply) -> None:
    fake.enqueue(cut)

    events = ask(model)

    assert said(events) == "Abrimos a"
    assert {type(event) for event in events} == {TextDelta}


# --- tools


@pytest.mark.parametrize("pieces", [1, 2, 4, 30])
def test_a_tool_call_comes_whole_however_it_was_cut(
    fake: FakeOpenAI, model: OpenAIModel, pieces: int
) -> None:
    arguments = {"reason": "pide una persona", "summary": "Quiere una cita el 3."}
    fake.enqueue(replies.tool_call("hand_off", arguments, said="Le paso.", pieces=pieces))

    events = ask(model, tools=[HAND_OFF])

    assert said(events) == "Le paso."
    assert events[-3:-1] == [ToolCall("call_1", "hand_off", arguments), Finish("tool_calls")]


def test_several_tool_calls_are_told_apart_by_index(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.tool_calls([("call_a", "look_up", {"day": 3}), ("call_b", "end_call", "")]))

    calls = [event for event in ask(model, tools=[HAND_OFF]) if isinstance(event, ToolCall)]

    assert calls == [ToolCall("call_a", "look_up", {"day": 3}), ToolCall("call_b", "end_call", {})]


@pytest.mark.parametrize("written", ['{"reason": "pi', "[1, 2]", '"una persona"'])
def test_arguments_that_are_no_object_are_none(fake: FakeOpenAI, model: OpenAIModel, written: str) -> None:
    fake.enqueue(replies.tool_call("hand_off", written))

    assert ToolCall("call_1", "hand_off", None) in ask(model, tools=[HAND_OFF])


# --- errors


@pytest.mark.parametrize(
    ("reply", "permanent", "code", "status"),
    [
        (replies.invalid_key(), True, "invalid_api_key", 401),
        (replies.out_of_quota(), True, "insufficient_quota", 429),
        (
            replies.error(404, "The model does not exist", code="model_not_found"),
            True,
            "model_not_found",
            404,
        ),
        (
            replies.error(400, "This model's maximum context length is 4096 tokens.", param="messages"),
            True,
            None,
            400,
        ),
        (replies.html(403), True, None, 403),
        (Reply([Send(b"[" * 100_000)], 400), True, None, 400),
    ],
)
def test_what_asking_again_cannot_help_is_asked_once(
    fake: FakeOpenAI, model: OpenAIModel, reply: Reply, permanent: bool, code: str | None, status: int
) -> None:
    fake.enqueue(reply)

    error = fails(model)

    assert (error.permanent, error.code, error.status) == (permanent, code, status)
    assert error.__cause__ is not None
    assert len(fake.requests) == 1


def test_an_error_does_not_repeat_what_the_server_says(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.invalid_key())

    assert "sk-" not in str(fails(model))


@pytest.mark.parametrize("broken", [replies.html(), replies.garbage(), replies.garbage(b"data: [1]\n\n")])
def test_what_is_no_stream_of_chunks_is_an_error_that_may_pass(
    fake: FakeOpenAI, model: OpenAIModel, broken: Reply
) -> None:
    fake.enqueue(broken, broken, broken)

    error = fails(model)

    assert (error.permanent, error.code) == (False, "unreadable")


def test_an_error_in_the_middle_of_a_stream_is_raised_after_the_words(
    fake: FakeOpenAI, model: OpenAIModel
) -> None:
    fake.enqueue(replies.error_in_stream(after="Abrimos a", code="server_error"))
    heard: list[Event] = []

    with pytest.raises(IntegrationError) as raised:
        heard.extend(event for event in model.stream(HELLO, first_event_s=4, total_s=20))

    assert (raised.value.permanent, raised.value.code) == (False, "server_error")
    assert len(fake.requests) == 1


def test_a_connection_lost_in_the_middle_is_an_error_that_may_pass(
    fake: FakeOpenAI, model: OpenAIModel
) -> None:
    fake.enqueue(replies.dropped(after="Abrimos a"))

    error = fails(model)

    assert (error.permanent, error.code) == (False, "connection")
    assert len(fake.requests) == 1


def test_nobody_at_the_address_is_an_error_that_may_pass() -> None:
    with FakeOpenAI() as gone:
        url = gone.base_url

    error = fails(OpenAIModel("fake-model", api_key=None, base_url=url))

    assert (error.permanent, error.code) == (False, "connection")


# --- retries


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


def test_after_three_failures_the_last_is_raised(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.default = replies.error(500)

    assert fails(model).status == 500
    assert len(fake.requests) == 3


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


# --- one client


def test_a_fallback_uses_the_same_connection(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fallback = model.with_model("fallback-model")

    ask(model)
    ask(fallback)

    assert [request.body["model"] for request in fake.requests] == ["fake-model", "fallback-model"]
    assert (model.name, fallback.name) == ("fake-model", "fallback-model")
    assert fake.connections == 1


def test_warming_up_opens_the_connection_that_the_first_answer_uses(
    fake: FakeOpenAI, model: OpenAIModel
) -> None:
    model.warm_up().join(5)

    ask(model)

    assert [request.path for request in fake.requests] == ["/v1/models/fake-model", "/v1/chat/completions"]
    assert fake.connections == 1


def test_warming_up_where_nobody_answers_does_no_harm() -> None:
    with FakeOpenAI() as gone:
        url = gone.base_url

    OpenAIModel("fake-model", api_key=None, base_url=url).warm_up().join(5)


def test_a_name_is_looked_up(fake: FakeOpenAI) -> None:
    model = OpenAIModel("fake-model", api_key=None, base_url=fake.base_url.replace("127.0.0.1", "localhost"))

    assert Finish("stop") in ask(model)


def test_complete_gives_the_whole_answer(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.text("Pide una cita para el martes."))

    assert model.complete(HELLO, total_s=5) == ("Pide una cita para el martes.", Usage(100, 6))


def test_complete_does_not_take_a_part_for_the_whole(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.text("Pide una", finish=None, done=False))

    with pytest.raises(IntegrationError, match="cut off"):
        model.complete(HELLO, total_s=5)


# --- the environment


def test_the_environment_has_no_say(fake: FakeOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "from-the-environment")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Custom: from-the-environment")

    ask(OpenAIModel("fake-model", api_key=None, base_url=fake.base_url))

    assert "from-the-environment" not in str(fake.requests[0].headers)


def test_without_key_and_address_there_is_no_model() -> None:
    with pytest.raises(ValueError, match="api_key"):
        OpenAIModel("gpt-5.4-mini", api_key=None, base_url=None)


# --- what servers refuse


def test_a_refused_parameter_is_left_out_at_once_and_from_then_on(
    fake: FakeOpenAI, model: OpenAIModel, caplog: pytest.LogCaptureFixture
) -> None:
    fake.enqueue(replies.unknown_parameter("stream_options"))

    with caplog.at_level(logging.WARNING):
        first, second = ask(model), ask(model)

    assert Finish("stop") in first
    assert Finish("stop") in second
    assert ["stream_options" in request.body for request in fake.requests] == [True, False, False]
    assert len(caplog.records) == 1


def test_a_server_that_refuses_everything_one_by_one_is_asked_with_nothing(
    fake: FakeOpenAI, model: OpenAIModel
) -> None:
    fake.default = _strict({"model", "messages", "stream"})

    assert said(ask(model, tools=[HAND_OFF])) == "Hola."
    assert set(fake.requests[-1].body) == {"model", "messages", "stream"}


def test_what_one_model_learned_the_other_is_not_told(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.unknown_parameter("stream_options"))
    ask(model)

    ask(model.with_model("other"))

    assert "stream_options" in fake.requests[-1].body


def _strict(known: set[str]) -> replies.Replier:
    def reply(body: dict[str, object]) -> Reply:
        unknown = sorted(set(body) - known)
        if not unknown:
            return replies.text("Hola.")
        detail = [
            {"type": "extra_forbidden", "loc": ["body", unknown[0]], "msg": "Extra inputs are not permitted"}
        ]
        return replies.json_reply(
            {"object": "error", "message": str(detail), "param": None, "code": 400}, 400
        )

    return reply
