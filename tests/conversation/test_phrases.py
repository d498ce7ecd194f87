"""What is said without a model: complete, speakable, and no more than it should be."""

import re
from dataclasses import fields

import pytest

from conversation.intents import is_continue
from conversation.phrases import Phrases, briefing_for, phrases_for

SPANISH, ENGLISH, PORTUGUESE = phrases_for("es-MX"), phrases_for("en-GB"), phrases_for("pt-BR")


def lines(phrases: Phrases) -> list[str]:
    values = (getattr(phrases, field.name) for field in fields(Phrases))
    return [line for value in values for line in ([value] if isinstance(value, str) else value)]


@pytest.mark.parametrize("phrases", [SPANISH, ENGLISH, PORTUGUESE], ids=["es", "en", "pt"])
def test_every_phrase_has_words_that_can_be_spoken(phrases):
    for line in lines(phrases):
        assert line == " ".join(line.split()) != ""
        assert not set(line.replace("{business}", "").replace("{name}", "")) & set("*_#`<>{}[]")


@pytest.mark.parametrize("phrases", [SPANISH, ENGLISH, PORTUGUESE], ids=["es", "en", "pt"])
def test_fillers_grow_and_none_is_said_twice(phrases):
    lengths = [len(filler) for filler in phrases.fillers]

    assert len(lengths) >= 4
    assert lengths == sorted(set(lengths))


@pytest.mark.parametrize("phrases", [SPANISH, ENGLISH, PORTUGUESE], ids=["es", "en", "pt"])
def test_the_second_reprompt_has_other_words(phrases):
    assert phrases.reprompts[0] != phrases.reprompts[1]


def test_spanish_speaks_of_usted_and_never_shouts():
    spoken = [line.lower() for line in lines(SPANISH) if line not in SPANISH.continue_words]
    familiar = {"tú", "te", "ti", "tu", "tus", "quieres", "dime", "espera", "puedes", "repite", "oírte"}

    assert spoken
    for line in spoken:
        assert "!" not in line
        assert not familiar & set(re.findall(r"\w+", line)), line


def test_the_region_does_not_matter():
    assert phrases_for("es-ES") is phrases_for("es-419") is phrases_for("ES")
    assert phrases_for("en-US") is ENGLISH


def test_a_language_without_phrases_names_all_that_the_profile_must_give():
    with pytest.raises(ValueError, match="no phrases for fr-FR") as raised:
        phrases_for("fr-FR")

    assert all(field.name in str(raised.value) for field in fields(Phrases))


def test_a_language_without_a_briefing_has_the_english_one():
    assert briefing_for("fr-FR") is briefing_for("en-US")


@pytest.mark.parametrize(
    "heard",
    [
        "Sí.",
        "si",
        "sí, sí",
        "SÍ SÍ SÍ",
        "Vale.",
        "Ajá",
        "ok",
        "O.K.",
        "mmm",
        "Mmmm...",
        "de acuerdo",
        "¡Claro que sí!",
        "Bueno, vale, de acuerdo.",
        "esta bien, continue",
        "siiií",
        "Sí, gracias.",
        "un momento, por favor",
        "Okey",
    ],
)
def test_spanish_backchannels_only_continue(heard):
    assert is_continue(heard, SPANISH)


@pytest.mark.parametrize(
    "heard",
    [
        "",
        "  ",
        "...",
        "no",
        "Sí, pero otra cosa",
        "¿Y los sábados?",
        "claro que no",
        "de",
        "adiós",
        "acuerdo de pago",
        "vale más caro",
        "bueno, adiós",
        "1",
        "siempre",
    ],
)
def test_spanish_words_that_say_something_do_not_continue(heard):
    assert not is_continue(heard, SPANISH)


@pytest.mark.parametrize(
    "heard",
    [
        "Yes.",
        "yes yes",
        "OK",
        "Uh-huh",
        "uh huh, uh huh",
        "I'm here",
        "I’m here",
        "Mm-hmm.",
        "All right, sure",
    ],
)
def test_english_backchannels_only_continue(heard):
    assert is_continue(heard, ENGLISH)


@pytest.mark.parametrize("heard", ["yes but how much", "no", "right now?", "hello", "thank", "go"])
def test_english_words_that_say_something_do_not_continue(heard):
    assert not is_continue(heard, ENGLISH)


def test_a_long_run_of_backchannels_is_still_quick():
    assert not is_continue("uh huh " * 2000 + "wait", ENGLISH)
