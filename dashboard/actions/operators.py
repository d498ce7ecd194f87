"""Operators' actions on written conversations, handoffs and messages; those on calls are in calls.py.

Each action is one transaction. Stopping an answer comes after it.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Connection

from conversation import takeover
from conversation.handoff import Request, Source, hand_off
from conversation.handoff_states import Event
from conversation.operators import DASHBOARD_AUTHOR
from dashboard.actions.calls import CallActions
from dashboard.actions.notes import Notes
from dashboard.actions.once import NO_FORM, Once, SentForm
from dashboard.actions.refusals import CannotBeDone, Trouble
from dashboard.actions.retries import may_retry
from dashboard.actions.services import CallControl, OperatorPolicy, OperatorServices
from dashboard.actions.subjects import conversation_of, require_handoff, writable
from storage.after_commit import after_commit
from storage.base import utc_now
from storage.database import Database
from storage.queries import contacts, outgoing, promises
from storage.reports import lists, transcripts
from storage.reports.states import WRITTEN
from storage.reports.transcripts import ConversationReport

log = structlog.get_logger()

MOST_WRITTEN = 4000


class Operators:
    """Performs operators' actions, or raises CannotBeDone. Thread-safe."""

    def __init__(
        self,
        database: Database,
        services: OperatorServices,
        policy: OperatorPolicy,
        *,
        form: SentForm = NO_FORM,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._services, self._policy, self._clock = database, services, policy, clock
        self._once = Once(database, form, clock)
        self._notes = Notes(services.notes, policy.words, form.operator)
        self._on_calls = CallActions(database, services, policy, self._once, self._notes)

    @property
    def calls(self) -> CallControl:
        """Return the control of calls."""
        return self._services.calls

    def once(self, form: str, operator: str = "") -> "Operators":
        """Return the same for one form, whose action is performed once however often it is sent.

        form: the form's own number and a digest of what it says; "" for none. A second time raises DoneBefore.
        operator: the name of who sent it; "" if none was given.
        """
        sent = SentForm(form, operator)
        return Operators(self._database, self._services, self._policy, form=sent, clock=self._clock)

    # Calls

    def hang_up(self, conversation_id: int) -> None:
        """End a call."""
        self._on_calls.hang_up(conversation_id)

    def transfer(self, conversation_id: int) -> None:
        """Ring a person and transfer the call."""
        self._on_calls.transfer(conversation_id, self._clock())

    # Written conversations

    def take_over(self, conversation_id: int) -> None:
        """Take over a conversation and silence the assistant; transfer a call."""
        conversation = conversation_of(self._database, conversation_id)
        if conversation.call is not None:
            self.transfer(conversation_id)
            return
        if not conversation.is_reachable:  # an operator could not write, and nobody else would
            raise CannotBeDone(Trouble.UNREACHABLE)
        with self._once.write() as connection:
            self._take_over(connection, conversation, self._clock())
        self._services.stop(conversation.key)

    def write(self, conversation_id: int, words: str) -> None:
        """Send a message to the contact and take over the conversation."""
        conversation, now = conversation_of(self._database, conversation_id), self._clock()
        words = words.strip()
        if not words:
            raise CannotBeDone(Trouble.NOTHING_WRITTEN)
        if len(words) > MOST_WRITTEN:
            raise CannotBeDone(Trouble.TOO_LONG)
        author = f"{DASHBOARD_AUTHOR}{self._notes.name}"
        with self._once.write() as connection:
            recipient = writable(connection, conversation_id)
            for body in self._services.fit(words):
                message_id = self._services.writer.write(connection, recipient, body, author=author)
                self._services.observer.message(connection, message_id, now)
            self._take_over(connection, conversation, now)
        log.info("operator_wrote", conversation_id=conversation_id)
        self._services.stop(conversation.key)

    def give_back(self, conversation_id: int) -> None:
        """Let the assistant answer again, and what nobody has answered at once."""
        conversation, now = conversation_of(self._database, conversation_id), self._clock()
        with self._once.write() as connection:
            if takeover.give_back(connection, self._services.handoffs, conversation_id, now):
                self._services.answer_left(connection, conversation_id)
                self._notes.given_back(connection, conversation, now)
                after_commit(connection, log.info, "conversation_given_back", conversation_id=conversation_id)

    def _take_over(self, connection: Connection, conversation: ConversationReport, now: datetime) -> None:
        """Take over a conversation and all that waits of its contact."""
        until, people = now + self._policy.silent_for, self._services.handoffs
        takeover.take_over(connection, people, conversation.id, self._notes.name, until, now)
        self._notes.taken(connection, conversation, now)

    # Handoffs

    def hand_off(self, conversation_id: int, reason: str) -> None:
        """Request a person, as the assistant would."""
        conversation_of(self._database, conversation_id)
        request = Request(reason.strip() or self._notes.name, source=Source.OPERATOR)
        with self._once.write() as connection:
            thread = transcripts.thread(connection, conversation_id)
            if any(note.waits for note in transcripts.handoffs_of(connection, thread)):
                raise CannotBeDone(Trouble.WAITS_ALREADY)
            hand_off(connection, self._services.handoffs, conversation_id, None, request, self._clock())

    def take_handoff(self, conversation_id: int, handoff_id: int) -> None:
        """Take a waiting handoff, and its conversation if it is a written one that can be answered."""
        conversation, now = conversation_of(self._database, conversation_id), self._clock()
        with self._once.write() as connection:
            require_handoff(connection, conversation_id, handoff_id)
            people, name = self._services.handoffs, self._notes.name
            if not people.happened(connection, handoff_id, Event.TAKEN, now, by=name):
                raise CannotBeDone(Trouble.TAKEN)
            if conversation.channel == WRITTEN and conversation.is_reachable:
                self._take_over(connection, conversation, now)
        log.info("handoff_taken", handoff_id=handoff_id)

    def settle_handoff(self, conversation_id: int, handoff_id: int) -> None:
        """Record that a person to whom nobody came has been answered after all."""
        conversation, now = conversation_of(self._database, conversation_id), self._clock()
        with self._once.write() as connection:
            require_handoff(connection, conversation_id, handoff_id)
            if not promises.settle(connection, handoff_id, self._notes.name, now):
                raise CannotBeDone(Trouble.TAKEN)
            self._notes.settled(connection, conversation, handoff_id, now)
        log.info("handoff_settled", handoff_id=handoff_id)

    # Messages

    def opt_out(self, conversation_id: int, *, out: bool) -> None:
        """Record the contact's refusal of unsolicited messages, or its end."""
        conversation = conversation_of(self._database, conversation_id)
        with self._once.write() as connection:
            contacts.opt_out(connection, conversation.contact_id, self._clock() if out else None)

    def retry(self, message_id: int) -> None:
        """Resend an undelivered message."""
        with self._once.write() as connection:
            row = lists.message_row(connection, message_id)
            if row is None:
                raise CannotBeDone(Trouble.GONE)
            if not may_retry(row) or not outgoing.try_again(connection, message_id, self._clock()):
                raise CannotBeDone(Trouble.NOT_AGAIN)
            self._services.writer.send_later(connection, row.message.conversation_id)
        log.info("message_retried", message_id=message_id)
