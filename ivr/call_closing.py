"""Closes calls in the database when they end, and has their topics noted."""

from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import Connection

from conversation.ledger import Kind, Ledger
from conversation.observers import NULL_OBSERVER, ConversationObserver
from integrations.errors import IntegrationError
from integrations.twilio.calls import CallState
from ivr.transfer_ceiling import settle_transfers
from jobs.queue import Work
from storage.base import is_ahead, is_near
from storage.database import Database
from storage.ledger import accounts
from storage.models import LONGEST_CALL, TurnState
from storage.queries import calls, turns
from storage.queries.calls import CallProgress, SilentCall

log = structlog.get_logger()

SILENT_FOR = timedelta(minutes=15)
"""Calls with no sign of life for this long are asked about: an inbound call's status callback is optional."""
ASKED_EVERY = timedelta(minutes=5)
UNTOLD_FOR = timedelta(hours=1)
"""The silence after which a call is closed of which Twilio cannot be asked."""
LONGEST_TRANSFER = LONGEST_CALL + timedelta(minutes=15)
"""The same for a call whose caller was transferred: Twilio ends a <Dial> after four hours."""


class Rest(Protocol):
    """The REST API that knows calls: Twilio's."""

    def fetch_call(self, sid: str) -> CallState:
        """Return a call as it is now. Raises IntegrationError."""
        ...


class CallLifecycle:
    """Closes calls and has their topics noted. observer: told when a call is over. rest: None without credentials."""

    def __init__(
        self,
        database: Database,
        work: Work,
        ledger: Ledger,
        observer: ConversationObserver = NULL_OBSERVER,
        rest: Rest | None = None,
    ) -> None:
        self._database, self._work, self._ledger = database, work, ledger
        self._observer, self._rest = observer, rest
        self._on_until: dict[str, datetime] = {}
        """When to ask again about calls that go on, by CallSid."""

    def close(self, connection: Connection, key: str, now: datetime) -> None:
        """Close a call's conversation, once, and have its topic noted if anything was said."""
        conversation_id = calls.close_conversation(connection, key, now)
        if conversation_id is None:
            return
        settle_transfers(connection, self._ledger, key, conversation_id)
        self._count(connection, conversation_id, now)
        self._observer.call_ended(connection, conversation_id, now)
        if turns.last_number(connection, conversation_id):
            self._work.enqueue(
                connection, "note_topic", {"conversation_id": conversation_id}, key=f"{conversation_id}"
            )

    def _count(self, connection: Connection, conversation_id: int, now: datetime) -> None:
        """Count a call that is over, with its seconds as far as Twilio has said them."""
        call = calls.length_of(connection, conversation_id)
        if call is not None:
            (direction, seconds), account = call, accounts.of_conversation(connection, conversation_id)
            done = [(Kind.CALLED_S, seconds), (Kind.PLACED, int(direction != "inbound"))]
            self._ledger.count(connection, account, done, now)

    def close_silent_calls(self, now: datetime) -> int:
        """Close the calls that are over, though nobody told us; return their number."""
        with self._database.read() as connection:
            silent = calls.silent_calls(connection, now, SILENT_FOR)
        self._on_until = {
            sid: until for sid, until in self._on_until.items() if is_ahead(until, now, ASKED_EVERY)
        }
        ends = [(call, end) for call in silent if (end := self._end_of(call, now)) is not None]
        for call, end in ends:
            with self._database.write() as connection:
                calls.record_progress(connection, call.call_sid, end)
                turns.stop_turns(connection, call.key, TurnState.CANCELLED, now)
                self.close(connection, call.key, now)
        if ends:
            log.info("silent_calls_closed", count=len(ends))
        return len(ends)

    def _end_of(self, call: SilentCall, now: datetime) -> CallProgress | None:
        """Return how a silent call ended, by Twilio's word if it can be asked; None while it may be going on."""
        if call.call_sid in self._on_until:
            return None
        state = None if call.simulated else self._state_of(call.call_sid)
        if state is not None and not state.is_over:
            self._on_until[call.call_sid] = now + ASKED_EVERY
            return None
        if state is not None:
            return CallProgress(state.status, now, state.duration_s)
        patience = LONGEST_TRANSFER if call.is_transferred else UNTOLD_FOR
        is_given_up = call.simulated or not is_near(call.last_at, now, patience)
        return CallProgress("completed", now) if is_given_up else None

    def _state_of(self, call_sid: str) -> CallState | None:
        """Return a call as Twilio knows it; None if it cannot be asked."""
        if self._rest is None:
            return None
        try:
            return self._rest.fetch_call(call_sid)
        except IntegrationError as error:
            log.warning("call_not_fetched", call_sid=call_sid, code=error.code, status=error.status)
            return None
