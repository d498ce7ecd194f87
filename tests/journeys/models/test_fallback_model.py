"""Two models of one server: how often it is asked for one question before the caller is told."""

import pytest

from tests.fakes.openai import replies
from tests.fakes.openai.replies import error, text


@pytest.fixture
def phone(open_line):
    phone = open_line(openai_model="first", openai_fallback_model="second").phone()
    phone.dial()
    return phone


def asked(openai):
    """The models that were asked, in order."""
    return [chat.body["model"] for chat in openai.chats]


@pytest.mark.parametrize(
    "failure", [error(500), replies.html(502), replies.html(), replies.garbage(), replies.error_in_stream()]
)
def test_a_server_that_fails_in_the_same_way_for_both_is_asked_twice(openai, phone, phrases, failure):
    openai.default = failure

    assert phone.say("Hola") == phrases.apology
    assert asked(openai) == ["first", "second"]


@pytest.mark.parametrize(
    ("failures", "models"),
    [
        ([error(500)], ["first", "second"]),
        ([error(404)], ["first", "second"]),
        ([error(500), error(404)], ["first", "second", "first"]),
        ([error(500), replies.html(502)], ["first", "second", "first"]),
        ([error(404), error(500)], ["first", "second", "second"]),
        ([*[error(503)] * 3, error(500)], ["first"] * 3 + ["second"] * 2),
    ],
)
def test_one_that_fails_otherwise_is_asked_again(openai, phone, failures, models):
    openai.enqueue(*failures, text("A las nueve."))

    assert phone.say("¿A qué hora abren?") == "A las nueve."
    assert asked(openai) == models


@pytest.mark.parametrize(
    ("failures", "models"),
    [
        ([error(500), error(404), error(500)], ["first", "second", "first"]),
        ([error(404), error(404)], ["first", "second"]),
        ([error(404), error(500), error(500)], ["first", "second", "second"]),
        ([error(503)] * 6, ["first"] * 3 + ["second"] * 3),
    ],
)
def test_the_third_time_would_be_no_use(openai, phone, phrases, failures, models):
    openai.enqueue(*failures, text("A las nueve."))

    assert phone.say("¿A qué hora abren?") == phrases.apology
    assert asked(openai) == models


def test_an_answer_that_breaks_off_is_continued_once(openai, phone):
    openai.default = text("Abrimos a las nueve. Y", finish=None, done=False)

    assert phone.say("¿A qué hora abren?").startswith("Abrimos a las nueve.")
    assert asked(openai) == ["first", "second"]
