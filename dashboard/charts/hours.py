"""Counts moments by the hour, or by the day where they are spread over many, in the business's time zone."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dashboard.charts.bars import Plot, bars_of

MOST_HOURS, FEWEST_HOURS = 48, 6
"""More are plotted by the day; fewer would be a bar as wide as the plot."""
MOST_DAYS = 60
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

Counting = Callable[[Sequence[datetime]], Sequence[int]]
"""Counts the moments from each of several times, which are aware and in order, to the next."""


def by_hour(span: tuple[datetime, datetime] | None, count: Counting, zone: ZoneInfo) -> Plot | None:
    """Plot how many moments each hour has; None without any. span: the first and the last, aware.

    Days are plotted where they are spread over more hours, the last ones where there are too many of these.
    """
    if span is None:
        return None
    # In UTC no hour is missing, and none comes twice; the first begins by the clock
    begins, last = (moment.astimezone(UTC) for moment in span)
    past_the_hour = begins.astimezone(zone).minute
    first = begins.replace(second=0, microsecond=0) - timedelta(minutes=past_the_hour)
    shown = max((last - first) // _HOUR + 1, FEWEST_HOURS)
    if shown > MOST_HOURS:
        return _by_day(begins, last, count, zone)
    edges = [first + each * _HOUR for each in range(shown + 1)]
    return bars_of([(hour.astimezone(zone), n) for hour, n in zip(edges, count(edges), strict=False)])


def _by_day(begins: datetime, last: datetime, count: Counting, zone: ZoneInfo) -> Plot:
    last_day = last.astimezone(zone).date()
    first: date = max(begins.astimezone(zone).date(), last_day - (MOST_DAYS - 1) * _DAY)
    days = [first + each * _DAY for each in range((last_day - first).days + 2)]
    edges = [datetime.combine(day, time(), zone).astimezone(UTC) for day in days]
    return bars_of(list(zip(days, count(edges), strict=False)))
