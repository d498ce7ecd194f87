"""A voice is given words: no Markdown, no emoji, no signs that it would spell out."""

import re
import time
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conversation.speech.text_for_tts import say_chunks, speakable, spoken_seconds
from tests.examples import examples

SCRAPS = st.sampled_from(
    [
        *"€$%&@/#*_`~|[]()!<>=\\+^.,:…–-ºª10h \n\x00\ud800\u200b\xa0\x85😊",
        "hola", "Sr", "p. ej", "EE. UU", "D. Juan",
        "12", "3.000", "600000001", "+34", "9:00", "kg", "EUR", "www.", "ejemplo.com", "https://", "a@b.es", "lunes",
        "mil", "y/o", "&amp;", "**", "```", "---", "- ", "](", "❤️", "1️⃣", "C/ ", "n.º", " con ", "euros",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.text(st.characters()), st.lists(SCRAPS, max_size=25).map("".join))
LANGUAGES = st.sampled_from(["es-ES", "es-MX", "en-US", "fr-FR"])
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


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Hola, ¿en qué puedo ayudarle?", "Hola, ¿en qué puedo ayudarle?"),
        ("**Nota:** esto es *muy* __importante__ y `citas`.", "Nota: esto es muy importante y citas."),
        ("## Precios", "Precios"),
        ("- Corte", "Corte"),
        ("* [ ] Corte", "Corte"),
        ("1) Lunes", "1. Lunes"),
        ("1. **Lunes**", "1. Lunes"),
        ("> Cita", "Cita"),
        ("| Lunes | 9:00-14:00 |", "Lunes, 9:00 a 14:00"),
        ("Lunes\n- Martes.\n\nMiércoles", "Lunes. Martes. Miércoles"),
        ("[Reserve aquí](https://ejemplo.com/x) ![foto](a.png)", "Reserve aquí"),
        ("Use <b>esto</b><br/> &nbsp;ya \\*", "Use esto ya"),
        ("¡Hola! 😊👍🏽 ¿Qué tal 👨‍👩‍👧?", "¡Hola! ¿Qué tal?"),
        ("1️⃣ Lunes ❤️", "1 Lunes"),
        ("a\x00b\ud800c\u200bd\ufffe", "abcd"),
        ("Visite www.ejemplo.com/citas.", "Visite ejemplo punto com barra citas."),
        ("En https://www.ejemplo.es/mi-cita_1?x=1#y, hoy", "En ejemplo punto es barra mi guion cita guion bajo 1, hoy"),
        ("Vea <https://ejemplo.com/>.", "Vea ejemplo punto com."),
        ("Vea mi.ejemplo.es: sí", "Vea mi punto ejemplo punto es: sí"),
        (f"Vea https://ejemplo.com/{'abc/' * 30} hoy", "Vea ejemplo punto com hoy"),
        ("Escriba a ana.ruiz@ejemplo.com, ¿sí?", "Escriba a ana punto ruiz arroba ejemplo punto com, ¿sí?"),
        ("Son 12,50 €.", "Son 12 euros con 50."),
        ("12.50€/persona", "12 euros con 50 por persona"),
        ("€12.50 o $20", "12 euros con 50 o 20 dólares"),
        ("3.000 €, 1.200,50 € y 1.000.000 €", "3000 euros, 1200 euros con 50 y 1.000.000 euros"),
        ("1 €, 0,50 €, 1,05 € y 20 EUR", "un euro, 50 céntimos, un euro con 5 céntimos y 20 euros"),
        ("2 millones de €", "2 millones de euros"),
        ("21% de IVA, 10 % menos", "21 por ciento de IVA, 10 por ciento menos"),
        ("De 9:00-14:00 y de 22:00 – 6:00", "De 9:00 a 14:00 y de 22:00 a 6:00"),
        ("20-30 € de lunes-viernes", "20 a 30 euros de lunes a viernes"),
        ("Tel. 555-0100, el 2-1, el 2024-05-01", "teléfono 555-0100, el 2-1, el 2024-05-01"),
        ("Llame al +34600000001.", "Llame al más 34, 6 0 0, 0 0 0, 0 0 1."),
        ("O al 600 00 00 01", "O al 6 0 0, 0 0 0, 0 0 1"),
        ("+1 (202) 555-0123", "más 1, 2 0 2, 5 5 5, 0 1 2 3"),
        ("DNI y/o pasaporte, niños/niñas, TCP/IP", "DNI y o pasaporte, niños o niñas, TCP/IP"),
        ("5 kg a 120 km/h, 10 €/h, 1 h", "5 kilos a 120 kilómetros por hora, 10 euros por hora, 1 hora"),
        ("Pan & vino, #1 y ~20", "Pan y vino, número 1 y unos 20"),
        ("Pulse # o * ahora, 2*3", "Pulse almohadilla o asterisco ahora, 2 por 3"),
        ("El Sr. Gil, Avda. de América n.º 5", "El señor Gil, avenida de América número 5"),
        ("C/ Mayor, s/n, p. ej. en EE. UU.", "calle Mayor, sin número, por ejemplo en Estados Unidos."),
        ("D. Juan toma vitamina D. Además, Dª Ana", "don Juan toma vitamina D. Además, doña Ana"),
        ("A las 9.30 vienen 1.200 personas", "A las 9:30 vienen 1200 personas"),
        ("archivo.pdf v2.0.1 del 12/05/2024", "archivo.pdf v2.0.1 del 12/05/2024"),
    ],
)  # fmt: skip
def test_spanish_is_written_as_it_is_said(written, said):
    assert speakable(written, "es-ES") == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("$20, €12.50, $0.99 and $3.05", "20 dollars, 12 euros 50, 99 cents and 3 dollars and 5 cents"),
        ("$1,200.50 or $2.5 million", "1200 dollars 50 or 2.5 million dollars"),
        ("www.example.com/book", "example dot com slash book"),
        ("info@example.com", "info at example dot com"),
        ("9:00-14:00, Monday-Friday, 10%", "9:00 to 14:00, Monday to Friday, 10 percent"),
        ("Call +12025550123 & ask", "Call plus 1, 2 0 2, 5 5 5, 0 1 2 3 and ask"),
        ("and/or No. 5, e.g. $20/month", "and or number 5, for example 20 dollars per month"),
    ],
)
def test_english_is_written_as_it_is_said(written, said):
    assert speakable(written, "en-US") == said


