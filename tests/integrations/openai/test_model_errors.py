"""OpenAIModel where the server refuses, breaks off or knows less: errors, the environment."""

import logging

import pytest

from integrations.errors import IntegrationError
from integrations.language_model import Event, Finish, Usage
from integrations.openai.model import OpenAIModel
from tests.fakes.openai import replies
from tests.fakes.openai.replies import Reply
from tests.fakes.openai.server import FakeOpenAI
from tests.fakes.openai.steps import Send
from tests.integrations.openai.asking import HAND_OFF, HELLO, ask, fails, said
from tests.waiting import PATIENCE_S

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


@pytest.mark.parametrize(
    ("reply", "quoted"),
    [
        (replies.invalid_key(), "Incorrect API key provided: …"),
        (replies.html(403), 'a web page, "Bad gateway"'),
        (
            replies.json_reply({"detail": [{"msg": "Input is too long", "input": HELLO}]}, 422),
            "Input is too long",
        ),
        (replies.error(400, "Cannot read '¿Qué horario tienen?' with sk-test"), "Cannot read … with …"),
        (replies.garbage(), "not a chunk"),
        (replies.error_in_stream("Overloaded: qué horario", code="x"), "Overloaded: …"),
    ],
)
def test_what_the_server_said_is_there_for_the_log_without_what_it_was_told(
    fake: FakeOpenAI, model: OpenAIModel, reply: Reply, quoted: str
) -> None:
    fake.default = reply

    assert quoted in fails(model).said
    assert "horario" not in fails(model).said


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
    model.warm_up().join(PATIENCE_S)

    ask(model)

    assert [request.path for request in fake.requests] == ["/v1/models/fake-model", "/v1/chat/completions"]
    assert fake.connections == 1


def test_warming_up_where_nobody_answers_does_no_harm() -> None:
    with FakeOpenAI() as gone:
        url = gone.base_url

    OpenAIModel("fake-model", api_key=None, base_url=url).warm_up().join(PATIENCE_S)


def test_a_name_is_looked_up(fake: FakeOpenAI) -> None:
    model = OpenAIModel("fake-model", api_key=None, base_url=fake.base_url.replace("127.0.0.1", "localhost"))

    assert Finish("stop") in ask(model)


def test_complete_gives_the_whole_answer(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.text("Pide una cita para el martes."))

    assert model.complete(HELLO, total_s=5) == ("Pide una cita para el martes.", Usage(100, 6))


@pytest.mark.parametrize(
    ("written", "said"), [("Pide una", "Pide una"), ("Piensa.</think> Pide una", "Pide una")]
)
def test_complete_gives_what_there_was_room_for_and_no_thought(
    fake: FakeOpenAI, model: OpenAIModel, written: str, said: str
) -> None:
    fake.enqueue(replies.text(written, finish="length"))

    assert model.complete(HELLO, total_s=5)[0] == said


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
