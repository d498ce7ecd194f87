"""Lists as Excel workbooks: cells of every kind, and files that are broken or made to break who reads them."""

import zipfile
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path

import pytest

from messaging.campaigns.files.problems import FileError, FileProblem
from messaging.campaigns.files.sheets import is_date_format
from messaging.campaigns.files.tables import read_table
from tests.messaging.campaigns.files.made_files import (
    DATE,
    EUROS,
    MOMENT,
    TIME,
    lines_of,
    reached,
    relations,
    row,
    said,
    sheet,
    xlsx,
)

HEADER = row(1, "phone", "value")


def values(*cells, styles=(), **options):
    """What is read from the cells of a line."""
    _, lines = lines_of(xlsx(sheet(row(1, *"abcdef"), row(2, *cells, styles=styles)), **options))
    return lines[0][1]


def test_numbers_are_read_as_they_are_meant():
    assert values(600000001, "600000001.0", "3.4600000001E10", 45.5, "45.100000000000001", 0) == [
        "600000001",
        "600000001.0",  # a text
        "3.4600000001E10",
        45.5,
        "45.100000000000001",
        "0",
    ]
    raw = [
        f'<c r="{column}2"><v>{each}</v></c>'
        for column, each in zip("ABC", ("600000001.0", "3.4600000001E10", "45.100000000000001"), strict=True)
    ]
    assert values(*raw) == ["600000001", "34600000001", 45.1]


def test_dates_and_times_are_read_by_the_style_of_their_cell():
    assert values(
        46359, 46359.729166666664, 46359.5, 0.729166666666667, styles=[DATE, MOMENT, EUROS, TIME]
    ) == [
        date(2026, 12, 3),
        datetime.fromisoformat("2026-12-03 17:30"),
        46359.5,
        time(17, 30),
    ]


@pytest.mark.parametrize(
    "file", sorted((Path(__file__).parent / "written").glob("*.xlsx")), ids=lambda file: file.stem
)
def test_what_other_programs_write_is_read_as_it_was_meant(file):
    table = read_table(file)

    assert table.columns[:2] == ("600000001", 'Ana "x" <b>&')
    assert table.columns[2:7] == ("2026-12-03 17:30:00", "2026-12-03", "09:15:00", "45.1", "TRUE")
    assert table.columns[7:] == ("sp", "-3", "100000000000000000000", "línea dos")
    assert [line.cells for line in table.lines()] == [
        ["600000002", "", "", "", "", 0.3, "FALSE", "東京", "", "0"]
    ]


def test_dates_of_books_that_count_from_1904_are_right():
    book = '<workbookPr date1904="1"/>'

    assert values(44897, styles=[DATE], book=book) == [date(2026, 12, 3)]


def test_dates_that_no_calendar_has_are_numbers():
    assert values(1e12, -5, styles=[DATE, DATE]) == ["1000000000000", "-5"]


@pytest.mark.parametrize(
    ("number", "code", "is_date"),
    [
        (14, None, True), (22, None, True), (0, None, False), (2, None, False), (9, None, False),
        (164, "dd/mm/yyyy", True), (164, "[$-C0A]d\\ \\d\\e\\ mmmm", True), (164, "[h]:mm:ss", True),
        (164, "h:mm AM/PM", True), (164, "General", False), (164, "#,##0.00 [$€-C0A]", False),
        (164, '0 "días"', False), (164, "[Red]0.00;[Yellow]-0.00", False), (164, "0.00E+00", False),
        (164, "@", False), (164, "0_d", False), (164, "0\\m", False),
    ],
)  # fmt: skip
def test_a_format_is_known_for_one_of_dates(number, code, is_date):
    assert is_date_format(number, code) is is_date


def test_shared_formula_rich_and_boolean_cells_are_read_and_errors_are_empty():
    strings = (
        "<si><t>Ana</t></si><si><r><t>Luis </t></r><r><t>Gil</t></r></si>"
        "<si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>"
    )
    cells = [
        '<c r="A2" t="s"><v>1</v></c>', '<c r="B2" t="s"><v>2</v></c>',
        '<c r="C2" t="str"><f>A1&amp;"x"</f><v>made</v></c>', '<c r="D2" t="b"><v>1</v></c>',
        '<c r="E2" t="e"><v>#N/A</v></c>', '<c r="F2" t="d"><v>2026-12-03T10:00:00</v></c>',
    ]  # fmt: skip

    assert values(*cells, strings=strings) == [
        "Luis Gil",
        "東京",
        "made",
        "TRUE",
        "",
        datetime.fromisoformat("2026-12-03 10:00"),
    ]


