"""The model is asked something short, twice, with the real instructions: is it there, and is it quick?"""

import itertools

import pytest

from conversation.models.beginning import Beginning
from conversation.phrases import catalogue_for
from doctor.findings import Status
from doctor.model.part import ModelPart, ModelPlace, Price
from integrations.language_model import ToolSpec
from integrations.offline.model import OfflineModel
from integrations.openai.known_models import known_models
from integrations.openai.model import OpenAIModel
from tests.fakes.openai.replies import error, json_reply, text, tool_call
from translations import in_language

INSTRUCTIONS = "Eres la recepción. " * 50
HAND_OFF = ToolSpec("hand_off", "Hand off.", {"type": "object", "properties": {}})
BEGINNING = Beginning(INSTRUCTIONS, [HAND_OFF])


@pytest.fixture
def examine(openai):
    """Examine a model of the fake; tick_s: seconds that pass at each look at the clock; times: when it is looked at."""

    def examine(model="gpt-5.4-mini", *, is_own=False, is_needed=True, price=None, tick_s=0.1, times=None):
        client = OpenAIModel(model, api_key="sk-test", base_url=openai.base_url)
        ticks = itertools.count(0, tick_s) if times is None else iter(times)
        part = ModelPart(
            ModelPlace("model", "OPENAI_MODEL", is_needed), client, lambda: BEGINNING, is_own=is_own,
            known_models=lambda: known_models(api_key="sk-test", base_url=openai.base_url),
            price=price, clock=lambda: next(ticks),
        )  # fmt: skip
        try:
            [found] = part.check()
        finally:
            client.close()
        return found

    return examine


def test_it_says_how_long_the_first_word_took_and_what_that_cost(examine, openai):
    found = examine(price=Price(0.75, 4.5))

    assert found.status is Status.OK
    assert "first word after 0.1 s, and after 0.1 s once it had read the instructions" in str(found.sentence)
    first, second = (chat.body["messages"] for chat in openai.chats)
    assert first == second and first[0]["content"].endswith(INSTRUCTIONS)
    assert "tokens read" in str(found.sentence) and "This check cost 0.0" in str(found.sentence)
    with in_language("es"):
        assert "a los 0,1 s" in str(found.sentence)


def test_what_was_read_before_is_not_asked_again_at_the_next_check(examine, openai):
    examine()
    examine()

    beginnings = [chat.body["messages"][0]["content"][:10] for chat in openai.chats]
    assert len(set(beginnings)) == 2, (
        "the server would know the instructions, and the time would be that of a cache"
    )


def test_a_server_of_ones_own_goes_on_remembering_what_calls_begin_with(examine, openai):
    examine(is_own=True)

    for asked in openai.chats:
        assert asked.body["messages"][0] == {"role": "system", "content": INSTRUCTIONS}
        assert [tool["function"]["name"] for tool in asked.body["tools"]] == ["hand_off"]
        assert asked.body["messages"][1]["content"].startswith("Hola.")


@pytest.mark.parametrize(
    ("found_s", "again_s", "longer_s", "warm", "cold"),
    [
        (0.5, 0.5, 1.3, "0.5", "1.5"),  # 800 of some 1,000 characters took 0.8 s
        (9.0, 0.5, 1.3, "0.5", "9.0"),  # it had not been read
        (0.5, 0.6, 0.4, "0.5", "0.5"),  # too quick to be measured
    ],
)
def test_a_server_of_ones_own_is_told_cold_and_warm(examine, found_s, again_s, longer_s, warm, cold):
    found = examine(is_own=True, times=[0, found_s, 20, 20 + again_s, 40, 40 + longer_s])

    assert found.status is Status.OK
    assert f"first word after {warm} s, asked as calls ask; after some {cold} s" in str(found.sentence)
    with in_language("es"):
        assert f"a los {warm.replace('.', ',')} s" in str(found.sentence)


def test_a_tools_call_is_an_answer_of_a_server_of_ones_own(examine, openai):
    openai.default = tool_call("hand_off", {})

    assert examine(is_own=True).status is Status.OK


def test_without_prices_it_says_the_tokens(examine):
    assert "This check cost" in str(examine().sentence)
    assert "0.0" not in str(examine().sentence).partition("This check cost")[2]


def test_a_server_that_counts_nothing_is_fine_too(examine, openai):
    openai.enqueue(text("Hola.", usage=False), text("Hola.", usage=False))

    assert "counts no tokens" in str(examine().sentence)


def test_a_slow_model_is_something_to_mend(examine):
    found = examine(tick_s=2.5)

    assert (found.status, found.stops_calls) == (Status.FIX, False)
    assert "begins within a second" in str(found.advice)


@pytest.mark.parametrize(
    ("reply", "sentence", "advice"),
    [
        (error(401), "HTTP 401", "OPENAI_API_KEY"),
        (error(429, code="insufficient_quota"), "insufficient_quota", "credit"),
        (error(403), "HTTP 403", "project"),
    ],
)  # fmt: skip
def test_a_refusal_is_said_with_what_to_do(examine, openai, reply, sentence, advice):
    openai.enqueue(*[reply] * 4)

    found = examine()

    assert (found.status, found.stops_calls) == (Status.FIX, True)
    assert sentence in str(found.sentence) and advice in str(found.advice)


@pytest.mark.parametrize(
    ("listed", "advice"), [(["gpt-5.4-mini"], "did you mean gpt-5.4-mini?"), ([], "/v1")]
)
def test_a_model_that_is_not_there_is_compared_with_those_that_are(examine, openai, listed, advice):
    openai.models = json_reply(
        {"object": "list", "data": [{"id": name, "object": "model"} for name in listed]}
    )
    openai.enqueue(*[error(404, code="model_not_found")] * 4)

    found = examine("gpt-5.4-mimi")

    assert advice in str(found.advice) and "OPENAI_MODEL" in str(found.advice)


def test_one_with_another_behind_it_stops_no_calls(examine, openai):
    openai.enqueue(*[error(401)] * 4)

    assert examine(is_needed=False).stops_calls is False


def test_a_model_without_words_is_something_to_mend(examine, openai):
    openai.enqueue(text(" "), text(" "))

    assert "without words" in str(examine().sentence)


def test_the_demonstration_is_off_and_asked_nothing():
    model = OfflineModel(business="B", phrases=catalogue_for("es").offline, faq=[], facts=[])
    part = ModelPart(
        ModelPlace("model", "OPENAI_MODEL", is_needed=True), model, lambda: BEGINNING, is_own=False, price=None,
        known_models=list,
    )  # fmt: skip

    [found] = part.check()

    assert (found.status, found.stops_calls) == (Status.OFF, False)
