"""Closes calls in the database when they end, and has their topics noted."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from conversation.observers import NULL_OBSERVER, ConversationObserver
from jobs.queue import Work
from storage.database import Database
from storage.models import TurnState
from storage.queries import calls, turns
from storage.queries.calls import CallProgress

log = structlog.get_logger()

SILENT_FOR = timedelta(minutes=15)
"""Calls with no sign of life for this long are closed: an inbound call's status callback is optional."""


class CallLifecycle:
    """Closes calls and has their topics noted. observer: told when a call is over."""

    def __init__(
        self, database: Database, work: Work, observer: ConversationObserver = NULL_OBSERVER
    ) -> None:
        self._database, self._work, self._observer = database, work, observer

    def close(self, connection: Connection, key: str, now: datetime) -> None:
        """Close a call's conversation, once, and have its topic noted if anything was said."""
        conversation_id = calls.close_conversation(connection, key, now)
        if conversation_id is None:
            return
        self._observer.call_ended(connection, conversation_id, now)
        if turns.last_number(connection, conversation_id):
            self._work.enqueue(
                connection, "note_topic", {"conversation_id": conversation_id}, key=f"{conversation_id}"
            )

    def close_silent_calls(self, now: datetime) -> int:
        """Close the calls that gave no sign of life for 15 minutes; return their number."""
        before = now - SILENT_FOR
        with self._database.read() as connection:
            silent = calls.silent_calls(connection, before)
        for call_sid, key in silent:
            with self._database.write() as connection:
                calls.record_progress(connection, call_sid, CallProgress("completed", now))
                turns.stop_turns(connection, key, TurnState.CANCELLED, now)
                self.close(connection, key, now)
        if silent:
            log.info("silent_calls_closed", count=len(silent))
        return len(silent)
