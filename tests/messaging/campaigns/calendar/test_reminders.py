"""When reminders are due."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from messaging.campaigns.calendar.reminders import RuleError, due, over_at, parse_rule
from messaging.campaigns.files.problem_messages import rule_sentence

MADRID = ZoneInfo("Europe/Madrid")
MOMENT = datetime.fromisoformat("2026-12-03 17:30")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def reminded(moment, rule="24h {fecha}", now=NOW, zone=MADRID):
    found = due(moment, parse_rule(rule), zone, now=now)
    return found and found.isoformat()


@pytest.mark.parametrize(
    ("written", "days", "span"),
    [
        ("24h {fecha}", 0, timedelta(hours=24)),
        ("24 h before {fecha}", 0, timedelta(hours=24)),
        ("24 horas antes de {fecha}", 0, timedelta(hours=24)),
        ("2 días antes del {fecha}", 2, timedelta()),
        ("1 day before {date}", 1, timedelta()),
        ("1d{fecha}", 1, timedelta()),
        ("30min {fecha}", 0, timedelta(minutes=30)),
        ("90 minutos antes de {fecha}", 0, timedelta(minutes=90)),
    ],
)
def test_a_rule_is_read_as_people_write_it(written, days, span):
    rule = parse_rule(written)

    assert (rule.days, rule.span) == (days, span)
    assert len(rule.moment.columns) == 1


def test_day_and_hour_may_be_in_two_columns():
    assert parse_rule("24h before {fecha} {hora}").moment.columns == ("fecha", "hora")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "24h",
        "{fecha}",
        "h {fecha}",
        "24x {fecha}",
        "24h {fecha",
        "24h {}",
        "-1h {fecha}",
        "24h after {fecha}",
    ],
)
def test_a_rule_that_is_none_is_said(written):
    with pytest.raises(RuleError) as refused:
        parse_rule(written)

    assert rule_sentence(refused.value).said_in("en") == (
        f'{written}: write how long before which column, such as "24h {{date}}" or "2 days {{date}} {{time}}".'
    )


def test_a_reminder_is_due_so_long_before_by_the_clock_of_the_person():
    assert reminded(MOMENT) == "2026-12-02T16:30:00+00:00"
    assert reminded(MOMENT, zone=ZoneInfo("America/New_York")) == "2026-12-02T22:30:00+00:00"
    assert reminded(date(2026, 12, 3)) == "2026-12-01T23:00:00+00:00"


def test_an_offset_in_the_file_counts_before_the_persons_zone():
    assert reminded(MOMENT.replace(tzinfo=UTC)) == "2026-12-02T17:30:00+00:00"


def test_hours_are_by_the_clock_and_days_by_the_calendar_where_summer_time_ends():
    moment = datetime.fromisoformat("2026-10-25 17:30")

    assert reminded(moment, "24h {fecha}") == "2026-10-24T16:30:00+00:00"
    assert reminded(moment, "1d {fecha}") == "2026-10-24T15:30:00+00:00"


def test_what_is_past_is_not_reminded_of():
    assert reminded(MOMENT, now=datetime(2026, 12, 2, 16, 30, tzinfo=UTC)) is not None
    assert reminded(MOMENT, now=datetime(2026, 12, 2, 16, 30, 1, tzinfo=UTC)) is None
    assert reminded(datetime.fromisoformat("0001-01-01"), "9999d {fecha}") is None


@pytest.mark.parametrize(
    ("moment", "over"),
    [
        (MOMENT, "2026-12-03T16:30:00+00:00"),
        (date(2026, 12, 3), "2026-12-03T23:00:00+00:00"),
        (date(2026, 3, 28), "2026-03-28T23:00:00+00:00"),
        (date(2026, 3, 29), "2026-03-29T22:00:00+00:00"),  # a day of 23 hours
        (datetime.fromisoformat("2026-12-03T17:30-05:00"), "2026-12-03T22:30:00+00:00"),
        (date(9999, 12, 31), "9999-12-31T00:00:00+00:00"),
    ],
)
def test_what_it_is_about_is_over_when_it_begins_or_with_its_day(moment, over):
    assert over_at(moment, MADRID).isoformat() == over
