"""What a model writes in Markdown becomes messages as WhatsApp shows them, and nothing of it is lost."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from messaging.whatsapp_markdown import SHORTEST_LIMIT, whatsapp_messages
from tests.common.growth import grows_too_fast
from tests.examples import examples

# What answers are made of, far denser in trouble than any answer.
SCRAPS = st.sampled_from(
    [
        *"*_~`#>-+|()[]<>!\\.,:;&=1 \t\n", "**", "__", "~~", "```", "\n\n", "\n- ", "\n1. ", "\n> ", "\n# ",
        "|\n|-|-|\n|", "a|b\n-|-\n", "[web](https://x.es/a_b)", "https://x.es/__a__", "<br>", "&amp;", "hola",
        "Hola. ", "palabra " * 9, "letras" * 9, "15 €", "2*3", "a_b_c", "😀", "👩‍👩‍👧‍👦", "🇪🇸", "👍🏽", "é", "e\u0301",
        "مرحبا ", "שלום ", "\u200f", "\u200b", "\x00", "\x1b", "\ud83d", "\ude00", "\ufeff", "\r\n", "\u2028",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(SCRAPS, max_size=60).map("".join))
# A link's title, a code's language, <br>, &amp;, and halves of characters, which become another
MARKUP_WITH_LETTERS = re.compile("[\\[&<`~\ud800-\udfff]")
LIMITS = st.one_of(st.integers(SHORTEST_LIMIT, 80), st.just(1600))
LETTERS = st.sampled_from([*"aéñЖمש漢1😀", "👩‍👩‍👧‍👦", "🇪🇸", "e\u0301"])
WORDS = st.one_of(
    st.lists(LETTERS, min_size=1, max_size=30).map("".join), st.sampled_from(["15", "euros.", "¿Sí?"])
)


def units(text):
    return len(text.encode("utf-16-le")) // 2


def letters(text):
    """What has to come through whatever becomes of marks: letters and digits, in their order."""
    return [c for c in text if unicodedata.category(c)[0] in "LN"]


def one(text):
    [message] = whatsapp_messages(text)
    return message


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("Hola **Ana**", "Hola *Ana*"),
        ("__ya__ está", "*ya* está"),
        ("*así* o _así_", "_así_ o _así_"),
        ("~~20 €~~ 15 €", "~20 €~ 15 €"),
        ("***las dos***", "_*las dos*_"),
        ("**a *b* c**", "*a _b_ c*"),
        ("**Horario:** de 9 a 2", "*Horario:* de 9 a 2"),
        ("Escriba `BAJA`.", "Escriba `BAJA`."),
        ("**dos\nlíneas**", "*dos*\n*líneas*"),
        ("## Horario\n\nDe 9 a 2", "*Horario*\nDe 9 a 2"),
        ("# **Muy** bien", "*Muy bien*"),
        ("[la web](https://x.es/a_b)", "la web (https://x.es/a_b)"),
        ("[x.es](https://x.es/)", "x.es"),
        ("[a@x.es](mailto:a@x.es)", "a@x.es"),
        ("[+34 600 000 001](tel:+34600000001)", "+34 600 000 001"),
        ("<https://x.es/%20ñ>", "https://x.es/%20ñ"),
        ("![el local](https://x.es/a.png)", "el local (https://x.es/a.png)"),
        ("- uno\n- dos", "- uno\n- dos"),
        ("* uno\n* dos", "- uno\n- dos"),
        ("+ uno\n+ dos", "- uno\n- dos"),
        ("1. uno\n2. dos\n   - y más", "1. uno\n2. dos\n  - y más"),
        ("- uno\n\n- dos", "- uno\n\n- dos"),
        ("> uno\n> dos\n\ntres", "> uno\n> dos\n\ntres"),
        ("> - uno\n> - dos", "> - uno\n> - dos"),
        ("uno\n\n---\n\ndos", "uno\n\ndos"),
        ("uno\n---\ndos", "uno\n\ndos"),
        ("```python\nx = '**'\n\n  y\n```", "```\nx = '**'\n\n  y\n```"),
        ("```hola\n", "```\nhola\n```"),
        ("```markdown\n**Sí**, a las *nueve*.\n```", "*Sí*, a las _nueve_."),
        ("Claro:\n\n~~~md\n**Sí**\n~~~\n\nY ya.", "Claro:\n\n*Sí*\n\nY ya."),
        ("```Markdown\n- a las nueve", "- a las nueve"),
        ("~~~\na ``` b\n~~~", "a ``` b"),
        ("uno<br>dos", "uno\ndos"),
        ("AT&amp;T", "AT&T"),
    ],
)
def test_markdown_becomes_what_whatsapp_shows(markdown, shown):
    assert one(markdown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Son 15 € (5 * 3), o 2*3*4, o 2**3, y 2*x + 3*y",
        "mi_archivo_final.pdf y __init__x",
        "https://x.es/__a__/_b_?c=*d&e=%20#f_g_ y fin",
        "~100 € o ~200 €",
        "#1 en Madrid, C# y 5 > 3 < 4",
        "3.",
        "1986. Un buen año.",
        "-5 grados",
        "+34 600 000 001",
        "Corte 15 €\n+ 5 € con lavado",
        "[link] y [x]: y",
        "<b>html</b> y a|b",
        "***",
        "#",
        "Línea una\nLínea dos\n\nPárrafo",
    ],
)
def test_what_only_looks_like_markdown_stays_as_it_is(text):
    assert one(text) == text


def test_a_style_that_touches_a_word_goes_for_whatsapp_would_show_its_marks():
    assert one("**20**euros y a*b*c") == "20euros y a*b*c"


def test_a_table_becomes_lines_that_can_be_read():
    table = "| Servicio | Precio |\n|---|--:|\n| Corte | **15** € |\n| Tinte | |\n| Uñas | 9 € | con cita |"

    assert one(table) == "*Servicio · Precio*\n- Corte · *15* €\n- Tinte · –\n- Uñas · 9 € · con cita"


def test_a_text_between_tables_and_lists_keeps_its_gaps():
    assert one("a:\n- b\n\nc\n|d|e|\n|-|-|\n|f|g|\n\nh") == "a:\n- b\n\nc\n*d · e*\n- f · g\n\nh"


@pytest.mark.parametrize("text", ["", " \n\t ", "\x00\x1b", "\u200b\u2060", "\u2800", "\ufeff", "\u0301"])
def test_a_text_of_which_nothing_can_be_seen_is_no_message(text):
    assert whatsapp_messages(text) == []


def test_what_cannot_be_sent_is_left_out_and_halves_of_characters_are_put_together():
    assert one("a\x00b\x1b \ufeff\uffff\ud83d\ude00 \r\nc\u2028d") == "ab 😀\nc\nd"
    assert one("medio \ud83d") == "medio \ufffd"


@examples(500)
@given(TEXTS, LIMITS)
@example("```15 horas\n", SHORTEST_LIMIT)
@example("```\n" + "a" * 12 + "   b", SHORTEST_LIMIT)
@example("> ***~~" + "😀" * 30 + "~~***", SHORTEST_LIMIT)
def test_every_message_fits_and_shows_something(text, limit):
    messages = whatsapp_messages(text, limit)

    assert all(units(message) <= limit for message in messages)
    assert all(letters(message) or re.search(r"\S", message) for message in messages)
    assert all(message == message.strip() and "\x00" not in message for message in messages)


@examples(500)
@given(TEXTS.map(lambda text: MARKUP_WITH_LETTERS.sub("", text)), LIMITS)
@example("a|b\n-|-\nc|d|e", 1600)
@example("hola\n" + "> " * 30 + "hondo", 1600)
def test_every_letter_arrives_in_its_place(text, limit):
    assert letters("".join(whatsapp_messages(text, limit))) == letters(text)


@examples(300)
@given(st.lists(st.tuples(WORDS, st.sampled_from([" ", "\n", "\n\n"])), max_size=80), LIMITS)
def test_plain_text_loses_nothing_but_the_whitespace_at_its_cuts(words, limit):
    text = "".join(word + gap for word, gap in words)

    messages = whatsapp_messages(text, limit)

    assert "".join("".join(messages).split()) == "".join(text.split())
    assert all(units(message) <= limit for message in messages)


@examples(300)
@given(st.lists(WORDS, min_size=1, max_size=80), st.sampled_from(["**", "*", "~~", "`"]), LIMITS)
def test_a_style_that_is_open_at_a_cut_is_closed_and_opened_again(words, mark, limit):
    shown = {"**": "*", "*": "_"}.get(mark, mark[0])

    messages = whatsapp_messages(f"{mark}{' '.join(words)}{mark}", limit)

    for message in messages:
        assert message[0] == message[-1] == shown
        assert not message[1:-1].startswith((shown, " ")) and not message[1:-1].endswith((shown, " "))


def test_code_that_is_cut_is_fenced_in_every_message():
    code = "\n".join(f"  línea_{n} = *{n}*" for n in range(200))

    messages = whatsapp_messages(f"Vea:\n\n```\n{code}\n```\nY ya.")

    assert all(message.count("```") == 2 for message in messages)
    assert "".join(messages).replace("```", "").split() == f"Vea: {code} Y ya.".split()
    assert all(units(message) <= 1600 for message in messages)
    assert messages[1].startswith("```\n  línea_")


def test_emoji_count_as_two():
    assert [units(message) for message in whatsapp_messages("😀" * 900)] == [1600, 200]


def test_it_is_cut_between_paragraphs_first():
    paragraphs = [letter * 700 for letter in "abc"]

    assert whatsapp_messages("\n\n".join(paragraphs)) == ["\n\n".join(paragraphs[:2]), paragraphs[2]]


def test_a_short_paragraph_does_not_go_alone_before_one_that_has_to_be_cut_anyway():
    sentences = " ".join(f"Esta es la frase {n}." for n in range(200))

    messages = whatsapp_messages(f"Hola.\n\n{sentences}")

    assert messages[0].startswith("Hola.\n\nEsta es la frase 0.")
    assert all(message.endswith(".") for message in messages)
    assert all(units(message) > 1500 for message in messages[:-1])


def test_it_is_cut_between_lines_then_sentences_then_words_then_characters():
    assert whatsapp_messages("- uno dos\n- tres cuatro", 20) == ["- uno dos", "- tres cuatro"]
    assert whatsapp_messages("El Sr. Gil. Y otra.", 20) == ["El Sr. Gil. Y otra."]
    assert whatsapp_messages("El Sr. Gil vino. Y otra vez.", 20) == ["El Sr. Gil vino.", "Y otra vez."]
    assert whatsapp_messages("uno dos tres cuatro cinco", 20) == ["uno dos tres cuatro", "cinco"]
    assert whatsapp_messages("a" * 45, 20) == ["a" * 20, "a" * 20, "a" * 5]


def test_a_price_is_not_parted_from_its_sign_by_a_space_that_says_so():
    assert whatsapp_messages("Vale hoy nada más 15\u00a0€ en total", 20) == [
        "Vale hoy nada más",
        "15\u00a0€ en total",
    ]


def test_a_link_that_fits_into_a_message_is_not_cut():
    link = "https://x.es/" + "a" * 900

    assert whatsapp_messages("palabra " * 120 + link) == [("palabra " * 120).strip(), link]


@pytest.mark.parametrize(
    "emoji", ["👩‍👩‍👧‍👦", "🇪🇸", "👍🏽", "❤️", "e\u0301", "🏴\U000e0067\U000e0062\U000e007f"]
)
def test_no_cut_falls_into_what_is_drawn_as_one_character(emoji):
    for before in range(20):
        messages = whatsapp_messages("a" * before + emoji * 9, 20)

        assert all(len(message.lstrip("a")) % len(emoji) == 0 for message in messages)


def test_what_is_longer_than_a_message_is_cut_all_the_same():
    assert whatsapp_messages("e" + "\u0301" * 50, 20) == ["e" + "\u0301" * 19]


def test_a_limit_that_no_character_might_fit_is_refused():
    with pytest.raises(ValueError, match="at least 20"):
        whatsapp_messages("hola", SHORTEST_LIMIT - 1)


@pytest.mark.parametrize(
    "scrap", ["palabra ", "**a** ", "*a ", "[", "[a](", "`", "<", "> ", "- ", "|", "😀", " ", "_*~"]
)
def test_time_does_not_run_away_with_the_length(scrap):
    assert not grows_too_fast(whatsapp_messages, scrap)
