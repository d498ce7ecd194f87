"""The time zones that this machine knows."""

from functools import cache
from zoneinfo import available_timezones


@cache
def zone_names() -> frozenset[str]:
    """Return the IANA names of all zones; the files that name them are read once a process."""
    return frozenset(available_timezones())
