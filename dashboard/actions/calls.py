"""What operators do to a call that is going on. Requests to Twilio are outside every transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog
from sqlalchemy import Connection

from conversation.handoff import Request, Source, current_handoff, hand_off
from conversation.handoff_states import State
from dashboard.actions.notes import Notes
from dashboard.actions.once import Once
from dashboard.actions.refusals import CannotBeDone, Trouble
from dashboard.actions.services import OperatorPolicy, OperatorServices
from dashboard.actions.subjects import live_call_of
from integrations.errors import IntegrationError
from phone_numbers import is_withheld
from storage.database import Database
from storage.models import LONGEST_CALL
from storage.queries import contacts, dials
from storage.reports.transcripts import CallRecord, ConversationReport

log = structlog.get_logger()


class CallActions:
    """Ends and transfers calls, for one form."""

    def __init__(
        self, database: Database, services: OperatorServices, policy: OperatorPolicy, once: Once, notes: Notes
    ) -> None:
        self._database, self._services, self._policy = database, services, policy
        self._once, self._notes = once, notes

    def hang_up(self, conversation_id: int) -> None:
        """End a call."""
        with self._asking_twilio():
            conversation, call = live_call_of(self._database, conversation_id)
            if not self._services.calls.can_hang_up:
                raise CannotBeDone(Trouble.NO_CREDENTIALS)
            self._services.calls.hang_up(conversation.key, call)
            with self._database.write() as connection:
                self._once.done(connection)
        log.info("operator_hung_up", conversation_id=conversation_id)

    def transfer(self, conversation_id: int, now: datetime) -> None:
        """Ring a person and transfer the call.

        Nobody knows whether one that was broken off has begun: there is another once the caller has spoken.
        """
        with self._asking_twilio():
            conversation, call = live_call_of(self._database, conversation_id)
            if not self._services.calls.can_transfer:
                raise CannotBeDone(Trouble.CANNOT_TRANSFER)
            if self._services.calls.comes_back(call):
                raise CannotBeDone(Trouble.COMES_BACK)
            self._dial(conversation, call, now)
            with self._database.write() as connection:
                self._once.done(connection)
                self._transferred(connection, conversation, now)

    def _dial(self, conversation: ConversationReport, call: CallRecord, now: datetime) -> None:
        with self._database.write() as connection:  # first, so that a leg that comes back is known at once
            if not dials.begin(connection, call.call_sid, now):
                raise CannotBeDone(Trouble.IN_TRANSFER)
        try:
            self._services.calls.transfer(conversation.key, call, withheld=is_withheld(conversation.number))
        except IntegrationError:
            with self._database.write() as connection:
                dials.take_back(connection, call.call_sid, now)
            raise

    def _transferred(self, connection: Connection, conversation: ConversationReport, now: datetime) -> None:
        """Keep a transfer as a handoff, which ends with the call to the person: nobody has the caller yet."""
        name = self._notes.name
        if current_handoff(connection, conversation.id, now) is None:
            request = Request(name, source=Source.OPERATOR, begins=State.TRANSFERRING)
            hand_off(connection, self._services.handoffs, conversation.id, None, request, now)
        until = now + min(self._policy.silent_for, LONGEST_CALL)
        contacts.take_over(connection, conversation.id, name, until)
        self._notes.taken(connection, conversation, now)

    @contextmanager
    def _asking_twilio(self) -> Iterator[None]:
        """Convert Twilio's refusal to CannotBeDone; the form may then be sent again. Raises DoneBefore."""
        with self._once.asking():
            try:
                yield
            except IntegrationError as error:
                log.warning("operator_refused", code=error.code, status=error.status)
                raise CannotBeDone(Trouble.REFUSED, error.code) from error
