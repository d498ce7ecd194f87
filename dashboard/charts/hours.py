"""Counts moments by the hour, or by the day where they are spread over many, in the business's time zone."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard.charts.bars import Plot, bars_of

MOST_HOURS, FEWEST_HOURS = 48, 6
"""More are plotted by the day; fewer would be a bar as wide as the plot."""
MOST_DAYS = 60
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def by_hour(moments: Sequence[datetime], zone: ZoneInfo) -> Plot | None:
    """Plot how many moments each hour has; None without any. moments: aware.

    Days are plotted where they are spread over more hours, the last ones where there are too many of these.
    """
    if not moments:
        return None
    # In UTC no hour is missing, and none comes twice
    hours = Counter(at.astimezone(UTC).replace(minute=0, second=0, microsecond=0) for at in moments)
    first, last = min(hours), max(hours)
    count = max((last - first) // _HOUR + 1, FEWEST_HOURS)
    if count > MOST_HOURS:
        return _by_day(moments, zone)
    shown = [first + each * _HOUR for each in range(count)]
    return bars_of([(hour.astimezone(zone), hours[hour]) for hour in shown])


def _by_day(moments: Sequence[datetime], zone: ZoneInfo) -> Plot:
    days = Counter(at.astimezone(zone).date() for at in moments)
    last = max(days)
    first: date = max(min(days), last - (MOST_DAYS - 1) * _DAY)
    shown = [first + each * _DAY for each in range((last - first).days + 1)]
    return bars_of([(day, days[day]) for day in shown])
