"""Marks that are written for the model, in words for people."""

import pytest

from conversation.described import KEYS, described
from conversation.phrases import catalogues
from dashboard.marks import MARKS


def spanish(words):
    return described(words, catalogues()["es"].marks.text_of)


@pytest.mark.parametrize(
    ("heard", "read"),
    [
        ("[voice note] ¿Abren hoy?", "Nota de voz: ¿Abren hoy?"),
        ("¿Es aquí?\n[sent photo 15]", "¿Es aquí?\nFoto"),
        ("[sent photo 15-2: una (fachada) azul]", "Foto: una (fachada) azul"),
        ("[sent a voice note, which could not be opened]", "Nota de voz"),
        ("[sent a document (PDF), which cannot be opened here]", "Documento"),
        ("[sent a location: Sol, 40.4, -3.7]", "Ubicación: Sol, 40.4, -3.7"),
        ("[sent a form: nombre: Ana, dia: lunes]", "Formulario: nombre: Ana, dia: lunes"),
        ("Para regalo\n[sent an order: 2 x CREMA (12.5 EUR)]", "Para regalo\nPedido: 2 x CREMA (12.5 EUR)"),
        ("[came from an advertisement: Limpieza]\nHola", "Viene de un anuncio: Limpieza\nHola"),
        ("[changed an earlier message, which now says:]\nEl jueves", "Corrigió un mensaje:\nEl jueves"),
        ("[written 2 hours ago, and received only now: begin with a word of apology for the delay]\nHola", "Hola"),
        ("Uno dos [keypad: 12#]", "Uno dos (teclas: 12#)"),
        ("[photo 7 cannot be shown now]", ""),
        ("(esto) y {esto}, y [lo que sea]", "(esto) y {esto}, y [lo que sea]"),
        ("[reacted with {value}]", "Reacción: {value}"),
    ],
)  # fmt: skip
def test_an_utterance_is_read_without_a_word_of_english(heard, read):
    assert spanish(heard) == read


def test_every_mark_has_words_for_staff_and_for_people():
    assert set(MARKS) == set(KEYS)
    for catalogue in catalogues().values():
        assert set(vars(catalogue.marks)) == set(KEYS)
