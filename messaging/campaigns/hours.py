"""When each recipient of a campaign may be contacted, and how often in a week: by message and by phone alike."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from conversation.message_kinds import CAMPAIGN
from conversation.profiles.campaigns import ContactRules
from messaging.campaigns.calendar.allowed_times import NeverAllowedError, next_allowed
from messaging.campaigns.calendar.zones import zones_for
from phone_numbers import ReachAddress, matching_number
from storage import locks
from storage.campaigns.campaign_recipients import DueRecipient
from storage.campaigns.campaigns import CampaignRecord
from storage.campaigns.contacted import contacted_since
from storage.queries import contacts
from storage.queries.contacts import Recipient

LOOKED_AGAIN_AFTER = timedelta(minutes=5)
"""The wait of somebody who talks to us, or to whom a person of ours writes."""
_WEEK = timedelta(days=7)
_LOCK = "campaign-weeks"


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

    def hold(self, connection: Connection) -> bool:
        """Keep all others from claiming until the transaction ends, where a person may be contacted so often a week.

        False: somebody else claims at this moment, and whom is not known yet.
        """
        return self.rules.per_week is None or locks.hold_if_free(connection, _LOCK)

    def is_week_full(self, connection: Connection, due: DueRecipient, now: datetime) -> bool:
        """Return whether somebody was contacted by campaigns this week as often as may be."""
        most = self.rules.per_week
        if most is None or due.attempts:  # another attempt is no other message or call
            return False
        number, but = matching_number(due.number), due.message_id
        return contacted_since(connection, number, now - _WEEK, kind=CAMPAIGN, but=but) >= most


def waits_for_person(campaign: CampaignRecord, recipient: Recipient | None, now: datetime) -> bool:
    """Return whether a person of ours is writing with somebody; a reminder has its time, and waits for nobody.

    recipient: None: there is no written conversation with them.
    """
    return recipient is not None and not campaign.remind and contacts.is_with_a_person(recipient, now)
