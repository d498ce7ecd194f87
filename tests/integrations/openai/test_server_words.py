"""What a server said stands in the log: short, without the request's words, without keys."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.openai.server_words import ServerWords
from tests.examples import examples

MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "Eres la recepción de Clínica Sol."},
    {"role": "user", "content": [{"type": "text", "text": "Soy Begoña Ruiz, del +34 600 000 001"}]},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"function": {"arguments": '{"reason": "ciática"}'}}],
    },
    {"role": "user", "content": "Please call me back, it is about the account of Begoña"},
]
WORDS = ServerWords(MESSAGES, ["sk-secret-of-the-shop-9"])


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        (
            "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
            "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
        ),
        ({"error": {"message": "tools param requires --jinja flag"}}, "tools param requires --jinja flag"),
        ({"message": "model 'llama3' not found"}, "model 'llama3' not found"),
        ({"detail": [{"loc": ["body"], "msg": "Extra inputs are not permitted", "input": "Begoña"}]},
         "Extra inputs are not permitted"),
        ('{"error": "Model is overloaded", "error_type": "overloaded"}', "Model is overloaded"),
        ("Cannot parse 'Soy Begoña Ruiz, del +34 600 000 001'", "Cannot parse …'"),
        ("Cannot parse 'Soy Bego\\u00f1a'", "Cannot parse '…'"),
        ("invalid role in Clínica Sol", "invalid role in …"),
        ("tool call failed: ciática", "tool call failed: …"),
        ("Refused: please call me back, it is", "Refused: …"),
        ("Truncated: Bego", "Truncated: …"),
        ("Incorrect API key provided: sk-sec*****-9.", "Incorrect API key provided: …"),
        ("Bearer sk-secret-of-the-shop-9 is invalid", "… is invalid"),
        ("see https://example.com/?key=1 or write to a@example.com", "see … or write to …"),
        ("request 9f86d081884c7d659a2feaa0c55ad015 failed", "request … failed"),
        ({"id": 1, "ok": False}, "an object with id, ok"),
        ("<!DOCTYPE html><html><title>Sign in · Example</title></html>", 'a login page, "Sign in · Example"'),
        ('<html><body><form><input name="p" type="password"></form></body></html>', "a login page"),
        ("<html>\n<head><title>502 Bad Gateway</title></head></html>", 'a web page, "502 Bad Gateway"'),
        ("", ""),
        (None, ""),
    ],
)  # fmt: skip
def test_a_server_is_quoted_without_what_it_was_told(said: Any, quoted: str) -> None:
    assert WORDS.quote(said) == quoted


def test_a_long_text_is_cut() -> None:
    assert len(WORDS.quote("error " * 5000)) <= 301


PEOPLE = ["Begoña", "Ruiz", "600 000 001", "ciática", "Clínica"]


@examples(100)
@given(
    st.lists(
        st.sampled_from([*PEOPLE, "the model", "failed", "\n", '"', "{", ":", "<b>", "invalid", "\\u00f1"])
    )
)
def test_whatever_is_quoted_no_word_of_people_is_in_it(pieces: list[str]) -> None:
    quoted = WORDS.quote(" ".join(pieces))

    assert not any(word in quoted for word in PEOPLE)
