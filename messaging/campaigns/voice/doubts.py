"""Clears up which calls of campaigns were placed, and how they ended, where no webhook has told.

A webhook with the call's mark tells it best. Else Twilio's list does: a call of ours to that number, made in the
moments of the attempt, whose SID is nobody's. Nobody is called again blindly.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from conversation.daily_ceilings import DailyCeilings
from integrations.errors import IntegrationError
from integrations.twilio.calls import CallState
from messaging.campaigns.doubts import CLOCK_SKEW, MOST_ATTEMPTS, SETTLED_WITHIN
from messaging.campaigns.voice.attempts import put_back
from messaging.campaigns.voice.exchange import Exchange
from messaging.campaigns.voice.outcomes import ended
from phone_numbers import ReachAddress, dialable_number
from storage.after_commit import after_commit
from storage.base import is_ahead
from storage.campaigns import campaign_calls
from storage.campaigns.campaign_calls import CampaignCall
from storage.campaigns.campaigns import CampaignRecord
from storage.database import Database

log = structlog.get_logger()

_NOT_FOUND = 404
MOST_AT_ONCE = 50
TOLD_WITHIN = timedelta(minutes=2)
"""Webhooks tell of most calls' ends by then; of the others, Twilio is asked."""
ASKED_EVERY = timedelta(minutes=1)


class CallDoubts:
    """Clears up the fate of campaigns' calls."""

    def __init__(
        self,
        database: Database,
        exchange: Exchange,
        ceilings: DailyCeilings,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._exchange, self._ceilings, self._clock = database, exchange, ceilings, clock
        self._on_until: dict[str, datetime] = {}
        """When to ask again about calls that go on, by SID."""

    def clear_up(self, campaign: CampaignRecord, in_hand: Collection[int] = ()) -> None:
        """Look for the calls of a campaign whose fate is unknown. Raises SQLAlchemyError.

        in_hand: recipients whose call this process is still placing: its clock may have been put forward.
        """
        now = self._clock()
        with self._database.read() as connection:
            lost = campaign_calls.doubtful(connection, campaign.id, now - SETTLED_WITHIN, MOST_AT_ONCE)
            long = campaign_calls.going_on(connection, campaign.id, now - TOLD_WITHIN, MOST_AT_ONCE)
        self._on_until = {
            sid: until for sid, until in self._on_until.items() if is_ahead(until, now, ASKED_EVERY)
        }
        try:
            for call in lost:
                if call.id not in in_hand:
                    self._look(call)
            for call in long:
                self._ask(call, now)
        except IntegrationError as error:
            log.warning("campaign_call_not_looked_for", code=error.code)

    def _look(self, call: CampaignCall) -> None:
        """Look for a call whose SID never came."""
        to = dialable_number(ReachAddress(call.number))
        since = call.begun_at - CLOCK_SKEW
        listed = self._exchange.rest.placed(to=to, sender=self._exchange.number, since=since)
        with self._database.write() as connection:
            self._settle(connection, call, listed)

    def _settle(self, connection: Connection, call: CampaignCall, listed: Sequence[CallState]) -> None:
        now, until = self._clock(), call.begun_at + SETTLED_WITHIN
        known = campaign_calls.known_sids(connection, [placed.sid for placed in listed])
        found = [
            placed
            for placed in listed
            if placed.sid not in known and placed.created_at is not None and placed.created_at <= until
        ]
        if not found and call.attempts < MOST_ATTEMPTS:
            put_back(connection, self._ceilings, call.call_mark, call.begun_at, due_at=now, is_counted=True)
        elif len(found) != 1 or campaign_calls.is_another_unknown(
            connection, call, call.begun_at - SETTLED_WITHIN
        ):
            campaign_calls.doubt(connection, call.call_mark)
        elif campaign_calls.was_placed(connection, call.call_mark, found[0].sid):
            after_commit(connection, log.info, "call_found_placed", recipient_id=call.id)
            self._note_end(connection, call.call_mark, found[0], now)

    def _ask(self, call: CampaignCall, now: datetime) -> None:
        """Ask Twilio how a call is of whose end nothing was heard."""
        assert call.call_sid is not None
        if call.call_sid in self._on_until:
            return
        self._on_until[call.call_sid] = now + ASKED_EVERY
        try:
            state = self._exchange.rest.fetch_call(call.call_sid)
        except IntegrationError as error:
            if error.status != _NOT_FOUND:  # of this call nothing is known by it
                raise
            with self._database.write() as connection:
                campaign_calls.doubt(connection, call.call_mark)
            return
        with self._database.write() as connection:
            self._note_end(connection, call.call_mark, state, now)

    def _note_end(self, connection: Connection, mark: str, state: CallState, now: datetime) -> None:
        call = campaign_calls.of_mark(connection, mark)
        if call is not None and state.is_over:
            ended(connection, call, state.status, now)
