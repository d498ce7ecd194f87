"""When each recipient of a campaign may be written to."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from conversation.profiles.campaigns import ContactRules
from messaging.campaigns.calendar.allowed_times import NeverAllowedError, next_allowed
from messaging.campaigns.calendar.zones import zones_for
from phone_numbers import ReachAddress


@dataclass(frozen=True, slots=True)
class Hours:
    """A profile's rules. zone: the profile's, of those whose number tells none."""

    rules: ContactRules
    zone: ZoneInfo

    def next(self, number: ReachAddress, own_zone: str, now: datetime) -> datetime | None:
        """Return the first moment from now on, aware; None if their zones share no hour that is allowed.

        own_zone: IANA's name of the zone that their list says; empty: their number tells.
        """
        zones = zones_for(number, ZoneInfo(own_zone) if own_zone else None, self.zone)
        try:
            return next_allowed(now, zones, self.rules)
        except NeverAllowedError:
            return None
