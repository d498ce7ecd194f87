"""What counts as the same text: keywords, requests and questions are compared in this form."""

import unicodedata

import pytest

from integrations.plain_text import folded, plain_words, sendable


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("¿Sí?", "si"),
        ("  MAÑANA -- por_la  tarde… ", "manana por la tarde"),
        ("Não, Grüße", "nao grusse"),
        ("ba\u00adja", "baja"),
        ("STOP\u200b \u2764\ufe0f", "stop"),
        ("cafe\u0301 nº 5", "cafe no 5"),
        ("𝐁𝐀𝐉𝐀", "baja"),
        ("¡¿…?!", ""),
    ],
)
def test_words_are_what_is_left_without_case_accents_and_signs(text, plain):
    assert plain_words(text) == plain


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Ana \u202elaer\u202c", "Ana laer"),
        ("\u2067Ana\u2069 \ufffe\uffff\x00\ud800", "Ana "),
        ("línea\n\tdos\r\n", "línea\n\tdos\r\n"),
        ("hola\U000e0049\U000e0067\U000e006e\u2060\u200b\U0010fffe\ufff9!", "hola!"),
        (
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f ❤️",
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f ❤️",
        ),
        ("مرحبا 👩‍👩‍👧‍👦 \u200f!", "مرحبا 👩‍👩‍👧‍👦 \u200f!"),
    ],
)
def test_what_breaks_or_turns_around_a_text_or_is_unseen_is_not_sent(written, sent):
    assert sendable(written) == sent


def test_latin_letters_are_folded_one_by_one_as_unicode_says():
    for code in (*range(0xA0), *range(0xAE, 0x250), *range(0x1E00, 0x1F00)):
        decomposed = unicodedata.normalize("NFKD", chr(code).casefold())
        assert folded(chr(code)) == "".join(c for c in decomposed if not unicodedata.combining(c))
