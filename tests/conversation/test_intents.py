"""Words that ask for a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversation.intents import asks_for_person


@pytest.mark.parametrize(
    "said",
    [
        "Quiero hablar con una persona",
        "quiero hablar con una persona, por favor.",
        "¿Puedo hablar con alguien?",
        "Páseme con un agente",
        "pásame con un humano",
        "Necesito hablar con un asesor ya",
        "Hola, quisiera hablar con una persona real",
        "Hablar con un comercial",
        "I want to speak to a person",
        "Can I talk to a human, please?",
        "Put me through to an agent",
        "Quiero hablar con una per\u00adsona",
        "𝐐𝐮𝐢𝐞𝐫𝐨 𝐡𝐚𝐛𝐥𝐚𝐫 𝐜𝐨𝐧 𝐮𝐧𝐚 𝐩𝐞𝐫𝐬𝐨𝐧𝐚",
    ],
)
def test_who_asks_for_a_person_is_understood(said):
    assert asks_for_person(said)


@pytest.mark.parametrize(
    "said",
    [
        "una persona",  # a table for one
        "somos una persona",
        "Ayer hablé con una persona y me dijo que estaba listo",
        "quiero hablar con una persona de la factura de marzo que no me cuadra",
        "persona",
        "¿Es usted una persona?",
        "no quiero hablar de eso",
        "agente",
        "",
    ],
)
def test_other_words_are_for_the_assistant(said):
    assert not asks_for_person(said)


@given(st.text(max_size=300))
def test_whatever_is_said_it_is_read_at_once(said):
    asks_for_person(said)
