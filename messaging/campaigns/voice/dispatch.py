"""Places the calls of campaigns, and notes what Twilio says."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from conversation.daily_ceilings import Begun, DailyCeilings
from integrations.errors import IntegrationError, may_have_been_done
from integrations.twilio.calls import CallState
from integrations.twilio.error_codes import NO_CALLS_CODES, QUEUE_FULL
from messaging.campaigns.dispatch import AGAIN_AFTER, CLAIM_LASTS
from messaging.campaigns.spacing import Spacing, seconds_until
from messaging.campaigns.states import Event, happened
from messaging.campaigns.voice.attempts import put_back
from messaging.campaigns.voice.claims import ClaimedCall
from messaging.campaigns.voice.exchange import Exchange
from messaging.campaigns.voice.outcomes import pause_after_failures
from messaging.providers.base import TooFast
from storage.campaigns import campaign_calls
from storage.database import Database
from storage.models import PauseReason
from storage.queries import send_rate

log = structlog.get_logger()

MOST_QUEUED_S = 5.0
"""Where a call waits longer at Twilio, no others follow until it is placed."""
HOLD_S = 5.0
"""After too many requests, where Twilio does not say how long."""
FULL_HOLD_S = 60.0
"""After Twilio's queue was full."""


class CallDispatcher:
    """Places single calls."""

    def __init__(
        self,
        database: Database,
        exchange: Exchange,
        ceilings: DailyCeilings,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._exchange, self._ceilings, self._clock = database, exchange, ceilings, clock
        self._spacing = Spacing()

    def send(self, claimed: ClaimedCall) -> bool:
        """Place a call at its time; return False if Twilio is not to be asked anything for a while."""
        time.sleep(seconds_until(claimed.at, self._clock(), claimed.begun_at))
        self._spacing.wait(claimed.pace)
        if self._clock() >= claimed.begun_at + CLAIM_LASTS:  # others may have looked for it
            self._put_back(claimed, self._clock())
            return True
        try:
            placed = self._exchange.place(claimed.number, claimed.mark)
        except IntegrationError as error:
            return self._after_failure(claimed, error)
        self._database.run(lambda connection: self._was_placed(connection, claimed, placed))
        return True

    def _was_placed(self, connection: Connection, claimed: ClaimedCall, placed: CallState) -> None:
        campaign_calls.was_placed(connection, claimed.mark, placed.sid)
        if placed.queued_s > MOST_QUEUED_S:
            self._hold(connection, placed.queued_s)

    def _after_failure(self, claimed: ClaimedCall, error: IntegrationError) -> bool:
        now = self._clock()
        if error.status == 429 or error.code == QUEUE_FULL:
            wait_s = TooFast.after(error, FULL_HOLD_S if error.code == QUEUE_FULL else HOLD_S).wait_s
            log.warning("calling_too_fast", wait_s=wait_s, code=error.code)
            self._put_back(claimed, now + timedelta(seconds=wait_s))
            self._database.run(lambda connection: self._hold(connection, wait_s))
            return True
        if error.permanent:
            self._database.run(lambda connection: self._was_refused(connection, claimed, error, now))
            return True
        log.warning("campaign_call_unanswered", recipient_id=claimed.id, code=error.code)
        if not may_have_been_done(error):
            self._put_back(claimed, now + AGAIN_AFTER)
        return False

    def _was_refused(
        self, connection: Connection, claimed: ClaimedCall, error: IntegrationError, now: datetime
    ) -> None:
        code = error.code if isinstance(error.code, int) else error.status
        if code in NO_CALLS_CODES:
            # Once it is mended, they are called: the call was no worse than anybody's
            put_back(connection, self._ceilings, claimed.mark, claimed.begun_at, due_at=now, code=code)
            happened(
                connection,
                claimed.campaign_id,
                Event.BROKEN,
                now,
                pause_reason=PauseReason.ACCOUNT,
                code=code,
            )
            return
        campaign_calls.refused(connection, claimed.mark, code)
        self._ceilings.give_back(connection, Begun.CALL, claimed.begun_at)
        pause_after_failures(connection, claimed.campaign_id, code, now)

    def _hold(self, connection: Connection, seconds: float) -> None:
        now = self._clock()
        send_rate.hold(connection, self._exchange.pace.sender, now + timedelta(seconds=seconds), now)

    def _put_back(self, claimed: ClaimedCall, due_at: datetime) -> None:
        """Let a recipient wait whose call was certainly not placed."""
        self._database.run(
            lambda connection: put_back(
                connection, self._ceilings, claimed.mark, claimed.begun_at, due_at=due_at
            )
        )