def test_a_dollar_sign_is_what_it_is_in_the_country():
    assert speakable("$20", "es-MX") == "20 pesos"
    assert speakable("$20", "es-Latn-AR") == "20 pesos"
    assert speakable("$20", "es_CO") == "20 pesos"
    assert speakable("US$20", "es-MX") == "20 dólares"
    assert speakable("$20", "es-US") == "20 dólares"


def test_other_languages_lose_their_markdown_and_keep_their_signs():
    assert speakable("**12 €** 😊 [ici](https://x.fr)", "fr-FR") == "12 € ici"


@pytest.mark.parametrize(
    "nothing", ["---", "***", "* * *", "```python", "|---|:--:|", "😊", "", " \n", "¿?", "![x](y)"]
)
def test_what_has_no_words_says_nothing(nothing):
    assert speakable(nothing, "es-ES") == ""


def test_a_sum_beyond_all_sums_keeps_its_digits():
    assert speakable("9" * 5000 + " €", "es-ES").endswith(" euros")


NASTY = [
    "a",
    "1",
    "1.",
    "*",
    "* ",
    "_",
    "_a",
    "[",
    "[a](",
    "[](",
    "<a ",
    "<a@",
    "`",
    "#",
    "| ",
    "- ",
    "@",
    "a@a.",
]
NASTY += [
    "a-",
    "www.",
    "https://a",
    "1-",
    "1.000.",
    "€1",
    "1€",
    "600 ",
    "+1",
    "/",
    "a /",
    "%",
    "😊",
    "\ud800",
    "p. ",
]
NASTY += [
    "1kg",
    "(",
    "()",
    "&nbsp;",
    "> ",
    "a.com/",
    "\u2028",
    "C/ ",
    "12 euros/",
    "~1",
    '[a](b "',
    "1\n",
    " .",
    "á.",
]


@pytest.mark.parametrize("scrap", NASTY)
def test_time_is_linear_in_the_text(scrap):
    text = (scrap * 100_000)[:100_000] + "z"

    began = time.process_time()
    speakable(text, "es-ES")

    assert time.process_time() - began < 1


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
    text = "Una frase de lo más normal. " * 3000 + "x" * 20_000

    began = time.process_time()
    say_chunks(text)

    assert time.process_time() - began < 1
