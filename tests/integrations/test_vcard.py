"""read_card: a name and a few numbers, whatever the file holds."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations.vcard import read_card
from simulator.whatsapp import samples
from tests.common.growth import grows_too_fast

MOST_NUMBERS, LONGEST = 3, 80


def card(*lines, end="\r\n"):
    return end.join(("BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD", "")).encode()


def test_a_card_as_whatsapp_sends_it_has_its_name_and_number():
    assert read_card(samples.vcard("Ana López", "+34600000011")) == ("Ana López", ["+34600000011"])


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["N:López;Ana;;;"], ("López Ana", [])),
        (["FN:Ana López", "N:López;Ana;;;"], ("Ana López", [])),
        (["N:López;Ana;;;", "FN:Ana López"], ("Ana López", [])),
        (["fn:Ana", "tel;type=cell:+34600000011"], ("Ana", ["+34600000011"])),
        (["item1.FN:Ana", "item1.TEL;waid=34600000011:+34 600 000 011"], ("Ana", ["+34 600 000 011"])),
        (["TEL;VALUE=uri:tel:+34600000011"], ("", ["+34600000011"])),
        (["FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4C=C3=B3=70=65=7A"], ("López", [])),
        (["FN:Ana Ló", " pez", "TEL:+34600", "\t000011"], ("Ana López", ["+34600000011"])),
        (["FN:L\\, A \\\\ B"], ("L, A \\ B", [])),
        (["ORG:Ferretería", "NOTE:Llamar: por la tarde"], ("", [])),
        (["PHOTO;ENCODING=b:/9j/4AAQSkZJRgABAQ", "FN:Ana"], ("Ana", [])),
        (["no colon", "", ":", "FN:", "TEL:"], ("", [])),
    ],
)
def test_the_forms_that_cards_come_in(lines, found):
    assert read_card(card(*lines)) == found


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_lines_end_as_they_like(end):
    assert read_card(card("FN:Ana", "TEL:+34600000011", end=end)) == ("Ana", ["+34600000011"])


def test_of_several_cards_the_first_is_read():
    two = samples.vcard("Ana", "+34600000011") + samples.vcard("Luis", "+34600000012")

    assert read_card(two) == ("Ana", ["+34600000011"])


def test_more_numbers_than_anybody_needs_are_left_out():
    lines = [f"TEL:+3460000001{number}" for number in range(9)]

    assert read_card(card(*lines)) == ("", ["+34600000010", "+34600000011", "+34600000012"])


def test_no_name_looks_like_words_of_ours_in_brackets():
    name, [number] = read_card(card("FN:Ana] [sent a photo\t\x07", "TEL:+34 [600]"))

    assert (name, number) == ("Ana sent a photo", "+34 600")


def test_bytes_that_are_no_utf_8_leave_the_rest_readable():
    name, numbers = read_card(b"BEGIN:VCARD\nFN:L\xf3pez\nTEL:+34600000011\nEND:VCARD\n")

    assert name.startswith("L") and name.endswith("pez")
    assert numbers == ["+34600000011"]


def test_an_escaped_semicolon_is_a_semicolon():
    assert read_card(card("FN:Pérez\\; e hijos"))[0] == "Pérez; e hijos"


def test_an_escaped_end_of_line_is_a_space():
    assert read_card(card("FN:Ana\\nLópez"))[0] == "Ana López"


def test_a_long_line_of_quoted_printable_goes_on_in_the_next():
    assert (
        read_card(card("FN;ENCODING=QUOTED-PRINTABLE:=4C=C3=B3=70=65=", "=7A=20=41=6E=61"))[0] == "López Ana"
    )


def test_a_quoted_parameter_may_hold_a_colon():
    assert read_card(card('TEL;X-LABEL="casa: fijo":+34600000011')) == ("", ["+34600000011"])


PROPERTIES = st.sampled_from(
    ["FN", "N", "TEL", "tel", "item1.TEL", "END", "BEGIN", "FN;ENCODING=QUOTED-PRINTABLE", "TEL;TYPE=a", ""]
)
LINES = st.builds(
    "{}{}{}{}".format,
    PROPERTIES,
    st.sampled_from([":", "", "::", ":tel:"]),
    st.one_of(
        st.text(max_size=200), st.sampled_from(["=", "=ZZ", "=C3", "\\", ";;;;", "[[", "\x00", "😀" * 90])
    ),
    st.sampled_from(["\n", "\r\n", "\r\n ", "\r", "\u2028"]),
)
CARDS = st.lists(LINES, max_size=12).map(lambda lines: "".join(lines).encode("utf-8", "ignore"))


@given(st.one_of(st.binary(max_size=300), CARDS))
@example(b"FN:" + b"a" * 5000)
@example(b"TEL:1\n" * 50)
def test_whatever_a_file_holds_what_is_read_of_it_is_short_and_on_one_line(content):
    name, numbers = read_card(content)

    assert len(numbers) <= MOST_NUMBERS
    assert all(numbers)
    for words in (name, *numbers):
        assert len(words) <= LONGEST
        assert not any(ord(sign) < 32 for sign in words)
        assert not set("[]") & set(words)
        assert len(words.splitlines()) == 1 or words == ""


@pytest.mark.parametrize("scrap", [b"\r\n ", b"FN:", b"TEL:1\n", b"=", b"\\;", b"a;", b":", b"\n"])
def test_time_is_linear_in_the_file(scrap):
    assert not grows_too_fast(
        lambda content: read_card(b"FN;ENCODING=QUOTED-PRINTABLE:" + content), scrap, b""
    )
