"""Counts calls and messages for each of the last days, in the business's time zone."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from dashboard.charts.bars import Plot, bars_of
from storage.reports.overview import calls_begun, messages_exchanged

DAYS = 14
"""Days plotted, today included."""
SETTLED_AFTER = timedelta(hours=1)
"""Period after a day's end in which it is counted again: its last rows may be stored late."""

Count = Callable[[Connection, datetime, datetime], int]
COUNTS: dict[str, Count] = {"calls": calls_begun, "messages": messages_exchanged}


class LastDays:
    """Counts the last days; each process counts a finished day once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, date], int] = {}

    def plots(self, connection: Connection, now: datetime, zone: ZoneInfo) -> dict[str, Plot]:
        """Return a plot for each name in COUNTS."""
        last = now.astimezone(zone).date()
        days = [last - timedelta(days=ago) for ago in reversed(range(DAYS))]
        self._known = {key: count for key, count in self._known.items() if key[1] >= days[0]}
        return {
            name: bars_of([(day, self._count(connection, name, day, now, zone)) for day in days])
            for name in COUNTS
        }

    def _count(self, connection: Connection, name: str, day: date, now: datetime, zone: ZoneInfo) -> int:
        if (name, day) in self._known:
            return self._known[name, day]
        begins, ends = day_in(zone, day)
        count = COUNTS[name](connection, begins, ends)
        if now - ends > SETTLED_AFTER:
            self._known[name, day] = count
        return count


def day_in(zone: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    """Return the beginning of a day and of the next one; some days have 23 or 25 hours."""
    begins, ends = (
        datetime(each.year, each.month, each.day, tzinfo=zone) for each in (day, day + timedelta(days=1))
    )
    return begins, ends
