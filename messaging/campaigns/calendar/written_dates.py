"""Reads dates and times as people and programs write them in files."""

import re
from datetime import date, datetime, time
from enum import StrEnum

_DATE = re.compile(r"(\d{1,4})([-/.])(\d{1,2})(?:\2(\d{1,4}))?")
_TIME = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d\d))?(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
    r"(?: ?(?P<half>[ap])\.? ?m\.?| ?(?P<unit>h|hs|hrs?|horas?)\.?)?",
    re.IGNORECASE,
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?", re.ASCII)
_BETWEEN = re.compile(r"[T ,]+(?:a las? |at )?", re.IGNORECASE)


class DateProblem(StrEnum):
    """The reasons for which a text is no date that can be relied on."""

    NO_DATE = "no_date"
    UNCLEAR = "unclear_date"


class DateError(ValueError):
    """A text is no date, or may be several."""

    def __init__(self, problem: DateProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


def read_moment(text: str, *, is_day_first: bool) -> date | datetime:
    """Return a date, with its time if one is given; aware only where the text has an offset from UTC.

    is_day_first: whether 3/12/2026 is in December. Raises DateError: UNCLEAR for a date without a year of four digits.
    """
    text = " ".join(text.split())
    if _ISO.fullmatch(text):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            pass  # 2026-12-03 17:30 h
        else:
            return moment if len(text) > len("2026-12-03") else moment.date()
    found = _DATE.match(text)
    if found is None:
        raise DateError(DateProblem.NO_DATE)
    day, rest = _day(found, is_day_first), text[found.end() :]
    if not rest:
        return day
    between = _BETWEEN.match(rest)
    return datetime.combine(day, _time(rest[between.end() :] if between else "?"))


def _day(found: re.Match[str], is_day_first: bool) -> date:
    first, second, third = found[1], found[3], found[4]
    if third is None or (len(first) != 4 and len(third) != 4):
        raise DateError(DateProblem.UNCLEAR)
    if len(first) == 4:
        year, month, day = first, second, third
    elif is_day_first:
        day, month, year = first, second, third
    else:
        month, day, year = first, second, third
    try:
        return date(int(year), int(month), int(day))
    except ValueError as error:
        raise DateError(DateProblem.NO_DATE) from error


def _time(text: str) -> time:
    found = _TIME.fullmatch(text)
    if found is None or not (found["minute"] or found["half"] or found["unit"]):
        raise DateError(DateProblem.NO_DATE)
    hour = int(found["hour"])
    if half := found["half"]:
        if not 1 <= hour <= 12:
            raise DateError(DateProblem.NO_DATE)
        hour = hour % 12 + (12 if half in "pP" else 0)
    try:
        return time(hour, int(found["minute"] or 0), int(found["second"] or 0))
    except ValueError as error:
        raise DateError(DateProblem.NO_DATE) from error
