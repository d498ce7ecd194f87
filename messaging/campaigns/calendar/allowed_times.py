"""Finds the next moment at which somebody may be contacted."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from conversation.profiles.campaigns import ContactRules

_DAY = timedelta(days=1)
_DAYS_SEARCHED = 16
"""Two weeks have every kind of day that is no holiday."""


class NeverAllowedError(ValueError):
    """No moment is allowed in all of somebody's zones: they are too far apart for the rules."""


def next_allowed(now: datetime, zones: Sequence[ZoneInfo], rules: ContactRules) -> datetime:
    """Return the first moment from now on that the rules allow in every zone, aware, in UTC.

    now: aware. Raises NeverAllowedError, and ValueError for no zone at all.
    """
    if not zones:
        raise ValueError("without a zone nobody knows what time it is")
    begins, last = now.astimezone(UTC), _DAYS_SEARCHED + 2 * len(rules.holidays)
    moments = [begins]
    for _ in range(last):
        found = next((moment for moment in moments if _is_allowed(moment, zones, rules)), None)
        if found is not None:
            return found
        moments = sorted({moment for zone in zones for moment in _changes(begins, zone, rules)})
        begins += _DAY
    raise NeverAllowedError(", ".join(zone.key for zone in zones))


def _is_allowed(moment: datetime, zones: Sequence[ZoneInfo], rules: ContactRules) -> bool:
    return all(rules.allow(moment.astimezone(zone)) for zone in zones)


def _changes(begins: datetime, zone: ZoneInfo, rules: ContactRules) -> Iterator[datetime]:
    """Yield the moments of a day at which the rules may begin to allow: what is allowed holds between them."""
    ends = begins + _DAY
    first = begins.astimezone(zone).date()
    times = [time()] if rules.quiet is None else [time(), rules.quiet[1]]
    moments = [
        datetime.combine(first + days * _DAY, each.replace(fold=fold), zone).astimezone(UTC)
        for days in range(3)  # 24 hours from 23:30 on end two days later, if one of them has 23
        for each in times
        for fold in (0, 1)
    ]
    if zone.utcoffset(begins.astimezone(zone)) != zone.utcoffset(ends.astimezone(zone)):
        moments.append(_clock_change(begins, ends, zone))
    yield from (moment for moment in moments if begins <= moment < ends)


def _clock_change(begins: datetime, ends: datetime, zone: ZoneInfo) -> datetime:
    """Return the second at which a zone's clocks are changed, between two moments."""
    before, after = int(begins.timestamp()), int(ends.timestamp()) + 1
    old = _offset(before, zone)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if _offset(middle, zone) == old else (before, middle)
    return datetime.fromtimestamp(after, UTC)


def _offset(second: int, zone: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(second, zone).utcoffset()
