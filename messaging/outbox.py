"""The outbox: how messages of ours reach their provider, each once and in order.

A message is claimed before it leaves: in the reply to a webhook (its SID is then not known until a receipt brings
it) or by the job that sends it. One that was claimed and of which nothing is known is looked for in the provider's
own list, and taken from there or sent again. So none is lost, and one is said twice only where nobody can be asked.
"""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from integrations.errors import IntegrationError
from integrations.twilio_messages import MessageState, TwilioMessages
from integrations.twilio_rest import may_have_been_done
from messaging.requests import status_of
from messaging.twiml import Outgoing
from storage import messages
from storage.base import utc_now
from storage.database import Database
from storage.messages import MessageRecord, Recipient
from storage.models import MessageStatus
from storage.work import Work

log = structlog.get_logger()

RECEIPT_WITHIN = timedelta(seconds=60)
"""A message that went out in a reply, and of which no receipt came for so long, is looked for."""
WINDOW = timedelta(hours=24)
"""Free text reaches a person only so long after they wrote (WhatsApp's rule)."""
OUTSIDE_WINDOW = 63016
NEXT_PART_S = 1.0
"""How long the next part waits for the receipt of the one before: WhatsApp itself keeps no order."""
GLANCE_S = 0.1


class Outbox:
    """Sends what is written for people. rest: None where there are no credentials: replies alone then carry it.

    sender: our address ("whatsapp:+..."); None: the one that was written to. public_url: the base of the URLs that
    the provider tells receipts to; None: receipts are not asked for.
    """

    def __init__(
        self,
        database: Database,
        work: Work,
        rest: TwilioMessages | None,
        *,
        sender: str | None,
        public_url: str | None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._work, self._rest = database, work, rest
        self._sender, self._public_url, self._clock = sender, public_url, clock

    def show_typing(self, recipient: Recipient, sid: str) -> None:
        """Let the person see that an answer is being written; nobody waits for it, or minds when it fails."""
        if self._can_send(recipient) and sid.startswith(("SM", "MM")):
            threading.Thread(target=self._show_typing, args=(sid,), name="typing", daemon=True).start()

    def _show_typing(self, sid: str) -> None:
        assert self._rest is not None
        try:
            self._rest.show_typing(sid)
        except IntegrationError as error:
            log.info("typing_not_shown", code=error.code)

    # Claiming

    def claim(
        self, recipient: Recipient, turn_id: int, bodies: Sequence[str], *, in_reply_to: str | None
    ) -> list[Outgoing]:
        """Keep what answers a turn, and return what goes out in the reply to the webhook; the rest follows.

        in_reply_to: the base URL of that reply's callbacks; None: there is no reply to put it into.
        """
        if not bodies:
            return []
        first = MessageStatus.WAITING if in_reply_to is None else MessageStatus.CLAIMED
        with self._database.write() as connection:
            ids = messages.claim_parts(
                connection, recipient.conversation_id, turn_id, bodies, self._clock(), first=first
            )
            if ids is None:
                return []  # somebody else is saying it
            if self._can_send(recipient):
                if len(ids) > 1 or in_reply_to is None:
                    self.send_later(connection, recipient.conversation_id, delay_s=0)
                going = messages.by_ids(connection, ids[:1])
            else:  # what was late before opens this reply
                unsent = messages.unsent(connection, recipient.conversation_id)
                going = [m for m in unsent if m.status is MessageStatus.WAITING or m.id in ids]
            if in_reply_to is None:
                return []
            messages.claim(connection, [message.id for message in going], self._clock())
        return [outgoing(in_reply_to, message) for message in going]

    def send_later(self, connection: Connection, conversation_id: int, delay_s: float = 0) -> None:
        """Hand over the sending of what a conversation has unsent, with the caller's transaction."""
        self._work.enqueue(
            connection, "send_whatsapp", {"conversation_id": conversation_id},
            key=f"{conversation_id}", partition=f"whatsapp:{conversation_id}", delay_s=delay_s,
        )  # fmt: skip

    def _can_send(self, recipient: Recipient) -> bool:
        return self._rest is not None and not recipient.simulated

    # Sending

    def send(self, payload: dict[str, Any]) -> None:
        """Send what a conversation has unsent, in order. Raises IntegrationError where it is worth another try."""
        conversation_id = int(payload["conversation_id"])
        with self._database.read() as connection:
            recipient = messages.find_recipient(connection, conversation_id=conversation_id)
        if recipient is None or self._rest is None or not self._can_send(recipient):
            return
        before: MessageRecord | None = None
        wait_s = 0.0
        for message in self._unsent(conversation_id):
            if message.status is MessageStatus.CLAIMED and not self._is_overdue(message):
                wait_s = max(wait_s, self._until_overdue_s(message))
            else:
                self._wait_for_receipt(before)
                self._send_one(self._rest, recipient, message)
            before = message
        if wait_s:
            with self._database.write() as connection:
                self.send_later(connection, conversation_id, delay_s=wait_s)

    def _unsent(self, conversation_id: int) -> list[MessageRecord]:
        with self._database.read() as connection:
            return messages.unsent(connection, conversation_id)

    def _until_overdue_s(self, message: MessageRecord) -> float:
        return (message.changed_at + RECEIPT_WITHIN - self._clock()).total_seconds()

    def _is_overdue(self, message: MessageRecord) -> bool:
        return self._until_overdue_s(message) <= 0

    def _wait_for_receipt(self, message: MessageRecord | None) -> None:
        """Give the part before a moment to arrive."""
        deadline = time.monotonic() + NEXT_PART_S
        while message is not None and time.monotonic() < deadline:
            with self._database.read() as connection:
                now = messages.message_by_id(connection, message.id)
            if (
                now is None
                or messages.RECEIPT_RANKS[now.status] >= messages.RECEIPT_RANKS[MessageStatus.SENT]
            ):
                return
            time.sleep(GLANCE_S)

    def _send_one(self, rest: TwilioMessages, recipient: Recipient, message: MessageRecord) -> None:
        if message.status is not MessageStatus.WAITING and self._was_sent(rest, recipient, message):
            return
        if recipient.wrote_at is None or self._clock() - recipient.wrote_at > WINDOW:
            self._note_failed(message, OUTSIDE_WINDOW)
            return
        with self._database.write() as connection:
            messages.begin_sending(connection, message.id, self._clock())
        try:
            state = rest.send(
                to=recipient.address,
                sender=self._sender or recipient.our_address,
                body=message.body,
                status_callback=self._public_url and status_callback(self._public_url, message.id),
            )
        except IntegrationError as error:
            self._after_failure(message, error)
            return
        self._note_sent(message, state)

    def _was_sent(self, rest: TwilioMessages, recipient: Recipient, message: MessageRecord) -> bool:
        """Look for a message in the provider's list, and note it where it is there and is no other of ours."""
        sent = rest.last_sent(
            to=recipient.address,
            sender=self._sender or recipient.our_address,
            since=message.created_at - timedelta(seconds=5),
        )
        with self._database.read() as connection:
            known = messages.known_sids(connection, [state.sid for state in sent])
        found = next(
            (s for s in reversed(sent) if s.sid not in known and s.body.strip() == message.body.strip()), None
        )
        if found is not None:
            log.info("message_found_sent", message_id=message.id)
            self._note_sent(message, found)
        return found is not None

    def _after_failure(self, message: MessageRecord, error: IntegrationError) -> None:
        if error.permanent:
            self._note_failed(message, error.code if isinstance(error.code, int) else None)
            return
        if not may_have_been_done(error):
            with self._database.write() as connection:
                messages.put_back(connection, message.id, self._clock())
        raise error

    def _note_sent(self, message: MessageRecord, state: MessageState) -> None:
        status = status_of(state.status) or MessageStatus.QUEUED
        with self._database.write() as connection:
            messages.sent(connection, message.id, state.sid, status, self._clock())

    def _note_failed(self, message: MessageRecord, code: int | None) -> None:
        log.error("message_not_sent", message_id=message.id, code=code)
        with self._database.write() as connection:
            messages.receipt(connection, MessageStatus.FAILED, code, self._clock(), message_id=message.id)


def outgoing(base_url: str, message: MessageRecord) -> Outgoing:
    """Return a message as it goes out in a reply."""
    return Outgoing(message.body, status_callback(base_url, message.id))


def status_callback(base_url: str, message_id: int) -> str:
    """Return the URL that the provider tells what became of a message; our id stands for the SID to come."""
    return f"{base_url}/webhook/whatsapp/status?message={message_id}"
