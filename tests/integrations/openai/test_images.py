"""Pictures in prompts, and what a server that cannot be shown them is told in their place."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import IntegrationError
from integrations.language_model import TextDelta
from integrations.openai.images import NOT_SHOWN, has_images, refuses_pictures, without_images
from integrations.openai.model import OpenAIModel
from tests.fakes.openai.replies import error, json_reply, text, unknown_parameter
from tests.fakes.openai.server import FakeOpenAI

PICTURE = "data:image/png;base64,iVBORw0KGgo="


def said(words):
    return {"type": "text", "text": words}


def shown(url=PICTURE):
    return {"type": "image_url", "image_url": {"url": url}}


def user(*parts):
    return {"role": "user", "content": list(parts)}


SYSTEM = {"role": "system", "content": "Responde en español."}
ASKED = [SYSTEM, user(said("¿Qué es esto?"), shown())]

PARTS = st.one_of(
    st.text(max_size=20).map(said), st.integers(0, 9).map(lambda n: shown(f"data:image/png;base64,{n}"))
)
MESSAGES = st.one_of(
    st.builds(
        lambda role, words: {"role": role, "content": words}, st.sampled_from(["system", "user"]), st.text()
    ),
    st.just({"role": "assistant", "content": None, "tool_calls": [{"id": "call_1"}]}),
    st.just({"role": "tool", "tool_call_id": "call_1", "content": "De acuerdo."}),
    st.lists(PARTS, min_size=1, max_size=4).map(lambda parts: user(*parts)),
)


@given(st.lists(MESSAGES, max_size=5))
def test_in_words_alone_a_prompt_keeps_its_words_and_no_picture(messages):
    before = copy.deepcopy(messages)

    in_words = without_images(messages)

    assert messages == before
    assert not has_images(in_words)
    assert "base64" not in str(in_words)
    assert [message["role"] for message in in_words] == [message["role"] for message in messages]
    for was, became in zip(messages, in_words, strict=True):
        if isinstance(was["content"], list):
            words = [part["text"] for part in was["content"] if part["type"] == "text"]
            assert became["content"] == "\n".join([*words, NOT_SHOWN])
        else:
            assert became == was


@given(st.lists(MESSAGES, max_size=5))
def test_without_a_picture_there_is_nothing_to_leave_out(messages):
    in_words = without_images(messages)

    assert without_images(in_words) == in_words


@pytest.mark.parametrize(
    ("status", "message", "refuses"),
    [
        (400, "Invalid content type. image_url is only supported by certain models.", True),
        (413, "Request too large", True),
        (415, "", True),
        (422, "Input should be a valid string", True),
        (500, "Failed to process Image", True),
        (500, "The server had an error.", False),
        (501, "not implemented", True),
        (401, "image", False),
        (404, "image", False),
        (429, "image", False),
        (503, "image", False),
    ],
)
def test_what_may_be_the_refusal_of_a_picture(status, message, refuses):
    assert refuses_pictures(status, message) is refuses


# Asked of a server


@pytest.fixture
def fake():
    with FakeOpenAI() as server:
        yield server


@pytest.fixture
def model(fake):
    model = OpenAIModel("fake-model", api_key="sk-test", base_url=fake.base_url)
    yield model
    model.close()


def sent(fake):
    """The last message of each request."""
    return [chat.body["messages"][-1] for chat in fake.chats]


def answered(model):
    """What the model answers somebody who waits."""
    stream = model.stream(ASKED, first_event_s=10, total_s=10)
    return "".join(event.text for event in stream if isinstance(event, TextDelta))


@pytest.mark.parametrize(
    "refusal",
    [
        error(400, "image_url is only supported by certain models", param="messages[1].content[1].type"),
        error(413, "Request Entity Too Large"),
        error(500, "image input is not supported - hint: you may need to provide the mmproj"),
        json_reply({"detail": [{"msg": "Input should be a valid string"}]}, 422),
    ],
    ids=["OpenAI", "a proxy", "llama.cpp", "a validator"],
)
def test_a_server_that_refuses_a_picture_is_asked_in_words(fake, model, refusal):
    fake.enqueue(refusal, text("No la veo."))

    answer = answered(model)

    assert answer == "No la veo."
    assert sent(fake) == [ASKED[1], {"role": "user", "content": f"¿Qué es esto?\n{NOT_SHOWN}"}]


def test_the_next_picture_is_shown_again(fake, model):
    fake.enqueue(error(400, "the picture is too small"), text("No la veo."), text("Una puerta."))
    answered(model)

    answer = answered(model)

    assert answer == "Una puerta."
    assert sent(fake)[-1] == ASKED[1]


def test_a_refusal_that_is_of_no_picture_is_raised_and_nothing_left_out(fake, model):
    fake.enqueue(error(401, "Incorrect API key provided"))

    with pytest.raises(IntegrationError):
        answered(model)

    assert sent(fake) == [ASKED[1]]


def test_a_refusal_in_words_too_is_raised(fake, model):
    fake.enqueue(error(400, "no"), error(400, "no"), text("never asked"))

    with pytest.raises(IntegrationError):
        answered(model)

    assert len(fake.chats) == 2


def test_a_refused_parameter_costs_nobody_their_picture(fake, model):
    fake.enqueue(unknown_parameter("stream_options"), text("Una puerta."))

    answer = answered(model)

    assert answer == "Una puerta."
    assert sent(fake) == [ASKED[1], ASKED[1]]


def test_who_wants_to_know_what_a_picture_shows_is_not_answered_in_words(fake, model):
    fake.enqueue(error(400, "image_url is only supported by certain models"), text("No la veo."))

    with pytest.raises(IntegrationError):
        model.complete(ASKED, total_s=10)

    assert sent(fake) == [ASKED[1]]
