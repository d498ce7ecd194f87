"""Answers that end oddly: at their limit of tokens, or at a content filter."""

import pytest

from storage.models import TurnState
from tests.fakes.openai.replies import error, json_reply, text
from tests.waiting import wait_until

REFUSED_BY_AZURE = {
    "error": {
        "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        "type": None,
        "param": "prompt",
        "code": "content_filter",
        "status": 400,
        "innererror": {"code": "ResponsibleAIPolicyViolation"},
    }
}


def cut(words):
    """An answer that reached its limit of tokens."""
    return text(words, finish="length")


@pytest.fixture
def phone(line):
    phone = line.phone()
    phone.dial()
    return phone


@pytest.mark.parametrize(
    ("replies", "heard"),
    [
        ([cut("Claro. La sesión cuesta 3"), text("La sesión cuesta 35 euros.")], "Claro. La sesión cuesta 35 euros."),
        ([cut("La sesión cuesta 3"), text("La sesión cuesta 35 euros.")], "La sesión cuesta 35 euros."),
        ([cut("Cuesta 35 euros. Abrimos.")] * 2, "Cuesta 35 euros. Abrimos."),
        ([cut("Cuesta 35 euros. Abrimos."), text("Y cerramos.")], "Cuesta 35 euros. Abrimos. Y cerramos."),
        ([cut("Claro. La sesión cuesta 3")] * 2, "Claro."),
        ([cut("Claro. Cuesta 3."), *[error(500)] * 6], "Claro."),
        ([cut("Claro. La sesión cuesta 3"), *[error(401)] * 2], "Claro."),
    ],
)  # fmt: skip
def test_an_answer_at_its_limit_is_continued_once_or_ends_with_its_last_whole_sentence(
    line, openai, phone, replies, heard
):
    openai.enqueue(*replies)

    assert phone.say("¿Cuánto cuesta?") == heard
    (turn,) = line.turns()
    assert turn.state == TurnState.COMPLETE
    assert turn.failures == 0


def test_an_answer_of_which_no_sentence_fits_into_the_limit_ends_in_an_apology(line, openai, phone, phrases):
    openai.default = cut("La sesión cuesta 3")

    assert phone.say("¿Cuánto cuesta?") == phrases.apology
    assert len(openai.chats) <= 3


def test_the_phone_and_whatsapp_have_limits_of_their_own(line, openai, phone):
    phone.say("Hola")
    line.whatsapp().send("Hola")

    limits = [chat.body["max_tokens"] for chat in openai.chats]
    assert limits == [1000, 2500]


@pytest.mark.parametrize(
    "refusal",
    [
        text("", finish="content_filter"),
        json_reply(REFUSED_BY_AZURE, 400),
        error(400, "Invalid prompt: your prompt was flagged.", code="invalid_prompt"),
    ],
)
def test_what_a_content_filter_refuses_gets_kind_words_and_is_told_to_no_model_again(
    open_line, openai, phrases, refusal
):
    line = open_line(openai_fallback_model="gpt-other")
    openai.enqueue(text("Buenas."), refusal, text("A las nueve."))
    phone = line.phone()
    phone.dial()

    phone.say("Hola")
    assert phone.say("Algo que no gusta") == phrases.cannot_discuss
    assert len(openai.chats) == 2
    assert phone.say("¿A qué hora abren?") == "A las nueve."

    told = [message["content"] for message in openai.chats[-1].body["messages"][1:]]
    assert told == ["Hola", "Buenas.", "¿A qué hora abren?"]
    assert [turn.failures for turn in line.turns()] == [0, 0, 0]


def test_a_filter_in_the_middle_of_an_answer_keeps_its_whole_sentences(openai, phone, phrases):
    openai.enqueue(text("Claro. Lo que pregunta es", finish="content_filter"))

    assert phone.say("Hola") == f"Claro. {phrases.cannot_discuss}"


def test_after_two_refusals_in_a_row_nothing_from_before_is_told(openai, phone, phrases):
    filtered = json_reply(REFUSED_BY_AZURE, 400)
    openai.enqueue(text("Buenas."), filtered, filtered, text("A las nueve."), text("A las dos."))
    phone.say("Aquí está lo que no gusta")

    for words in ("Uno", "Dos"):
        assert phone.say(words) == phrases.cannot_discuss
    assert phone.say("¿A qué hora abren?") == "A las nueve."
    phone.say("¿Y cierran?")

    told = [message["content"] for message in openai.chats[-1].body["messages"][1:]]
    assert told == ["¿A qué hora abren?", "A las nueve.", "¿Y cierran?"]


def test_a_refusal_between_two_failures_leads_to_no_transfer(open_line, openai, phrases):
    line = open_line(human_phone_number="+12025550199")
    failing = [error(500)] * 6
    openai.enqueue(json_reply(REFUSED_BY_AZURE, 400), *failing)
    phone = line.phone()
    phone.dial()

    phone.say("Algo que no gusta")

    assert phone.say("Hola") == phrases.apology


def test_a_written_refusal_silences_nobody(line, openai, phrases):
    openai.enqueue(json_reply(REFUSED_BY_AZURE, 400), text("A las nueve."))
    ana = line.whatsapp()

    ana.send("Algo que no gusta")
    ana.send("¿A qué hora abren?")

    assert ana.texts == [phrases.cannot_discuss, "A las nueve."]


def test_a_fence_reaches_neither_the_phone_nor_whatsapp(line, openai, phone):
    openai.default = text("```markdown\n**Abrimos** a las nueve.\n- Lunes\n- Martes\n```")
    ana = line.whatsapp()

    heard = phone.say("¿Cuándo abren?")
    ana.send("¿Cuándo abren?")

    assert "`" not in heard and "*" not in heard and "markdown" not in heard
    assert ana.texts == ["*Abrimos* a las nueve.\n- Lunes\n- Martes"]


@pytest.mark.parametrize(
    "nonsense", [b"<html>login</html>\n", b'data: {"choices": 7}\n\n', b"data: nada\n\n"]
)
def test_a_server_that_says_nonsense_leaves_nobody_without_words(line, openai, phone, phrases, nonsense):
    from tests.fakes.openai.replies import garbage

    openai.default = garbage(nonsense)

    assert phone.say("Hola") == phrases.apology
    assert max(step.seconds for step in phone.steps) < 5
    health = wait_until(
        lambda: (h := line.app.test_client().get("/health").json).get("model_failing_since") and h
    )
    assert health["model_failed_answers"] == 1
    assert health["model_error"]
