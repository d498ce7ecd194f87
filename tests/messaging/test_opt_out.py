"""A message that is nothing but a keyword is an order; one that only has it in it is for the assistant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.opt_out import Keyword, keyword_of


@pytest.mark.parametrize(
    "body",
    [
        *["STOP", "StopAll", "stop all", "UNSUBSCRIBE", "END", "QUIT", "REVOKE", "OPTOUT", "Opt-out"],
        *["BAJA", "Dar de baja", "DARME DE BAJA", "Baja, por favor.", "NO MOLESTAR", "No me escriban más"],
    ],
)
def test_there_are_many_ways_to_say_stop(body):
    assert keyword_of(body) is Keyword.STOP


@pytest.mark.parametrize("body", ["CANCELAR", "cancel", "PARAR", "Anular", "Quiero darme de baja", "¡Basta!"])
def test_what_people_also_say_of_appointments_and_contracts_may_mean_stop(body):
    assert keyword_of(body) is Keyword.MAYBE_STOP


@pytest.mark.parametrize("body", ["START", "Unstop", "ALTA"])
def test_start_begins_again(body):
    assert keyword_of(body) is Keyword.START


@pytest.mark.parametrize("body", ["HELP", "Ayuda"])
def test_help_asks_for_help(body):
    assert keyword_of(body) is Keyword.HELP


@pytest.mark.parametrize(
    "body",
    [
        *[
            "  baja\n",
            "¡¡BAJA!!",
            "«Baja».",
            "*BAJA*",
            "_baja_",
            "BAJA 🙏🏽",
            "bájà",
            "ba\u0301ja",
            "\u200fBAJA\u200b",
        ],
        *["ＢＡＪＡ", "baja baja", "Baja\nBAJA"],
    ],
)
def test_case_accents_signs_and_repeating_do_not_count(body):
    assert keyword_of(body) is Keyword.STOP


@pytest.mark.parametrize(
    "body",
    [
        "quiero darme de baja del gimnasio",
        "estoy de baja",
        "no pares",
        "quiero cancelar mi cita del lunes",
        "¿a qué planta bajo, alta o baja?",
        "stop by tomorrow",
        "¿me das de alta?",
        "ayuda con mi pedido",
        "baja 2",
        "bajas",
        "abaja",
        "info",
        "sí, mañana",
        "",
        " \u200b🙏 ",
        "baja " * 1000,
    ],
)
def test_everything_else_is_for_the_assistant(body):
    assert keyword_of(body) is None


@given(st.text())
def test_no_text_is_too_odd_to_look_at(body):
    assert keyword_of(body) in {None, *Keyword}


@given(st.sampled_from(["baja", "dar de baja", "cancelar", "alta", "ayuda"]), st.text("abcñ1", min_size=1))
def test_a_keyword_with_another_word_is_none(words, other):
    assert keyword_of(f"{words} {other}x") is None
    assert keyword_of(f"{other}x {words}") is None
