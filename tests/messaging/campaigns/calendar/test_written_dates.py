"""Dates and times as they stand in files."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.campaigns.calendar.written_dates import DateError, DateProblem, read_moment
from tests.examples import examples

DAY = date(2026, 12, 3)
MOMENT = datetime.fromisoformat("2026-12-03 17:30")


@pytest.mark.parametrize(
    "text", ["2026-12-03", "03/12/2026", "3/12/2026", "3-12-2026", "03.12.2026", "2026/12/3", " 3/12/2026 "]
)
def test_a_day_is_read(text):
    assert read_moment(text, is_day_first=True) == DAY
    assert not isinstance(read_moment(text, is_day_first=True), datetime)


def test_the_month_is_first_where_it_is_written_so():
    assert read_moment("12/03/2026", is_day_first=False) == DAY
    assert read_moment("2026-12-03", is_day_first=False) == DAY


@pytest.mark.parametrize(
    "text",
    ["2026-12-03 17:30", "2026-12-03T17:30", "2026-12-03T17:30:00", "2026-12-03 17:30:00.000", "3/12/2026 17:30",
     "3/12/2026, 17.30", "3/12/2026 17:30 h", "3/12/2026 17h30",
     "3/12/2026 a las 17:30", "3/12/2026 5:30 pm", "3/12/2026 5:30 p. m.",
     "3/12/2026 05:30:00 PM", "2026-12-03 17:30 hrs.", "3/12/2026  17:30:00"],
)  # fmt: skip
def test_a_moment_is_read(text):
    assert read_moment(text, is_day_first=True) == MOMENT


@pytest.mark.parametrize(
    ("text", "hour"), [("12 am", 0), ("12:15 pm", 12), ("1 a.m.", 1), ("9h", 9), ("0:05", 0)]
)
def test_hours_of_half_days_are_read(text, hour):
    assert read_moment(f"3/12/2026 {text}", is_day_first=True).hour == hour


def test_an_offset_is_kept():
    assert read_moment("2026-12-03T17:30:00+01:00", is_day_first=True) == MOMENT.replace(
        tzinfo=timezone(timedelta(hours=1))
    )
    assert read_moment("2026-12-03T16:30:00Z", is_day_first=True).utcoffset() == timedelta()


@pytest.mark.parametrize("text", ["3/12/26", "3/12/202", "3/12", "26-12-03", "03-12", "3/12/26 17:30"])
def test_a_date_that_may_be_several_is_unclear(text):
    with pytest.raises(DateError) as refused:
        read_moment(text, is_day_first=True)

    assert refused.value.problem is DateProblem.UNCLEAR


@pytest.mark.parametrize(
    "text",
    ["", "mañana", "31/02/2026", "12/25/2026", "2026-13-01", "2026-12-03 25:00", "3/12/2026 17", "3/12/2026 13 pm",
     "3/12/2026x",
     "0000-01-01", "3/12/2026 17:30 o así", "2026-12-0317:30", "600000001", "2026-12-03 17:30+99:00"],
)  # fmt: skip
def test_what_is_no_date_is_said(text):
    with pytest.raises(DateError) as refused:
        read_moment(text, is_day_first=True)

    assert refused.value.problem is DateProblem.NO_DATE


@given(
    st.datetimes(datetime.fromisoformat("1000-01-01")).map(
        lambda each: each.replace(second=0, microsecond=0)
    ),
    st.booleans(),
)
@examples(100)
def test_what_is_written_in_a_usual_form_is_read_back(moment, is_day_first):
    day = f"{moment.day}/{moment.month}" if is_day_first else f"{moment.month}/{moment.day}"

    for text in (f"{day}/{moment:%Y %H:%M}", moment.isoformat(), moment.isoformat(" ")):
        assert read_moment(text, is_day_first=is_day_first) == moment


@given(st.text("0123456789/-.: TZhapm+", max_size=25) | st.text(max_size=12), st.booleans())
@examples(300)
def test_any_text_is_a_date_or_a_problem(text, is_day_first):
    try:
        assert isinstance(read_moment(text, is_day_first=is_day_first), date)
    except DateError as error:
        assert error.problem in DateProblem
