"""When each recipient of a campaign may be contacted, and how often in a week: messages and calls count alike."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from conversation.message_kinds import CAMPAIGN
from conversation.profiles.campaigns import ContactRules
from messaging.campaigns.calendar.allowed_times import NeverAllowedError, next_allowed
from messaging.campaigns.calendar.zones import zones_for
from phone_numbers import ReachAddress, matching_number
from storage.campaigns.campaign_recipients import DueRecipient
from storage.campaigns.contacted import contacted_since

_WEEK = timedelta(days=7)


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

    def is_week_full(self, connection: Connection, due: DueRecipient, now: datetime) -> bool:
        """Return whether somebody was contacted by campaigns this week as often as may be."""
        most = self.rules.per_week
        if most is None or due.attempts:  # another attempt is no other message or call
            return False
        number, but = matching_number(due.number), due.message_id
        return contacted_since(connection, number, now - _WEEK, kind=CAMPAIGN, but=but) >= most
