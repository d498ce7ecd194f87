"""Lists as text: encodings, separators, quotes and ends of lines, as programs write them."""

import pytest

from messaging.campaigns.files.problem_messages import file_sentence
from messaging.campaigns.files.problems import FileError, FileProblem
from messaging.campaigns.files.tables import read_table
from tests.messaging.campaigns.files.made_files import lines_of, reached, said

PEOPLE = "Teléfono,Nombre\n600000001,Íñigo\n600000002,Zoë\n"
FOUND = (["Teléfono", "Nombre"], [(2, ["600000001", "Íñigo"]), (3, ["600000002", "Zoë"])])


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_list_is_read_in_every_usual_encoding_and_with_every_end_of_lines(encoding, end):
    assert lines_of(PEOPLE.replace("\n", end).encode(encoding)) == FOUND


def test_a_byte_order_mark_of_either_order_is_read():
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert lines_of(mark + PEOPLE.encode(encoding)) == FOUND


def test_letters_after_the_first_64_kb_decide_on_the_encoding_too():
    many = "phone,name\n" + "600000001,Ana\n" * 10_000 + "600000002,Íñigo\n"

    for encoding in ("utf-8", "latin-1"):
        assert lines_of(many.encode(encoding))[1][-1] == (10_002, ["600000002", "Íñigo"])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_list_is_read_with_every_usual_separator(separator):
    assert lines_of(PEOPLE.replace(",", separator).encode()) == FOUND


def test_commas_in_amounts_and_texts_are_no_separators_of_a_list_with_semicolons():
    columns, lines = lines_of(b"phone;price;words\n600000001;45,50;a, b, c\n600000002;3,20;d, e, f\n")

    assert columns == ["phone", "price", "words"]
    assert lines[0] == (2, ["600000001", "45,50", "a, b, c"])


def test_excels_own_line_names_the_separator():
    assert lines_of(b"sep=|\r\nphone|a;b;c;d\r\n600000001|1;2;3;4\r\n") == (
        ["phone", "a;b;c;d"],
        [(3, ["600000001", "1;2;3;4"])],
    )


def test_a_list_of_numbers_alone_is_a_table():
    assert reached("telefono\n600 000 001\n600 000 002\n") == ["+34600000001", "+34600000002"]


def test_quoted_values_have_separators_quotes_and_lines_in_them():
    data = b'phone,name,note\n600000001,"Gil, Ana","says ""hi""\r\nand bye"\n600000002, "Luis",\n'

    assert lines_of(data)[1] == [
        (2, ["600000001", "Gil, Ana", 'says "hi"\r\nand bye']),
        (4, ["600000002", "Luis", ""]),
    ]


def test_empty_lines_count_as_lines_and_are_nothing_else():
    assert lines_of(b"\n\n,,\nphone,name\n\n600000001,Ana\n , \n\n600000002,Luis\n\n\n") == (
        ["phone", "name"],
        [(6, ["600000001", "Ana"]), (9, ["600000002", "Luis"])],
    )


def test_invisible_characters_around_values_go_and_those_within_emoji_stay():
    data = "phone,name\n\u202a+34 600 000 001\u202c,\u200bAna\xa0\n600000002,👩\u200d🔧\n".encode()

    assert [cells for _, cells in lines_of(data)[1]] == [
        ["+34 600 000 001", "Ana"],
        ["600000002", "👩\u200d🔧"],
    ]
    assert reached(data) == ["+34600000001", "+34600000002"]


def test_a_quote_that_is_not_closed_swallows_nobody_without_a_word():
    data = 'phone,name\n600000001,"Ana\n600000002,"Luis"\n600000003,Eva\n'

    assert reached(data) == ["+34600000003"]
    assert said(data) == [
        "Lines 2 to 3: a quotation mark is not closed, or stands within a text: remove it, or write it twice."
    ]


def test_a_quote_that_is_closed_nowhere_is_said_with_all_the_lines_behind_it():
    data = 'phone,name\n600000001,Ana\n600000002,"Luis\n' + "600000003,Eva\n" * 5

    assert reached(data) == ["+34600000001"]
    assert said(data, language="es") == [
        "Líneas 3 a 8: hay unas comillas sin cerrar, o en medio de un texto: quítelas o escríbalas dos veces."
    ]


def test_after_a_quote_too_long_to_be_a_value_reading_goes_on():
    data = 'phone,name\n600000001,"Ana\n' + "600000002,Luis\n" * 10_000 + "600000003,Eva\n"

    assert reached(data)[-1] == "+34600000003"
    assert said(data)[0].startswith("Lines 2 to ")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", FileProblem.EMPTY),
        (b"\xef\xbb\xbf\r\n\r\n , ;\n".replace(b";", b""), FileProblem.EMPTY),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 4, FileProblem.NO_TABLE),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", FileProblem.NO_TABLE),
        (b"<html><table><tr><td>600000001", FileProblem.NO_TABLE),
        (b"\xff\xfephone\nA\xd8\n", FileProblem.NO_TABLE),
        (b'phone,"name\n600000001,Ana\n', FileProblem.BAD_HEADER),
        (b",".join(b"a" for _ in range(257)), FileProblem.TOO_MANY_COLUMNS),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), FileProblem.OLD_EXCEL),
        (b"a" * (32 * 1024 * 1024 + 1), FileProblem.TOO_LARGE),
    ],
)
def test_what_is_no_list_is_refused(data, problem):
    with pytest.raises(FileError) as refused:
        read_table(data, "people.csv")

    assert refused.value.problem is problem


def test_text_that_breaks_off_being_text_is_refused_where_it_does():
    data = b"\xff\xfe" + ("phone,name\n" + "600000001,Ana\n" * 10_000).encode("utf-16-le") + b"\x00\xd8"

    with pytest.raises(FileError) as refused:
        lines_of(data)

    assert refused.value.problem is FileProblem.NO_TABLE


def test_more_lines_than_the_limit_are_refused_and_the_limit_said():
    table = read_table(b"phone\n" + b"600000001\n" * 100_001, "people.csv")

    with pytest.raises(FileError) as refused:
        for _ in table.lines():
            pass
    assert file_sentence(refused.value).said_in("en") == (
        "people.csv has more than 100000 lines, which are the limit: divide it into several files."
    )


def test_a_file_is_read_by_its_path_and_one_that_is_not_there_is_said(tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE, "utf-8")

    assert read_table(file).name == "people.csv"
    assert [line.cells for line in read_table(file).lines()] == [cells for _, cells in FOUND[1]]
    with pytest.raises(FileError) as refused:
        read_table(tmp_path / "nobody.csv")
    assert refused.value.problem is FileProblem.UNREADABLE


def test_progress_is_told_by_lines_and_by_the_part_of_the_file():
    table = read_table(("phone\n" + "600000001\n" * 5_000).encode(), "people.csv")
    told = []

    for _ in table.lines(lambda lines, share: told.append((lines, share))):
        pass

    assert [lines for lines, _ in told] == [1000, 2000, 3000, 4000, 5000]
    assert sorted(told) == told and 0.1 < told[0][1] < 0.4 and told[-1][1] == 1.0
