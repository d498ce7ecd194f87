"""A plot by the hour, and by the day where moments are spread over many hours."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from dashboard.charts.hours import by_hour

MADRID, NOON = ZoneInfo("Europe/Madrid"), datetime(2026, 11, 30, 11, 0, tzinfo=UTC)
KATHMANDU = ZoneInfo("Asia/Kathmandu")  # 5:45 ahead of UTC
QUARTER = timedelta(minutes=15)


def plotted(*moments, zone=MADRID):
    """Plot moments, counted one by one."""

    def count(edges):
        return [sum(begin <= at < end for at in moments) for begin, end in pairwise(edges)]

    return by_hour((min(moments), max(moments)) if moments else None, count, zone)


def test_nothing_is_no_plot():
    assert plotted() is None


def test_each_hour_has_its_count_in_the_business_zone_and_few_hours_are_filled_up():
    plot = plotted(*(NOON + timedelta(minutes=n) for n in (0, 59, 61, 190)))

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

    plot = plotted(twice, twice + timedelta(hours=1))

    assert [(bar.day.hour, bar.count) for bar in plot.bars][:2] == [(2, 1), (2, 1)]


def test_the_hour_that_is_missing_in_spring_is_no_bar():
    before = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)

    plot = plotted(before, before + timedelta(hours=1))

    assert [(bar.day.hour, bar.count) for bar in plot.bars][:2] == [(1, 1), (3, 1)]


def test_where_clocks_are_no_whole_hours_ahead_hours_begin_by_the_clock_there():
    noon_there = datetime(2026, 11, 30, 12, 0, tzinfo=KATHMANDU).astimezone(UTC)

    plot = plotted(noon_there, noon_there + timedelta(minutes=59), noon_there - QUARTER, zone=KATHMANDU)

    assert [(f"{bar.day:%H:%M}", bar.count) for bar in plot.bars][:2] == [("11:00", 1), ("12:00", 2)]


def test_where_clocks_are_no_whole_hours_ahead_days_begin_by_the_clock_there():
    midnight_there = datetime(2026, 12, 1, tzinfo=KATHMANDU).astimezone(UTC)

    plot = plotted(
        midnight_there - QUARTER, midnight_there, midnight_there + timedelta(days=3), zone=KATHMANDU
    )

    assert [(bar.day, bar.count) for bar in plot.bars][:2] == [
        (date(2026, 11, 30), 1),
        (date(2026, 12, 1), 1),
    ]


def test_what_is_spread_over_more_than_two_days_is_plotted_by_the_day():
    plot = plotted(NOON, NOON + timedelta(days=3), NOON + timedelta(days=3, hours=12))

    assert [(bar.day, bar.count) for bar in plot.bars] == [
        (date(2026, 11, 30), 1), (date(2026, 12, 1), 0), (date(2026, 12, 2), 0), (date(2026, 12, 3), 1),
        (date(2026, 12, 4), 1),
    ]  # fmt: skip


def test_of_very_many_days_the_last_are_plotted():
    plot = plotted(NOON, NOON + timedelta(days=400))

    assert len(plot.bars) == 60 and plot.bars[-1].count == 1
