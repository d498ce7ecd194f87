"""Checks and performs operators' actions on a conversation.

Each action is one transaction. Stopping an answer and requests to a provider come after it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import structlog
from sqlalchemy import Connection

from conversation.handoff import Request, Source, current_handoff, hand_off, tell
from conversation.handoff_states import Event
from conversation.observers import ConversationObserver, HandoffListener
from conversation.operators import Helpdesk, MessageSender
from conversation.phrases import catalogue_for
from integrations.errors import IntegrationError
from integrations.message_errors import TWILIO, provider_of
from integrations.twilio.error_codes import PASSING_CODES
from phone_numbers import is_withheld
from storage.base import utc_now
from storage.database import Database
from storage.models import LONGEST_CALL, LOST
from storage.queries import contacts, messages, offers, outgoing
from storage.queries.contacts import Recipient
from storage.reports import lists, transcripts
from storage.reports.lists import MessageRow
from storage.reports.transcripts import CallRecord, TalkRecord

log = structlog.get_logger()

MOST_WRITTEN = 4000
_CORRECTABLE = frozenset({10001, 20003, 21608, 30002, 30003, 30008, 63005, 63007, 63015, 63038})
"""Twilio's codes for errors that the business (account, settings) or the contact (phone off) can correct."""


class Trouble(StrEnum):
    """The reason for refusing an action."""

    GONE = "gone"
    NOTHING_WRITTEN = "nothing-written"
    TOO_LONG = "too-long"
    OPTED_OUT = "opted-out"
    WAITS_ALREADY = "waits-already"
    TAKEN = "taken"
    SIMULATED = "simulated"
    CALL_OVER = "call-over"
    CANNOT_TRANSFER = "cannot-transfer"
    NO_CREDENTIALS = "no-credentials"
    NOT_AGAIN = "not-again"
    REFUSED = "refused"


class CannotBeDone(Exception):
    """The action was not done. code: the provider's, if it refused."""

    def __init__(self, trouble: Trouble, code: int | str | None = None) -> None:
        super().__init__(trouble)
        self.trouble, self.code = trouble, code


class CallControl(Protocol):
    """Controls a live call."""

    @property
    def can_hang_up(self) -> bool:
        """Return whether calls can be ended here."""
        ...

    @property
    def can_transfer(self) -> bool:
        """Return whether calls can be transferred to a person."""
        ...

    def hang_up(self, key: str, call: CallRecord) -> None:
        """End a call. key: the conversation's. Raises IntegrationError."""
        ...

    def transfer(self, key: str, call: CallRecord, *, withheld: bool) -> None:
        """Announce the transfer to the caller and ring a person. withheld: no caller id. Raises IntegrationError."""
        ...


@dataclass(frozen=True, slots=True)
class OperatorServices:
    """The services behind operators' actions. notes: None without Chatwoot.

    fit: splits a text into WhatsApp messages. stop: stops the answers in progress of a written conversation, by its
    key.
    """

    writer: MessageSender
    handoffs: HandoffListener
    observer: ConversationObserver
    calls: CallControl
    notes: Helpdesk | None
    fit: Callable[[str], list[str]]
    stop: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class OperatorPolicy:
    """Operators' name, and the assistant's silence after a takeover."""

    name: str
    note_taken: str
    note_given_back: str
    silent_for: timedelta


def policy_for(language: str, *, silent_for: timedelta) -> OperatorPolicy:
    """Return the policy for dashboard operators. language: the business's ("es-ES")."""
    words = catalogue_for(language).dashboard
    return OperatorPolicy(words.name, words.taken, words.given_back, silent_for)


