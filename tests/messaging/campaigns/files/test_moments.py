"""What the people of a list are reminded of, from the columns of their lines."""

from datetime import date, datetime

import pytest

from messaging.campaigns.files.variables import parse_text
from tests.messaging.campaigns.files.made_files import DATE, MOMENT, TIME, read, row, said, sheet, xlsx

ON_THURSDAY = datetime.fromisoformat("2026-12-03 17:30")


def moments(data, text, **wanted):
    found, problems = read(data, moment=parse_text(text), **wanted)
    assert not problems
    return [each.moment for each in found]


def test_dates_are_read_in_the_order_of_the_profiles_region():
    data = "phone,fecha\n+34600000001,3/12/2026\n+34600000002,2026-12-03\n"

    assert moments(data, "{fecha}") == [date(2026, 12, 3), date(2026, 12, 3)]
    assert moments(data, "{fecha}", language="en-US") == [date(2026, 3, 12), date(2026, 12, 3)]


def test_day_and_hour_are_put_together():
    assert moments("phone,Fecha,Hora\n600000001,3/12/2026,17:30 h\n", "{fecha} {hora}") == [ON_THURSDAY]


def test_moments_of_workbooks_are_what_they_are_there():
    header = row(1, "phone", "cita", "fecha", "hora")
    line = row(
        2,
        '<c r="A2" t="str"><v>+34600000001</v></c>',
        46359.729166666664,
        46359,
        0.729166666666667,
        styles=[0, MOMENT, DATE, TIME],
    )

    for language in ("es-ES", "en-US"):
        assert moments(xlsx(sheet(header, line)), "{cita}", language=language) == [ON_THURSDAY]
    assert moments(xlsx(sheet(header, line)), "{fecha} {hora}") == [ON_THURSDAY]


def test_nobody_is_reminded_of_anything_without_a_rule():
    assert [each.moment for each in read("phone,fecha\n600000001,x\n")[0]] == [None]


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("", 'Line 2: the column "fecha", which the reminder needs, is empty.'),
        ("3/12/26", "Line 2: 3/12/26 may be several dates: write the year with four digits."),
        ("12/25/2026", "Line 2: 12/25/2026 is no date: write it as 31/12/2026, with or without a time."),
        ("pronto", "Line 2: pronto is no date: write it as 31/12/2026, with or without a time."),
    ],
)
def test_a_date_that_cannot_be_relied_on_is_a_problem_of_the_line(written, sentence):
    assert said(f"phone,fecha\n600000001,{written}\n", moment=parse_text("{fecha}")) == [sentence]


def test_a_column_of_dates_that_is_missing_is_said_once():
    assert said("phone,día\n600000001,x\n600000002,y\n", moment=parse_text("{fecha}")) == [
        'people.csv has no column "fecha": it has phone, día.'
    ]
