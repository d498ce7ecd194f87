"""A plot by the hour, and by the day where moments are spread over many hours."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard.charts.hours import by_hour

MADRID, NOON = ZoneInfo("Europe/Madrid"), datetime(2026, 11, 30, 11, 0, tzinfo=UTC)


def test_nothing_is_no_plot():
    assert by_hour([], MADRID) is None


def test_each_hour_has_its_count_in_the_business_zone_and_few_hours_are_filled_up():
    plot = by_hour([NOON + timedelta(minutes=n) for n in (0, 59, 61, 190)], MADRID)

    assert [(bar.day.hour, bar.count) for bar in plot.bars] == [
        (12, 2),
        (13, 1),
        (14, 0),
        (15, 1),
        (16, 0),
        (17, 0),
    ]


def test_the_hour_that_comes_twice_in_autumn_is_two_bars():
    twice = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    plot = by_hour([twice, twice + timedelta(hours=1)], MADRID)

    assert [(bar.day.hour, bar.count) for bar in plot.bars][:2] == [(2, 1), (2, 1)]


def test_what_is_spread_over_more_than_two_days_is_plotted_by_the_day():
    plot = by_hour([NOON, NOON + timedelta(days=3), NOON + timedelta(days=3, hours=12)], MADRID)

    assert [(bar.day, bar.count) for bar in plot.bars] == [
        (date(2026, 11, 30), 1), (date(2026, 12, 1), 0), (date(2026, 12, 2), 0), (date(2026, 12, 3), 1),
        (date(2026, 12, 4), 1),
    ]  # fmt: skip


def test_of_very_many_days_the_last_are_plotted():
    plot = by_hour([NOON, NOON + timedelta(days=400)], MADRID)

    assert len(plot.bars) == 60 and plot.bars[-1].count == 1
