"""A speakable text is split for `<Say>`, and its length in seconds is estimated."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversation.speech.chunks import say_chunks, spoken_seconds
from tests.common.growth import grows_too_fast
from tests.examples import examples


def test_seconds_follow_length_pauses_and_digits():
    sentence = "Abrimos de lunes a viernes por la mañana y por la tarde."

    assert 3 < spoken_seconds(sentence) < 5
    assert (
        spoken_seconds("Diga. Diga. Diga.")
        > spoken_seconds("Diga, diga, diga,")
        > spoken_seconds("Diga  diga diga ")
    )
    assert spoken_seconds("6 0 0, 0 0 0, 0 0 1") > 3
    assert spoken_seconds("") == 0


@examples(300)
@given(
    st.one_of(
        st.text(),
        st.lists(st.sampled_from(["Hola. ", "palabra ", "ñ" * 40, "😊", "a" * 50, "\n"])).map("".join),
    ),
    st.integers(1, 60),
    st.integers(12, 90),
)
def test_chunks_fit_both_limits_and_lose_only_whitespace(text, limit, encoded_limit):
    chunks = say_chunks(text, limit, encoded_limit)

    assert all(chunk.strip() for chunk in chunks)
    assert all(len(chunk) <= limit for chunk in chunks)
    assert all(len(quote(chunk, safe="", errors="replace")) <= encoded_limit for chunk in chunks)
    assert "".join("".join(chunks).split()) == "".join(text.split())


def test_chunks_break_at_sentences_then_words():
    assert say_chunks("Uno dos. Tres cuatro. Cinco.", limit=21) == ["Uno dos. Tres cuatro.", "Cinco."]
    assert say_chunks("Uno dos. Tres cuatro cinco.", limit=19) == ["Uno dos.", "Tres cuatro cinco."]
    assert say_chunks("uno dos tres cuatro", limit=8) == ["uno dos", "tres", "cuatro"]
    assert say_chunks("á" * 1000, limit=3000) == ["á" * 750, "á" * 250]
    assert say_chunks("Hola. ") == ["Hola."]


def test_a_limit_that_fits_no_character_is_refused():
    with pytest.raises(ValueError, match="must fit"):
        say_chunks("a", encoded_limit=11)


def test_a_long_text_is_split_in_linear_time():
    assert not grows_too_fast(say_chunks, "Una frase de lo más normal. ")
    assert not grows_too_fast(say_chunks, "x")
