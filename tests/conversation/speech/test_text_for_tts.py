"""A voice is given words: no Markdown, no emoji, no signs that it would spell out."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conversation.speech.text_for_tts import speakable
from tests.common.growth import grows_too_fast
from tests.examples import examples

SCRAPS = st.sampled_from(
    [
        *"€$%&@/#*_`~|[]()!<>=\\+^.,:…–-ºª10h \n\x00\ud800\u200b\xa0\x85😊",
        "hola", "Sr", "p. ej", "EE. UU", "D. Juan",
        "3/12", "2026-12-03", "L-V", "24/7", "1/2", "4.º", " p.m.", "Ref. ", "AB-1234/XZ", "DNI ", "ES91 2100", "S.L.",
        "C.P. ", "s. XXI", "Felipe VI", "II ", "sáb. ", "nov. ", "Dec 3", "1st", "St. ", "séc.", "1,80 m", "\n```py\n",
        "12", "3.000", "600000001", "+34", "9:00", "kg", "EUR", "www.", "ejemplo.com", "https://", "a@b.es", "lunes",
        "mil", "y/o", "&amp;", "**", "```", "---", "- ", "](", "❤️", "1️⃣", "C/ ", "n.º", " con ", "euros",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.text(st.characters()), st.lists(SCRAPS, max_size=25).map("".join))
LANGUAGES = st.sampled_from(["es-ES", "es-MX", "en-US", "pt-BR", "fr-FR"])
FORBIDDEN_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@examples(500)
@given(TEXTS, LANGUAGES)
@example("600000001 €", "es-ES")
def test_what_was_made_speakable_is_left_as_it_is(text, language):
    once = speakable(text, language)

    assert speakable(once, language) == once


@examples(500)
@given(TEXTS, LANGUAGES)
def test_no_text_yields_what_xml_forbids_or_only_signs(text, language):
    said = speakable(text, language)

    assert not FORBIDDEN_IN_XML.search(said)
    assert said == " ".join(said.split())
    assert said == "" or any(character.isalnum() for character in said)


@examples(300)
@given(TEXTS, LANGUAGES, st.text())
def test_any_language_tag_is_taken(text, language, tag):
    speakable(text, f"{language}-{tag}")
    speakable(text, tag)


def test_a_dollar_sign_is_what_it_is_in_the_country():
    assert speakable("$20", "es-MX") == "20 pesos"
    assert speakable("$20", "es-Latn-AR") == "20 pesos"
    assert speakable("$20", "es_CO") == "20 pesos"
    assert speakable("US$20", "es-MX") == "20 dólares"
    assert speakable("$20", "es-US") == "20 dólares"


def test_controls_and_halves_of_characters_are_not_said():
    assert speakable("a\x00b\ud800c\u200bd\ufffe", "es-ES") == "abcd"


def test_a_path_too_long_to_follow_is_left_out():
    assert speakable(f"Vea https://ejemplo.com/{'abc/' * 30} hoy", "es-ES") == "Vea ejemplo punto com hoy"


def test_a_line_ends_as_a_sentence_does():
    assert speakable("## Horario\n", "es-ES") == "Horario."
    assert speakable("| Día | Hora |\n", "es-ES") == "Día, Hora."
    assert speakable("¿Vale?\n", "es-ES") == "¿Vale?"


def test_other_languages_lose_their_markdown_and_keep_their_signs():
    assert speakable("**12 €** 😊 [ici](https://x.fr)", "fr-FR") == "12 € ici"


@pytest.mark.parametrize(
    "nothing", ["---", "***", "* * *", "```python", "|---|:--:|", "😊", "", " \n", "¿?", "![x](y)"]
)
def test_what_has_no_words_says_nothing(nothing):
    assert speakable(nothing, "es-ES") == ""


def test_a_sum_beyond_all_sums_keeps_its_digits():
    assert speakable("9" * 5000 + " €", "es-ES").endswith(" euros")


@pytest.mark.parametrize(
    "text",
    [
        "El 3 ſep y el 4 oct",
        "El ſáb. 5 y el dom. 6",
        "La ſra. López y el sr. Gil",
        "ABR 3 y MAY. 2026 o DİC 3",
    ],
)
def test_letters_that_only_some_rules_take_for_others_break_none(text):
    assert speakable(text, "es-ES") == speakable(text.replace("ſ", "s").replace("İ", "I"), "es-ES")


def test_sentences_without_a_space_between_are_said_as_they_are_one_by_one():
    assert speakable("Cuesta 5 EUR.¿Lo quiere?", "es-ES") == "Cuesta 5 euros. ¿Lo quiere?"


NASTY = [
    "a", "1", "1.", "*", "* ", "_", "_a", "[", "[a](", "[](", "<a ", "<a@", "`", "#", "| ", "- ", "@", "a@a.", "a-",
    "www.", "https://a", "1-", "1.000.", "€1", "1€", "600 ", "+1", "/", "a /", "%", "😊", "\ud800", "p. ", "1kg", "(",
    "()", "&nbsp;", "> ", "a.com/", "\u2028", "C/ ", "12 euros/", "~1", '[a](b "', "1\n", " .", "á.", "1/", "1/2 ",
    "3/12-", "1:", "1h", "1pm", "9 a. m", "AB1", "A-1/", "I", "II ", "IV-", "siglo I, ", "L-", "L, ", "lun ", "lun.",
    "lun-", "1 000", "1 000 ", "1 ene", "1º", "1st ", "½", "1 1/2", "1x", "1 x ", "<1", "= ", "1️⃣", "1️⃣ a", "[1]",
    "【", "-1", "−", "A.", "Ref. ", "DNI 1", "1234 ", "ES12", "ES12 3456 ", "1'", "a→", "->", "No. ", "```python\n",
    "1.\n", "S.L. ", "12.345.678", "00 ", "$ ", "M€", "entre ", "'", ".", ".,",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("language", ["es-ES", "en-US", "pt-BR"])
def test_time_is_linear_in_the_text(language):
    assert [
        scrap for scrap in NASTY if grows_too_fast(lambda text: speakable(text, language), scrap, "z")
    ] == []


def test_a_link_that_does_not_end_takes_no_more_time():
    assert not grows_too_fast(lambda text: speakable(f"<{text}", "es-ES"), "@")
