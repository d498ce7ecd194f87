"""What a model learns from its server: whether answers begin in a thought, and what every copy of it then knows."""

import pytest

from integrations.errors import IntegrationError
from integrations.language_model import Event
from integrations.openai.model import OpenAIModel
from tests.fakes.openai import replies
from tests.fakes.openai.server import FakeOpenAI
from tests.integrations.openai.asking import HELLO, ask, said
from tests.waiting import PATIENCE_S

THOUGHT = replies.text("El cliente saluda, así que saludo.</think>\n\nHola.")


def learn(model: OpenAIModel) -> None:
    model.learn_from_answer(HELLO, PATIENCE_S)


def test_whoever_answers_begins_in_a_thought_is_known_by_an_answer_that_nobody_hears(
    fake: FakeOpenAI, model: OpenAIModel
) -> None:
    fake.learning = fake.default = THOUGHT

    learn(model)

    assert said(ask(model)).strip() == "Hola."


def test_it_is_listened_to_no_longer_than_to_the_thoughts_end(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.learning = replies.stalled("El cliente saluda.</think> Hola. ¿Qué desea?")
    fake.default = THOUGHT

    learn(model)

    assert fake.wait_for(lambda: fake.learnings[0].cut_short)
    assert said(ask(model)).strip() == "Hola."


@pytest.mark.parametrize(
    "answer",
    [
        replies.text("Hola. ¿Qué desea?"),
        replies.text("<think>Saluda.</think>Hola."),
        replies.reasoning("Saluda.", "Hola."),
        replies.tool_call("hand_off", {}),
    ],
)
def test_of_any_other_model_no_word_is_held_back(
    fake: FakeOpenAI, model: OpenAIModel, answer: replies.Reply
) -> None:
    fake.learning, fake.default = answer, replies.stalled("A las nueve.")

    learn(model)

    stream = model.stream(HELLO, first_event_s=PATIENCE_S, total_s=PATIENCE_S)
    assert next(iter(stream)).text == "A"  # type: ignore[union-attr]
    stream.cancel()


def test_an_answer_that_was_stopped_is_learned_from(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.enqueue(replies.stalled("El cliente saluda.</think> Hola."))
    fake.default = THOUGHT

    stream = model.stream(HELLO, first_event_s=PATIENCE_S, total_s=PATIENCE_S)
    for event in stream:
        if " Hola." in str(event):
            stream.cancel()

    assert said(ask(model)).strip() == "Hola."


def test_an_answer_that_was_interrupted_shows_nothing(fake: FakeOpenAI, model: OpenAIModel) -> None:
    with pytest.raises(IntegrationError):
        model.learn_from_answer(HELLO, PATIENCE_S, on_start=lambda stream: stream.cancel())

    learn(model)

    assert len(fake.learnings) == 1


def test_where_the_name_says_it_nothing_is_asked(fake: FakeOpenAI) -> None:
    learn(OpenAIModel("deepseek-r1:1.5b", api_key=None, base_url=fake.base_url))

    assert fake.requests == []


def test_what_one_copy_of_a_model_learns_the_others_know(fake: FakeOpenAI, model: OpenAIModel) -> None:
    phone, warming = model.with_limit(1000), model.with_limit(1)
    fake.enqueue_warmings(replies.unknown_parameter("stream_options"))
    fake.learning = fake.default = THOUGHT

    ask(warming)
    learn(warming)

    assert said(ask(phone)).strip() == "Hola."
    assert "stream_options" not in fake.chats[-1].body


def gathered(model: OpenAIModel) -> list[Event]:
    stream = model.stream(HELLO, first_event_s=PATIENCE_S, total_s=PATIENCE_S)
    stream.gather()
    return list(stream)


def test_an_answer_that_is_read_at_its_end_is_held_back_until_its_beginning_is_clear(
    fake: FakeOpenAI, model: OpenAIModel
) -> None:
    fake.default = THOUGHT

    assert said(gathered(model)).strip() == "Hola."
    assert said(ask(model)).strip() == "Hola."


def test_an_answer_to_its_end_shows_that_there_is_no_thought(fake: FakeOpenAI, model: OpenAIModel) -> None:
    gathered(model)

    learn(model)

    assert fake.learnings == []


def test_an_answer_at_its_limit_shows_nothing(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.default = replies.text("El cliente saluda y", finish="length")
    gathered(model)

    learn(model)

    assert len(fake.learnings) == 1


def test_a_background_answer_shows_it_too(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.default = THOUGHT

    assert model.complete(HELLO, PATIENCE_S)[0].strip() == "Hola."
    assert said(ask(model)).strip() == "Hola."
