"""When reminders are due: so long before a date that stands in somebody's line of the list."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from messaging.campaigns.files.variables import Text, VariableError, parse_text

_RULE = re.compile(
    r"(?P<number>\d{1,4}) ?(?P<unit>m|min|minutes?|minutos?|h|hours?|horas?|d|days?|d\was?)\.?"
    r"(?: (?:before|antes(?: del?)?))? ?(?P<moment>\{.*)",
    re.IGNORECASE,
)


class RuleProblem(StrEnum):
    """An error in how a rule is written."""

    FORM = "reminder_form"


class RuleError(ValueError):
    """A rule is written wrongly. written: the text as it was given."""

    def __init__(self, written: str) -> None:
        super().__init__(RuleProblem.FORM)
        self.written = written


@dataclass(frozen=True)
class ReminderRule:
    """How long before the moment in somebody's line they are reminded.

    days: by the calendar, at the same hour. span: by the clock. moment: the columns that have the moment.
    """

    days: int
    span: timedelta
    moment: Text


def parse_rule(written: str) -> ReminderRule:
    """Return a rule such as "24 h before {date}", "2 días antes de {fecha} {hora}" or "30min {date}".

    Raises RuleError.
    """
    found = _RULE.fullmatch(" ".join(written.split()))
    if found is None:
        raise RuleError(written)
    try:
        moment = parse_text(found["moment"])
    except VariableError as error:
        raise RuleError(written) from error
    number, unit = int(found["number"]), found["unit"][0].lower()
    if unit == "d":
        return ReminderRule(number, timedelta(), moment)
    return ReminderRule(0, timedelta(hours=number) if unit == "h" else timedelta(minutes=number), moment)


def over_at(moment: date | datetime, zone: ZoneInfo) -> datetime:
    """Return when what somebody is reminded of begins, aware, in UTC; of a date alone, when the day is over."""
    try:
        if isinstance(moment, datetime):
            return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
        return datetime.combine(moment + timedelta(days=1), time(), zone).astimezone(UTC)
    except OverflowError:  # in the year 9999, or 1
        return datetime.combine(moment, time(), UTC)


def due(moment: date | datetime, rule: ReminderRule, zone: ZoneInfo, *, now: datetime) -> datetime | None:
    """Return when somebody is reminded of a moment, aware, in UTC; None if that is past.

    moment: a date is its beginning; what has no offset of its own is by the clock of `zone`. now: aware.
    """
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    local = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    try:
        found = (local - timedelta(days=rule.days)).astimezone(UTC) - rule.span
    except OverflowError:  # before the year 1
        return None
    return found if found >= now else None
