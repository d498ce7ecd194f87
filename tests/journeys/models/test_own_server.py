"""A model's server of one's own: it has read what a call begins with before anybody calls, and after each task."""

import pytest

from integrations.openai.cache_key import cache_key
from integrations.openai.model import OpenAIModel
from tests.fakes.openai.replies import dropped, error, text
from tests.processes import worker_jobs
from tests.waiting import PATIENCE_S, wait_until


def beginning(chat):
    """What a request begins with, up to the minute."""
    return chat.body["messages"][0]["content"].partition("Son las")[0], chat.body.get("tools")


def test_the_beginning_of_a_call_is_read_before_the_first_one(line, openai):
    line.parts.begin_serving()
    wait_until(lambda: len(openai.warmings) == 2)
    phone = line.phone()
    phone.dial()

    phone.say("Hola")

    (written, spoken), [call] = openai.warmings, openai.chats
    assert beginning(spoken) == beginning(call) != beginning(written)
    assert [chat.body["max_tokens"] for chat in (written, spoken)] == [1, 1]
    line.whatsapp().send("Hola")
    assert beginning(written) == beginning(openai.chats[-1])


def test_the_topic_of_a_call_goes_on_from_the_same_beginning(line, openai):
    phone = line.phone()
    phone.dial()
    phone.say("Hola")
    call = openai.chats[-1]

    worker_jobs(line)["note_topic"].run({"conversation_id": line.turns()[0].conversation_id})

    assert beginning(openai.chats[-1]) == beginning(call)
    assert "Hola" in openai.chats[-1].body["messages"][-1]["content"]


def test_no_word_is_said_of_the_first_thought_of_a_model_that_nobody_knows(line, openai):
    openai.learning = text("El cliente saluda.</think>\n\nHola.")
    openai.enqueue(text("El cliente pregunta por la hora.</think>\n\nA las nueve."))
    line.parts.warming.begin().join(PATIENCE_S)
    phone = line.phone()
    phone.dial()

    assert phone.say("¿A qué hora abren?") == "A las nueve."
    learned, spoken = openai.learnings[0], openai.warmings[-1]
    assert (
        learned.body["messages"] == spoken.body["messages"] and learned.body["tools"] == spoken.body["tools"]
    )


def test_nor_is_it_written_by_whatsapp_though_nothing_was_learned_before(line, openai):
    openai.enqueue(text("El cliente pregunta por la hora.</think>\n\nA las nueve."))
    ana = line.whatsapp()

    ana.send("¿A qué hora abren?")

    assert ana.texts == ["A las nueve."]


def test_a_server_that_is_not_there_yet_is_asked_again(line, openai):
    openai.enqueue_warmings(*[error(503)] * 3)

    line.parts.begin_serving()

    wait_until(lambda: len(openai.warmings) == 5)


@pytest.mark.parametrize("gone", [dropped(), error(503, "Loading model")])
def test_a_server_that_comes_back_reads_the_beginnings_before_the_next_call(line, openai, gone):
    line.parts.begin_serving()
    line.parts.warming.begin().join(PATIENCE_S)
    read = len(openai.warmings)
    phone = line.phone()
    phone.dial()
    openai.enqueue(*[gone] * 12)

    phone.say("Hola")

    wait_until(lambda: len(openai.warmings) == read + 2)


def test_openais_server_is_not_warmed_and_gets_a_key_for_what_it_has_read(make_settings):
    from container import Container

    container = Container(make_settings(openai_base_url=None))
    first = container.phone.manager.beginning()
    later = first.saying("¿Abren hoy?")

    assert container.warming is None
    assert OpenAIModel("gpt-5.4-mini", api_key="sk-test", base_url=None).is_own is False
    assert cache_key(first.saying("Hola"), first.tools) == cache_key(later, first.tools)
    assert cache_key(later, ()) != cache_key(later, first.tools)
    assert "Hola" not in cache_key(first.saying("Hola"), first.tools)
    container.close_services()
