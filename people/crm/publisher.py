"""Sends a CRM each handoff, each conversation once it is over, and each erasure of a person.

An event is built from the rows when it is posted, under a key that is the same at every attempt.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from conversation.observers import NullObserver
from integrations.crm.client import CrmWebhook
from integrations.crm.events import (
    ContactErased,
    ConversationFinished,
    CrmContact,
    HandoffCreated,
    HandoffMissed,
)
from integrations.errors import IntegrationError
from jobs.queue import Work
from people.crm.sessions import SILENCE, ChatSession, chat_sessions
from phone_numbers import matching_number, shown_number
from storage.base import utc_now
from storage.database import Database
from storage.privacy import tasks
from storage.privacy.tasks import TaskState
from storage.queries import crm
from storage.queries.contacts import Recipient
from storage.queries.crm import ConversationFacts, HandoffRow

log = structlog.get_logger()

JOB = "crm"
ERASED = "erased"
TOPIC_WITHIN_S = 60.0
"""A call's topic is usually named within that time; the CRM is told after it."""
MOST_MESSAGES = 2000
"""The most messages searched for the beginning of a chat session."""

Event = HandoffCreated | HandoffMissed | ConversationFinished | ContactErased


class CrmEvents(NullObserver):
    """Sends events to a CRM, as a listener to handoffs and an observer of messages and calls.

    client: None: nothing is sent. ours: the numbers of our own staff, whose conversations are not customers'.
    """

    def __init__(
        self,
        database: Database,
        work: Work,
        client: CrmWebhook | None,
        *,
        ours: Collection[str] = (),
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._work, self._client, self._clock = database, work, client, clock
        self._ours = frozenset(map(matching_number, ours))

    # What happens

    def handed_off(self, connection: Connection, handoff_id: int, now: datetime) -> None:
        """A conversation goes to a person."""
        self.handoff(connection, handoff_id)

    def missed(self, connection: Connection, handoff_id: int, now: datetime) -> None:
        """A handoff has ended, and nobody has come."""
        self.handoff(connection, handoff_id, kind="missed")

    def call_ended(self, connection: Connection, conversation_id: int, now: datetime) -> None:
        """A phone call is over."""
        self.conversation_finished(connection, conversation_id)

    def message(
        self, connection: Connection, message_id: int, now: datetime, *, sender: Recipient | None = None
    ) -> None:
        """Schedule a check, after an hour of silence, that the written session is over."""
        if self._client is None:
            return
        conversation = crm.written_by_contact(connection, message_id)
        if conversation is not None and self._is_told(conversation):
            self._look_later(connection, conversation.id, message_id, SILENCE)

    def handoff(self, connection: Connection, handoff_id: int, *, kind: str = "handoff") -> None:
        """Queue a handoff for the CRM, in the caller's transaction. kind: "missed" if nobody has come to it."""
        if self._client is None:
            return
        conversation = crm.handed_off_conversation(connection, handoff_id)
        if conversation is not None and self._is_told(conversation):
            self._tell(connection, {"kind": kind, "id": handoff_id})

    def conversation_finished(self, connection: Connection, conversation_id: int) -> None:
        """Queue a finished call for the CRM, in the caller's transaction."""
        if self._client is None:
            return
        conversation = crm.conversation(connection, conversation_id)
        if conversation is not None and self._is_told(conversation):
            self._tell(connection, {"kind": "call", "id": conversation_id}, delay_s=TOPIC_WITHIN_S)

    def _is_told(self, conversation: ConversationFacts) -> bool:
        return not conversation.simulated and matching_number(conversation.number) not in self._ours

    def _tell(self, connection: Connection, payload: dict[str, Any], delay_s: float = 0) -> None:
        key = ":".join(str(value) for value in payload.values())
        self._work.enqueue(connection, JOB, payload, key=key, delay_s=delay_s)

    def _look_later(self, connection: Connection, conversation_id: int, since: int, after: timedelta) -> None:
        """Schedule a check for finished sessions among the messages from one on."""
        payload = {"kind": "silence", "id": conversation_id, "since": since}
        # the first of a session is enough: the check repeats itself while the session goes on
        self._work.enqueue(
            connection,
            JOB,
            payload,
            key=f"silence:{conversation_id}",
            delay_s=max(1.0, after.total_seconds()),
        )

    # Telling

    def deliver(self, payload: dict[str, Any]) -> None:
        """Send a job's event to the CRM, or check for finished sessions. Raises IntegrationError."""
        if payload["kind"] == "silence":
            self._look(int(payload["id"]), int(payload["since"]))
            return
        event = self._event(payload)
        if event is None or self._client is None:
            return
        try:
            self._client.post(event.payload(), key=event.id, now=self._clock())
        except IntegrationError as error:
            if error.permanent:
                log.error("crm_event_refused", event_id=event.id, status=error.status, code=error.code)
            raise
        log.info("crm_told", event_id=event.id)
        if payload["kind"] == ERASED:
            with self._database.write() as connection:
                tasks.end_task(connection, int(payload["id"]), TaskState.DONE, self._clock())

    def _look(self, conversation_id: int, since: int) -> None:
        """Queue an event for each finished session; check again later for one that is not finished."""
        now = self._clock()
        with self._database.read() as connection:
            written = crm.last_written(connection, conversation_id, MOST_MESSAGES)
        with self._database.write() as connection:
            for session in (session for session in chat_sessions(written) if session.last_id >= since):
                if not session.is_over(now):
                    self._look_later(
                        connection, conversation_id, session.first_id, session.ended_at + SILENCE - now
                    )
                elif session.is_theirs:
                    # kept as a job of its own: what is written while the CRM is out of reach is another session
                    ids = {"from": session.first_id, "upto": session.last_id}
                    self._tell(connection, {"kind": "written", "id": conversation_id, **ids})

    def _event(self, payload: dict[str, Any]) -> Event | None:
        kind, row_id = payload["kind"], int(payload["id"])
        with self._database.read() as connection:
            if kind in ("handoff", "missed"):
                return _handoff_event(connection, row_id, kind)
            if kind == "call":
                return _call_finished(connection, row_id)
            if kind == ERASED:
                return _contact_erased(connection, row_id)
            return _writing_finished(connection, row_id, int(payload["from"]), int(payload["upto"]))


def event_id(payload: Mapping[str, Any]) -> str:
    """Return the id of a job's event: the same at every attempt."""
    if payload["kind"] in ("handoff", ERASED):
        return f"{payload['kind']}:{payload['id']}"
    if payload["kind"] == "missed":
        return f"handoff:{payload['id']}:missed"
    upto = f":{payload['upto']}" if payload["kind"] == "written" else ""
    return f"conversation:{payload['id']}{upto}"


def _handoff_event(connection: Connection, handoff_id: int, kind: str) -> Event | None:
    row, conversation = (
        crm.handoff(connection, handoff_id),
        crm.handed_off_conversation(connection, handoff_id),
    )
    if row is None or conversation is None:
        return None
    made: type[HandoffMissed] | type[HandoffCreated] = HandoffMissed if kind == "missed" else HandoffCreated
    return made(
        id=event_id({"kind": kind, "id": handoff_id}),
        created_at=row.created_at if kind == "handoff" else row.updated_at,
        contact=_contact(conversation),
        channel=conversation.channel,
        conversation_id=str(conversation.id),
        reason=row.reason,
        summary=row.summary,
        message=row.message,
        state=row.state,
        seller=row.owner or None,
    )


def _call_finished(connection: Connection, conversation_id: int) -> Event | None:
    conversation, call = (
        crm.conversation(connection, conversation_id),
        crm.call_of(connection, conversation_id),
    )
    if conversation is None or call is None:
        return None
    ended_at = call.ended_at or conversation.closed_at or call.started_at
    return ConversationFinished(
        id=event_id({"kind": "call", "id": conversation_id}),
        created_at=ended_at,
        contact=_contact(conversation),
        channel=conversation.channel,
        conversation_id=str(conversation.id),
        started_at=call.started_at,
        ended_at=ended_at,
        turns=crm.answered_turns(connection, conversation_id),
        summary=conversation.summary,
        topic=conversation.topic,
        outcome=_outcome(crm.handoffs_of_call(connection, conversation.id, call.call_sid), call.status),
    )


def _writing_finished(connection: Connection, conversation_id: int, first: int, last: int) -> Event | None:
    conversation = crm.conversation(connection, conversation_id)
    written = crm.last_written(connection, conversation_id, MOST_MESSAGES)
    session = ChatSession([message for message in written if first <= message.id <= last])
    if conversation is None or not session.messages:
        return None
    until = session.ended_at + SILENCE
    return ConversationFinished(
        id=event_id({"kind": "written", "id": conversation_id, "upto": last}),
        created_at=session.ended_at,
        contact=_contact(conversation),
        channel=conversation.channel,
        conversation_id=str(conversation.id),
        started_at=session.began_at,
        ended_at=session.ended_at,
        turns=session.turns,
        summary=conversation.summary,
        topic=conversation.topic,
        outcome=_outcome(
            crm.handoffs_between(connection, conversation.id, session.began_at, until), "completed"
        ),
    )


def _contact_erased(connection: Connection, task_id: int) -> Event | None:
    task = tasks.waiting_task(connection, task_id)
    if task is None:
        return None
    contact = CrmContact(name=task.details["name"] or None, phone=task.details["phone"])
    event = event_id({"kind": ERASED, "id": task_id})
    return ContactErased(id=event, created_at=task.created_at, contact=contact)


def _outcome(handoffs: Sequence[HandoffRow], otherwise: str) -> str:
    if not handoffs:
        return otherwise
    return "message" if handoffs[-1].message else "handoff"


def _contact(conversation: ConversationFacts) -> CrmContact:
    return CrmContact(
        name=conversation.name or None,
        phone=shown_number(conversation.number) or None,
    )
