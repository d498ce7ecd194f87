"""Says why a campaign contacts nobody at this moment, and until when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from conversation.daily_ceilings import Begun, DailyCeilings
from conversation.profiles.campaigns import ContactRules
from messaging.campaigns.calendar.allowed_times import NeverAllowedError, next_allowed
from storage.campaigns.campaigns import CampaignRecord
from storage.models import CampaignState
from storage.reports.campaigns import next_due
from translations import Message, lazy_gettext

_OVER = (CampaignState.CANCELLED, CampaignState.FINISHED)
_CEILING = lazy_gettext("{setting} is used up for today ({limit}): it goes on by itself, from this time on:")
_QUIET = lazy_gettext(
    "Nobody is contacted before the following time, by the clock where they are (quiet hours):"
)
_NEXT_REMINDER = lazy_gettext("The next reminder is due:")
_NEXT_CALL = lazy_gettext("The next call is due:")
_NEXT_MESSAGE = lazy_gettext("The next message is due:")


@dataclass(frozen=True, slots=True)
class Wait:
    """Why nobody is contacted, as the beginning of a sentence that ends with a time. until: aware."""

    why: Message
    until: datetime


class Waits:
    """Finds what campaigns wait for. rules, zone: the profile's."""

    def __init__(self, ceilings: DailyCeilings, rules: ContactRules, zone: ZoneInfo) -> None:
        self._ceilings, self._rules, self._zone = ceilings, rules, zone

    def find(self, connection: Connection, campaign: CampaignRecord, now: datetime) -> list[Wait]:
        """Return what a campaign waits for; nothing if somebody may be contacted now, or nobody is to be."""
        due_at = None if campaign.state in _OVER else next_due(connection, campaign.id)
        if due_at is None:
            return []
        if campaign.state is CampaignState.RUNNING:
            return list(self._find(connection, campaign, due_at, now))
        return [Wait(_NEXT_REMINDER, due_at)] if campaign.remind and due_at > now else []

    def _find(
        self, connection: Connection, campaign: CampaignRecord, due_at: datetime, now: datetime
    ) -> Iterator[Wait]:
        begun = Begun.CALL if campaign.is_by_phone else Begun.MESSAGE
        reached = self._ceilings.reached(connection, begun, now)
        if reached is not None:
            yield Wait(_CEILING.format(setting=reached.setting, limit=reached.limit), reached.until)
        if due_at > now:
            yield Wait(_next(campaign), due_at)
        begins = max(due_at, now, campaign.start_at or now)
        allowed = self._first_allowed(begins)
        if allowed > begins:
            yield Wait(_QUIET, allowed)

    def _first_allowed(self, begins: datetime) -> datetime:
        """Return the first moment from a time on at which people in the business's own zone are contacted."""
        try:
            return next_allowed(begins, [self._zone], self._rules)
        except NeverAllowedError:  # of each recipient that is said as the reason
            return begins


def _next(campaign: CampaignRecord) -> Message:
    if campaign.remind:
        return _NEXT_REMINDER
    return _NEXT_CALL if campaign.is_by_phone else _NEXT_MESSAGE
