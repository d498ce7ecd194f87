"""When a business contacts people of its own accord, as `[campaigns]` of a profile has it."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time

_QUIET = re.compile(r"(\d\d?):(\d\d) ?[-–] ?(\d\d?):(\d\d)")


@dataclass(frozen=True)
class ContactRules:
    """The times at which somebody may be contacted, by the clock where they are.

    quiet: nobody is contacted from the first time until just before the second, over midnight if that is earlier; None:
    at any hour. weekends: whether Saturdays and Sundays count as other days. holidays: days on which nobody is
    contacted. per_week: messages and calls to one person in seven days; None: no limit. Raises ValueError for quiet
    hours that are the whole day.
    """

    quiet: tuple[time, time] | None = (time(21), time(9))
    weekends: bool = False
    holidays: frozenset[date] = frozenset()
    per_week: int | None = None

    def __post_init__(self) -> None:
        if self.quiet is not None and self.quiet[0] == self.quiet[1]:
            raise ValueError("quiet hours that begin when they end leave no time")

    def allow(self, local: datetime) -> bool:
        """Return whether somebody may be contacted at a moment. local: in the zone where they are."""
        if local.date() in self.holidays or (not self.weekends and local.weekday() >= 5):
            return False
        if self.quiet is None:
            return True
        (begins, ends), now = self.quiet, local.time()
        is_quiet = begins <= now < ends if begins < ends else now >= begins or now < ends
        return not is_quiet


def read_quiet(text: str) -> tuple[time, time] | None:
    """Return the beginning and the end of quiet hours such as "21:00-09:00"; None for an empty text.

    Raises ValueError for anything else, and for the whole day.
    """
    if not text.strip():
        return None
    found = _QUIET.fullmatch(text.strip())
    if found is None:
        raise ValueError("no quiet hours")
    begins, ends = (time(int(found[n]), int(found[n + 1])) for n in (1, 3))
    return ContactRules(quiet=(begins, ends)).quiet
