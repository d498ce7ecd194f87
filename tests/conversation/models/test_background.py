"""What is asked beside a call: from the same beginning, and after those who wait."""

import threading

import pytest
from structlog.testing import capture_logs

from conversation.models.background import BackgroundModel
from conversation.models.beginning import Beginning
from integrations.errors import IntegrationError
from integrations.language_model import ToolSpec
from integrations.openai.model import OpenAIModel
from tests.fakes.openai.replies import error, stalled, text, tool_call

BEGINNING = Beginning(
    "Usted es Ana.", [ToolSpec("hand_off", "Hand off.", {"type": "object", "properties": {}})]
)


@pytest.fixture
def own(openai):
    model = OpenAIModel("m", api_key="sk-test", base_url=openai.base_url)
    yield model
    model.close()


@pytest.fixture
def waits():
    """Set while somebody waits for an answer."""
    return threading.Event()


@pytest.fixture
def background(own, waits):
    return BackgroundModel(own, beginning=lambda _channel: BEGINNING, is_waited_for=waits.is_set)


def ask(background, material="Cliente: hola"):
    return background.complete("Name the topic.", material, channel="phone", total_s=30)[0]


def test_a_task_goes_on_from_the_beginning_of_a_call(background, openai):
    openai.enqueue(text("```markdown\nCitas\n```"))

    assert ask(background) == "Citas"

    body = openai.chats[0].body
    system, asked = body["messages"]
    assert system == {"role": "system", "content": BEGINNING.system}
    assert [tool["function"]["name"] for tool in body["tools"]] == ["hand_off"]
    assert asked["content"].startswith("[") and asked["content"].endswith("\n\nCliente: hola")
    assert "Name the topic." in asked["content"]


def test_a_model_that_calls_a_tool_is_asked_without_tools(background, openai):
    openai.enqueue(tool_call("hand_off", {}), text("Citas"))

    assert ask(background) == "Citas"
    assert "tools" not in openai.chats[1].body


def test_a_task_waits_while_somebody_waits(background, openai, waits):
    waits.set()
    openai.default = text("Citas")
    answers = []
    asking = threading.Thread(target=lambda: answers.append(ask(background)))
    asking.start()
    asking.join(0.3)

    assert openai.chats == []
    waits.clear()
    asking.join(20)
    assert answers == ["Citas"]


def test_a_task_gives_way_to_somebody_who_comes_and_is_asked_again(background, openai, waits):
    openai.enqueue(stalled("Ci"), text("Citas"))
    answers = []
    asking = threading.Thread(target=lambda: answers.append(ask(background)))
    asking.start()
    openai.wait_for(lambda: openai.chats and openai.chats[0].tokens_sent)
    waits.set()
    openai.wait_for(lambda: openai.chats[0].cut_short)

    waits.clear()
    asking.join(20)
    assert answers == ["Citas"]


def test_what_a_content_filter_refuses_is_left_unwritten_and_other_errors_are_told(background, openai):
    openai.enqueue(error(400, code="content_filter"), text("Ci", finish="content_filter"), error(401))

    assert [ask(background), ask(background)] == ["", ""]
    with pytest.raises(IntegrationError):
        ask(background)


def test_the_log_has_what_the_server_said_without_the_words_of_people(background, openai):
    said = "Model overloaded while it read: Cliente: me duele la rodilla"
    openai.default = error(400, said, code="server_overloaded")

    with capture_logs() as logs, pytest.raises(IntegrationError):
        ask(background, "Cliente: me duele la rodilla")

    [failed] = [line for line in logs if line["event"] == "background_failed"]
    assert (failed["channel"], failed["status"], failed["code"]) == ("phone", 400, "server_overloaded")
    assert "overloaded" in failed["said"]
    assert not {"duele", "rodilla"} & set(failed["said"].split())


def test_openais_servers_get_the_task_alone():
    class OpenAIs:
        is_own = False

        def complete(self, messages, total_s):
            return str(messages), None

    model = BackgroundModel(OpenAIs(), beginning=lambda _: BEGINNING, is_waited_for=lambda: True)

    assert "Usted es Ana." not in ask(model)
