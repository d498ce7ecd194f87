"""Tokens become sentences as early as their end is certain, and nothing is lost on the way."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conversation.speech.sentences import LONGEST_SENTENCE, SentenceCutter
from tests.common.growth import grows_too_fast
from tests.examples import examples

# What sentences are made of, far denser in trouble than any text.
SCRAPS = st.sampled_from(
    [
        *'.!?…)("*,;:-€¿¡😊 \n\t\u2028\xa0\x1cDpmI3',
        "hola", "Hola", "Sr", "ej", "50", "No", "etc", "EE", "UU", "www",
        "com", "..", "  ", "\n\n", "\r\n", "palabra" * 9, "palabras, " * 9, " " * 50, "." * 60,
        "\n```py\n", "\n```\n", "1.", "1️⃣",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(SCRAPS, max_size=60).map("".join))


def cut(text, size=None, longest=LONGEST_SENTENCE):
    cutter = SentenceCutter(longest)
    pieces = []
    for start in range(0, len(text), size or len(text) or 1):
        pieces += cutter.feed(text[start : start + (size or len(text))])
    return pieces + cutter.finish()


def cut_at(text, places, longest):
    cutter, pieces, last = SentenceCutter(longest), [], 0
    for place in [*sorted(places), len(text)]:
        pieces += cutter.feed(text[last:place])
        last = place
    return pieces + cutter.finish()


@examples(400)
@given(TEXTS)
@example("Hola.\n\n")
@example(" \n ")
def test_the_pieces_put_together_are_the_text_and_none_is_blank(text):
    pieces = cut(text)

    assert "".join(pieces) == (text if text.strip() else "")
    assert all(piece.strip() for piece in pieces)
    assert all(not piece[0].isspace() for piece in pieces[1:])


@examples(400)
@given(TEXTS, st.data(), st.sampled_from([1, 7, 30, LONGEST_SENTENCE]))
@example("." * 70 + "a", None, 30)
def test_where_the_pieces_fall_does_not_depend_on_the_tokens(text, data, longest):
    places = data.draw(st.lists(st.integers(0, len(text)))) if data else []

    whole = cut(text, longest=longest)

    assert cut(text, 1, longest) == whole
    assert cut_at(text, places, longest) == whole


@examples(200)
@given(TEXTS)
def test_no_piece_is_much_longer_than_the_longest_but_for_its_whitespace(text):
    assert all(len("".join(piece.split())) <= 2 * 30 for piece in cut(text, 1, longest=30))


@pytest.mark.parametrize(
    "sentences",
    [
        ["¡Hola! ", "¿Qué tal?"],
        ["¡Hola!", "¿Qué tal?"],
        ["Hola.  ", "Le atiende Ana."],
        ["¿En serio?! ", "Sí."],
        ["Bueno... no sé. ", "Pues… ", "Sí."],
        ["«¿Viene hoy?» preguntó. ", "(Está cerrado.) ", "Vale."],
        ["**Hola.** ", "Soy Ana."],
        ["¡Hola!😊 ", "¿En qué puedo ayudarle?"],
        ["El Sr. García y la Sra. López llaman al Dr. Ruiz, D. Juan y Dª. Ana. ", "Adiós."],
        ["Está en la Avda. de América, núm. 5, C/ Mayor, n.º 3. ", "Venga."],
        ["Uds. vienen, p. ej. el lunes, aprox. a las 3. ", "Gracias."],
        ["Vivo en EE. UU. desde ayer. ", "Vivo en EE. UU. ", "Abrimos a las 9 a. m. ", "Mañana no."],
        ["Pan, leche, etc. y más. ", "Pan, etc. ", "Hoy no."],
        ["Llame a J. Pérez o a J.M. Ruiz. ", "Adiós."],
        ["Mr. and Mrs. Smith of St. James came at 5 p.m. on foot. ", "He left at 6 p.m. ", "Bye."],
        ["See No. 5, e.g. this, i.e. that. ", "No. ", "We are closed."],
        ["Cuesta 3.50 €. ", "Son 1.200 clientes y 1,5 kg. ", "A las 10.30. ", "Hasta luego."],
        ["El 1.º, la 2.ª planta y la v2.0.1. ", "Vale."],
        ["Visite www.ejemplo.com/citas?a=1. ", "Escriba a ana.ruiz@ejemplo.es. ", "Lea README.md. ", "Ya."],
        ["1. Lunes. ", "2. Martes a las 3. ", "3. Nada."],
        ["Tenemos: 1. Corte.\n", "a) Tinte a mano. ", "Y más."],
        ["Ref. AB-1234/XZ. ", "Pérez S.L. de Madrid. ", "C.P. 28001. ", "Vale."],
        ["La cita es mañana, mar. 3/12, con M.ª José. ", "Adiós."],
        ["Vol. IV, cap. 2, séc. XXI. ", "Fim."],
        ["Wear a cap. ", "I ask Ed. ", "No es apto. ", "Vamos al mar. ", "Bye."],
        ["1️⃣\nCorte\n", "2.\nTinte"],
        ["Esto:\n", "```python\nx = 1. Y = 2\n\n```\n", "Ya está. ", "Adiós."],
        ["```\n", "Hola. ", "Adiós.\n", "```"],
        ["Horario:\n", "- Lunes, 9.30\n", "- Martes\n\n", "Gracias"],
        ["hola, buenos días. ", "dígame"],
    ],
)
def test_sentences_end_where_a_reader_would_say(sentences):
    assert cut("".join(sentences)) == sentences


@pytest.mark.parametrize(
    ("tokens", "first"),
    [
        (["¡", "Hola", "!", " ¿", "Qué"], 3),
        (["Abrimos", " a", " las", " nueve", ".", " Le"], 5),
        (["Son", " las", " 3", ".", "50", " y", ".", " Fin"], 7),
        (["Hola", "!\n\n", "Le"], 2),
        (["Lunes", ":\n", "-"], 2),
    ],
)
def test_a_sentence_comes_with_the_token_that_makes_its_end_certain(tokens, first):
    cutter = SentenceCutter()

    given_out = [bool(cutter.feed(token)) for token in tokens]

    assert given_out.index(True) == first


def test_a_text_without_an_end_is_cut_at_a_clause_and_else_at_a_space():
    with_clauses = cut("palabra palabra palabra, " * 40)
    without = cut("palabra " * 100)

    assert len(with_clauses) > 4
    assert all(piece.endswith("palabra, ") for piece in with_clauses)
    assert all(LONGEST_SENTENCE * 0.9 < len(piece) <= LONGEST_SENTENCE for piece in without[:-1])
    assert all(piece.endswith("palabra ") for piece in without)


def test_a_long_address_is_not_cut_inside_while_it_can_still_end():
    address = "https://ejemplo.com/" + "a" * 300

    assert cut(f"Vea {address} y llame.")[1] == f"{address} "


def test_a_cutter_begins_anew_after_the_end():
    cutter = SentenceCutter()
    cutter.feed("Le esperamos mañana a las 3.")
    cutter.finish()

    assert cutter.feed("50 euros. Vale") == ["50 euros. "]


def test_a_limit_that_fits_nothing_is_refused():
    with pytest.raises(ValueError, match="longest"):
        SentenceCutter(0)


@pytest.mark.parametrize(
    "scrap",
    [
        ".",
        " ",
        "a",
        "a b. ",
        "Sr. ",
        "a.b!c ",
        "!)",
        "\n ",
        "!¿",
        "1. ",
        ", ",
        "a" + " " * 999,
        "…😊",
        "```py\n",
        "1.\n",
    ],
)
def test_time_is_linear_in_the_text_character_by_character(scrap):
    assert not grows_too_fast(lambda text: cut(text, 1), scrap)
