"""OpenAIModel against the scripted server: what comes of answers, errors, retries and the environment."""

import pytest

from integrations.language_model import Finish, TextDelta, ToolCall, Usage
from integrations.openai.model import OpenAIModel
from tests.fakes.openai import replies
from tests.fakes.openai.replies import Reply
from tests.fakes.openai.server import FakeOpenAI
from tests.integrations.openai.asking import HAND_OFF, HELLO, ask, said

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
    assert body["max_tokens"] == 1000
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


def test_a_model_whose_answers_begin_in_a_thought_is_remembered(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.default = replies.text("El cliente pregunta. </think> Abrimos a las nueve.")

    assert said(ask(model)) == "El cliente pregunta. Abrimos a las nueve."
    assert said(ask(model)) == "Abrimos a las nueve."
    assert said(ask(model.with_model("deepseek-r1:7b"))) == "Abrimos a las nueve."


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