class Operators:
    """Performs operators' actions, or raises CannotBeDone. Thread-safe."""

    def __init__(
        self,
        database: Database,
        services: OperatorServices,
        policy: OperatorPolicy,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._services, self._policy, self._clock = database, services, policy, clock

    @property
    def calls(self) -> CallControl:
        """Return the control of calls."""
        return self._services.calls

    # Written conversations

    def take_over(self, conversation_id: int) -> None:
        """Take over a conversation and silence the assistant; transfer a call."""
        conversation = self._conversation(conversation_id)
        if conversation.call is not None:
            self.transfer(conversation_id)
            return
        now = self._clock()
        with self._database.write() as connection:
            self._take_over(connection, conversation, now)
        self._services.stop(conversation.key)

    def write(self, conversation_id: int, words: str) -> None:
        """Send a message to the contact and take over the conversation."""
        conversation, now = self._conversation(conversation_id), self._clock()
        words = words.strip()
        if not words:
            raise CannotBeDone(Trouble.NOTHING_WRITTEN)
        if len(words) > MOST_WRITTEN:
            raise CannotBeDone(Trouble.TOO_LONG)
        with self._database.write() as connection:
            recipient = _writable(connection, conversation_id)
            for body in self._services.fit(words):
                message_id = self._services.writer.write(
                    connection, recipient, body, author=self._policy.name
                )
                self._services.observer.message(connection, message_id, now)
            self._take_over(connection, conversation, now)
        log.info("operator_wrote", conversation_id=conversation_id)
        self._services.stop(conversation.key)

    def give_back(self, conversation_id: int) -> None:
        """Let the assistant answer again."""
        conversation, now = self._conversation(conversation_id), self._clock()
        with self._database.write() as connection:
            if contacts.give_back(connection, conversation_id):
                self._note(connection, conversation, "given-back", self._policy.note_given_back, now)
                log.info("conversation_given_back", conversation_id=conversation_id)
            tell(connection, self._services.handoffs, conversation_id, Event.DONE, now)

    def hand_off(self, conversation_id: int, reason: str) -> None:
        """Request a person, as the assistant would."""
        self._conversation(conversation_id)
        request = Request(reason.strip() or self._policy.name, source=Source.OPERATOR)
        with self._database.write() as connection:
            if any(note.waits for note in transcripts.handoffs_of(connection, conversation_id)):
                raise CannotBeDone(Trouble.WAITS_ALREADY)
            hand_off(connection, self._services.handoffs, conversation_id, None, request, self._clock())

    def take_handoff(self, conversation_id: int, handoff_id: int) -> None:
        """Take a waiting handoff, and its conversation if it is a written one."""
        conversation, now = self._conversation(conversation_id), self._clock()
        with self._database.write() as connection:
            facts = offers.handoff_facts(connection, handoff_id)
            if facts is None or facts.conversation_id != conversation_id:
                raise CannotBeDone(Trouble.GONE)
            if not self._take(connection, handoff_id, now):
                raise CannotBeDone(Trouble.TAKEN)
            if conversation.channel == "whatsapp":
                self._take_over(connection, conversation, now)
        log.info("handoff_taken", handoff_id=handoff_id)

    def opt_out(self, conversation_id: int, *, out: bool) -> None:
        """Record the contact's refusal of unsolicited messages, or its end."""
        conversation = self._conversation(conversation_id)
        with self._database.write() as connection:
            contacts.opt_out(connection, conversation.contact_id, self._clock() if out else None)

    def retry(self, message_id: int) -> None:
        """Resend an undelivered message."""
        with self._database.write() as connection:
            row = lists.message_row(connection, message_id)
            if row is None:
                raise CannotBeDone(Trouble.GONE)
            if not may_retry(row):
                raise CannotBeDone(Trouble.NOT_AGAIN)
            outgoing.try_again(connection, message_id, self._clock())
            self._services.writer.send_later(connection, row.message.conversation_id)
        log.info("message_retried", message_id=message_id)

    # Calls

    def hang_up(self, conversation_id: int) -> None:
        """End a call."""
        conversation, call = self._live_call(conversation_id)
        if not self.calls.can_hang_up:
            raise CannotBeDone(Trouble.NO_CREDENTIALS)
        with _twilio_refusals():
            self.calls.hang_up(conversation.key, call)
        log.info("operator_hung_up", conversation_id=conversation_id)

    def transfer(self, conversation_id: int) -> None:
        """Ring a person and transfer the call."""
        conversation, call = self._live_call(conversation_id)
        if not self.calls.can_transfer:
            raise CannotBeDone(Trouble.CANNOT_TRANSFER)
        with _twilio_refusals():
            self.calls.transfer(conversation.key, call, withheld=is_withheld(conversation.number))
        now = self._clock()
        with self._database.write() as connection:
            self._take_over(connection, conversation, now, min(self._policy.silent_for, LONGEST_CALL))

    # Shared

    def _conversation(self, conversation_id: int) -> TalkRecord:
        with self._database.read() as connection:
            conversation = transcripts.talk(connection, conversation_id)
        if conversation is None:
            raise CannotBeDone(Trouble.GONE)
        return conversation

    def _live_call(self, conversation_id: int) -> tuple[TalkRecord, CallRecord]:
        conversation = self._conversation(conversation_id)
        if conversation.call is None or not conversation.is_live:
            raise CannotBeDone(Trouble.CALL_OVER)
        if conversation.simulated:
            raise CannotBeDone(Trouble.SIMULATED)
        return conversation, conversation.call

    def _take_over(
        self,
        connection: Connection,
        conversation: TalkRecord,
        now: datetime,
        silent_for: timedelta | None = None,
    ) -> None:
        """Take over a conversation and its waiting handoffs."""
        until = now + (silent_for or self._policy.silent_for)
        contacts.take_over(connection, conversation.id, self._policy.name, until)
        for note in transcripts.handoffs_of(connection, conversation.id):
            if note.waits:
                self._take(connection, note.id, now)
        if (current := current_handoff(connection, conversation.id, now)) is not None:
            self._take(connection, current.id, now)
        if conversation.human != self._policy.name:
            self._note(connection, conversation, "taken", self._policy.note_taken, now)
            log.info("conversation_taken_over", conversation_id=conversation.id)

    def _take(self, connection: Connection, handoff_id: int, now: datetime) -> bool:
        people, name = self._services.handoffs, self._policy.name
        return people.happened(connection, handoff_id, Event.TAKEN, now, by=name)

    def _note(
        self, connection: Connection, conversation: TalkRecord, what: str, words: str, now: datetime
    ) -> None:
        if self._services.notes is not None and not conversation.simulated:
            ref = f"dashboard:{conversation.id}:{what}:{int(now.timestamp())}"
            self._services.notes.note(connection, conversation.contact_id, ref, words, now)


def may_retry(row: MessageRow) -> bool:
    """Return whether a retry can help: a lost message, a temporary or corrected error, a contact who still wants it."""
    message = row.message
    return (
        message.outbound
        and message.status in LOST
        and provider_of(message.sid, row.provider) == TWILIO
        and message.error_code in _CORRECTABLE | PASSING_CODES
        and row.opted_out_at is None
    )


def _writable(connection: Connection, conversation_id: int) -> Recipient:
    recipient = contacts.find_recipient(connection, conversation_id=conversation_id)
    if recipient is None or not recipient.key.startswith("whatsapp:"):
        raise CannotBeDone(Trouble.GONE)
    if messages.wants_nothing(connection, conversation_id, recipient.opted_out_at):
        raise CannotBeDone(Trouble.OPTED_OUT)
    return recipient


@contextmanager
def _twilio_refusals() -> Iterator[None]:
    """Convert Twilio's refusal to CannotBeDone."""
    try:
        yield
    except IntegrationError as error:
        log.warning("operator_refused", code=error.code, status=error.status)
        raise CannotBeDone(Trouble.REFUSED, error.code) from error
