"""Claims recipients of a campaign by phone: looked at, marked as being called, and given a time to call at."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from conversation.daily_ceilings import Begun, DailyCeilings
from messaging.campaigns.claims import SLOWER
from messaging.campaigns.hours import LOOKED_AGAIN_AFTER, Hours, waits_for_person
from messaging.campaigns.voice.exchange import Exchange
from messaging.providers.base import Pace
from phone_numbers import ReachAddress, matching_number
from storage import locks
from storage.campaigns import campaign_calls, campaign_recipients, campaigns
from storage.campaigns.campaign_recipients import DueRecipient
from storage.campaigns.campaigns import CampaignRecord
from storage.campaigns.contacted import is_on_the_phone
from storage.database import Database
from storage.models import SkipReason
from storage.privacy.erasures import Returning
from storage.privacy.opt_outs import has_opted_out
from storage.queries import contacts, send_rate

AHEAD = timedelta(milliseconds=50)
BATCH = timedelta(milliseconds=100)
FULL_FOR = timedelta(seconds=1)
"""The wait for a call to end, where as many go on as may."""
_LOCK = "campaign-calls"


@dataclass(frozen=True, slots=True)
class ClaimedCall:
    """A recipient who is to be called. mark: the call's. begun_at: the time of the claim. at: not before."""

    id: int
    campaign_id: int
    mark: str
    number: ReachAddress
    pace: Pace
    begun_at: datetime
    at: datetime

    @property
    def message_id(self) -> int | None:
        """None: it is no message."""
        return None


@dataclass(frozen=True, slots=True)
class CallClaims:
    """Who was claimed. is_any_due: somebody was due. free_at: when another call may be placed.

    is_day_over: no more begins today.
    """

    claimed: Sequence[ClaimedCall] = field(default=())
    is_any_due: bool = False
    is_day_over: bool = False
    free_at: datetime | None = None


class CallClaimer:
    """Claims recipients, each in the transaction that looks at their opt-out.

    holder: the process. returning: tells who was erased before. hours: when people may be called. ceilings: of a day.
    """

    def __init__(
        self,
        database: Database,
        exchange: Exchange,
        ceilings: DailyCeilings,
        *,
        returning: Returning,
        hours: Hours,
        holder: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._exchange, self._ceilings, self._hours = database, exchange, ceilings, hours
        self._returning, self._holder, self._clock = returning, holder, clock

    def claim(self, campaign_id: int, most: int) -> CallClaims:
        """Claim at most so many recipients of a campaign. Raises SQLAlchemyError."""
        return self._database.run(lambda connection: self._claim(connection, campaign_id, most))

    def _claim(self, connection: Connection, campaign_id: int, most: int) -> CallClaims:
        now = self._clock()
        locks.hold(connection, _LOCK)  # of two processes, neither counts without the other's calls
        campaign = campaigns.held(connection, campaign_id, self._holder, now)
        if campaign is None:
            return CallClaims()
        if not self._hours.hold(connection):
            return CallClaims(is_any_due=True)
        left = self._ceilings.left(connection, Begun.CALL, now)
        if left == 0:
            is_any_left = campaign_recipients.is_any_left(connection, campaign_id)
            return CallClaims(is_any_due=is_any_left, is_day_over=True)
        room = min(most, self._exchange.at_once - campaign_calls.under_way(connection))
        if room <= 0:
            return CallClaims(is_any_due=True, free_at=now + FULL_FOR)
        due = campaign_recipients.due(connection, campaign_id, now, room)
        ready = [one for one in due if self._may_be_called(connection, campaign, one, now)]
        if not ready:
            return CallClaims(is_any_due=bool(due))
        pace = replace(self._exchange.pace, interval=self._exchange.pace.interval * SLOWER)
        times, free_at = send_rate.take_free(
            connection, pace.sender, pace.interval, now, ahead=AHEAD, batch=BATCH, most=len(ready)
        )
        times = times[: self._ceilings.take(connection, Begun.CALL, len(times), now)]
        claimed = [
            self._begin(connection, campaign_id, one, pace, at, now)
            for one, at in zip(ready[: len(times)], times, strict=True)
        ]
        return CallClaims(claimed, is_any_due=True, free_at=free_at)

    def _may_be_called(
        self, connection: Connection, campaign: CampaignRecord, due: DueRecipient, now: datetime
    ) -> bool:
        """Look at a recipient; of whom is not called now, the reason is kept."""
        allowed = self._hours.next(due.number, due.zone, now)
        is_past = due.is_past(allowed or now)
        if allowed is not None and allowed > now and not is_past:
            campaign_recipients.postpone(connection, due.id, allowed)
            return False
        reason = SkipReason.PAST if is_past else self._reason_against(connection, due, now)
        if reason is None and allowed is None:
            reason = SkipReason.NO_HOUR
        if reason is not None:
            campaign_recipients.skip(connection, due.id, reason)
            return False
        number = matching_number(due.number)
        known = contacts.known_recipient(connection, number, now)
        if is_on_the_phone(connection, number) or waits_for_person(campaign, known, now):
            campaign_recipients.postpone(connection, due.id, now + LOOKED_AGAIN_AFTER)
            return False
        return True

    def _reason_against(self, connection: Connection, due: DueRecipient, now: datetime) -> SkipReason | None:
        if has_opted_out(connection, self._returning, due.number, now):
            return SkipReason.OPTED_OUT
        is_enough = self._hours.is_week_full(connection, due, now)
        return SkipReason.WEEKLY_LIMIT if is_enough else None

    def _begin(
        self,
        connection: Connection,
        campaign_id: int,
        due: DueRecipient,
        pace: Pace,
        at: datetime,
        now: datetime,
    ) -> ClaimedCall:
        mark = secrets.token_hex(8)
        campaign_calls.begin(connection, due.id, mark, now)
        return ClaimedCall(due.id, campaign_id, mark, due.number, pace, begun_at=now, at=at)
