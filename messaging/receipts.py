"""Keeps the providers' receipts of our messages."""

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Connection

from conversation.message_kinds import CAMPAIGN
from conversation.observers import NULL_OBSERVER, ConversationObserver
from integrations.twilio.error_codes import PASSING_CODES
from messaging.providers.base import TWILIO
from messaging.requests import ReceiptFacts
from messaging.sending.outbox import AGAIN_AFTER_S, Outbox
from phone_numbers import matching_number
from storage.after_commit import after_commit
from storage.base import utc_now
from storage.database import Database
from storage.identities import pairing
from storage.identities.finding import Evidence, IdentityKey, identity_of_number, identity_of_user
from storage.models import LOST, MessageStatus
from storage.queries import contacts, outgoing
from storage.queries.messages import MessageRecord

log = structlog.get_logger()


class Receipts:
    """Keeps a provider's receipts, never backwards, and sends again messages that may yet arrive.

    provider: where they come from; passing_codes: its codes for temporary failures.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        observer: ConversationObserver = NULL_OBSERVER,
        *,
        provider: str = TWILIO,
        passing_codes: frozenset[int] = PASSING_CODES,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._outbox, self._observer, self._clock = database, outbox, observer, clock
        self._provider, self._passing_codes = provider, passing_codes

    def note(self, facts: ReceiptFacts, message_id: int | None = None) -> None:
        """Keep a message's receipt, by our id or its SID. Raises SQLAlchemyError if it cannot be kept."""
        if facts.status is not None:
            self._database.run(lambda connection: self._keep_one(connection, facts, message_id))

    def _keep_one(self, connection: Connection, facts: ReceiptFacts, message_id: int | None) -> None:
        now = self._clock()
        assert facts.status is not None
        message = self._keep(connection, facts, message_id, now)
        if message is None:  # once more by its SID too, which may have been kept in this very moment
            message = self._keep(connection, facts, self._being_sent(connection, facts, now), now)
        if message is None:
            after_commit(connection, log.info, "receipt_of_a_stranger", status=facts.status)
            return
        if outgoing.is_of_earlier_try(message, facts.sid or None):
            return
        is_lost = facts.status in LOST and message.status not in LOST
        if is_lost and self._outbox.send_as_template(connection, message, facts.error_code):
            return
        self._learn_user_id(connection, facts, now)
        self._observer.receipt(connection, message.id, facts.status, facts.error_code, now)
        if not is_lost:
            return
        after_commit(connection, log.error, "message_failed", message_id=message.id, code=facts.error_code)
        if message.kind == CAMPAIGN:
            return  # sent again by its campaign
        if facts.error_code in self._passing_codes and message.tries < len(AGAIN_AFTER_S):
            outgoing.try_again(connection, message.id, now)
            self._outbox.send_later(connection, message.conversation_id, delay_s=AGAIN_AFTER_S[message.tries])

    def _learn_user_id(self, connection: Connection, facts: ReceiptFacts, now: datetime) -> None:
        """Note the user id of the number to which a message has come."""
        if facts.number and facts.user_id and facts.status in (MessageStatus.DELIVERED, MessageStatus.READ):
            number, user = self._identities(facts)
            assert number is not None and user is not None
            pairing.add_user_id(connection, number, user, now, Evidence.RECEIPT)

    def _identities(self, facts: ReceiptFacts) -> tuple[IdentityKey | None, IdentityKey | None]:
        """Return the identities of the number and of the user id that a receipt names."""
        number = facts.number and identity_of_number(matching_number(facts.number), simulated=False)
        user = facts.user_id and identity_of_user(facts.user_id, self._provider, simulated=False)
        return number or None, user or None

    def _keep(
        self, connection: Connection, facts: ReceiptFacts, message_id: int | None, now: datetime
    ) -> MessageRecord | None:
        assert facts.status is not None
        sid = facts.sid or None
        return outgoing.receipt(
            connection, facts.status, facts.error_code, now, message_id=message_id, sid=sid
        )

    def _being_sent(self, connection: Connection, facts: ReceiptFacts, now: datetime) -> int | None:
        """Return the only message to that person whose SID is unknown: it can be no other of ours.

        Only for a message's first receipt: later ones may belong to a message that somebody else sent.
        """
        number, user = self._identities(facts)
        key = number or user
        if key is None or facts.status not in (MessageStatus.SENT, *LOST):
            return None
        conversation_id = contacts.conversation_found_by(connection, key, now)
        if conversation_id is None:
            return None
        sending = outgoing.being_sent(connection, conversation_id, now)
        return sending[0].id if len(sending) == 1 else None