def test_cells_without_a_place_follow_each_other_and_gaps_are_empty():
    data = xlsx(sheet(HEADER, '<row><c><v>600000001</v></c></row><row r="9"><c r="C9"><v>1</v></c></row>'))

    assert lines_of(data)[1] == [(2, ["600000001"]), (9, ["", "", "1"])]


def test_the_first_sheet_that_is_shown_is_read():
    hidden, shown = sheet(row(1, "secret")), sheet(row(1, "phone"), row(2, 600000001))

    assert reached(xlsx(hidden, shown, states=["hidden"])) == ["+34600000001"]
    assert reached(xlsx(shown, hidden)) == ["+34600000001"]


def test_names_of_parts_are_found_in_any_case_and_with_the_slashes_of_windows():
    data = xlsx(sheet(HEADER, row(2, 600000001)))
    with zipfile.ZipFile(BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    odd = BytesIO()
    with zipfile.ZipFile(odd, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("xl/worksheets/sheet1", "XL\\Worksheets\\Sheet1"), content)

    assert reached(odd.getvalue()) == ["+34600000001"]


def test_cells_far_away_cost_nothing_and_are_too_many():
    """Two cells at the ends of what a sheet may have: 17,000 million between them."""
    far = '<row r="1048576"><c r="A1048576"><v>600000001</v></c><c r="XFD1048576"><v>2</v></c></row>'

    assert said(xlsx(sheet(HEADER, far))) == [
        "Line 1048576 has 257 values and the table 2 columns: put what has a separator in it in quotes."
    ]


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (xlsx(sheet(HEADER))[:-40], FileProblem.BROKEN),
        (xlsx(sheet(HEADER), **{"xl/styles.xml": "<styleSheet"}), FileProblem.BROKEN),
        (xlsx(sheet(HEADER), **{"xl/workbook.xml": "<workbook/>"}), FileProblem.BROKEN),
        (xlsx(sheet(HEADER, before=ENTITIES)), FileProblem.BROKEN),
        (xlsx(sheet('<row r="1"><c r="1" t="s"><v>5</v></c></row>')), FileProblem.BROKEN),
        (xlsx(sheet('<row r="1"><c r="A1" t="s"><v>5</v></c></row>')), FileProblem.BROKEN),
        (xlsx(sheet(f"<row><c><v>{'<b/>1' * 2000}</v></c></row>")), FileProblem.BROKEN),
        (xlsx(sheet(HEADER), **{"_rels/.rels": relations()}), FileProblem.NO_TABLE),
        (
            xlsx(sheet(HEADER), **{"_rels/.rels": relations(a=("officeDocument", "xl/workbook.bin"))}),
            FileProblem.OLD_EXCEL,
        ),
        (xlsx(sheet()), FileProblem.EMPTY),
    ],
    ids=range(10),
)
def test_what_is_no_workbook_is_refused(data, problem):
    with pytest.raises(FileError) as refused:
        list(read_table(data, "people.xlsx").lines())

    assert refused.value.problem is problem


def test_a_workbook_that_is_much_larger_than_its_file_is_refused():
    data = xlsx(sheet(), strings="<si><t>" + "a" * 70_000_000 + "</t></si>")

    with pytest.raises(FileError) as refused:
        read_table(data, "people.xlsx")

    assert refused.value.problem is FileProblem.TOO_LARGE


def test_a_workbook_with_a_password_on_its_parts_is_refused():
    data = bytearray(xlsx(sheet(HEADER)))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1  # the first part is said to be encrypted

    with pytest.raises(FileError) as refused:
        read_table(bytes(data), "people.xlsx")

    assert refused.value.problem is FileProblem.BROKEN


def test_progress_of_a_workbook_is_told():
    table = read_table(
        xlsx(sheet(HEADER, *(row(n, 600000001, "x" * 50) for n in range(2, 5002)))), "people.xlsx"
    )
    told = []

    list(table.lines(lambda lines, share: told.append((lines, share))))

    assert [lines for lines, _ in told] == [1000, 2000, 3000, 4000, 5000]
    assert sorted(told) == told and 0 < told[0][1] < told[-1][1] <= 1
