"""The outbox: how messages of ours reach their provider, each once and in order.

A message is claimed before it leaves: in the reply to a webhook (its SID is then not known until a receipt brings
it) or by the job that sends it. One that was claimed and of which nothing is known is looked for in the provider's
own list, and taken from there or sent again. So none is lost, and one is said twice only where nobody can be asked.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from conversation.people import NOBODY, Mirror
from integrations.errors import IntegrationError
from integrations.twilio_messages import MessageState, TwilioMessages
from integrations.twilio_rest import may_have_been_done
from messaging.requests import status_of
from messaging.twiml import Outgoing
from storage import messages, outgoing, paces, recipients
from storage.base import utc_now
from storage.database import Database
from storage.messages import Attachment, MessageRecord
from storage.models import MessageStatus
from storage.recipients import Recipient
from storage.work import Work

log = structlog.get_logger()

RECEIPT_WITHIN = timedelta(seconds=60)
"""A message that went out in a reply, and of which no receipt came for so long, is looked for."""
WINDOW = timedelta(hours=24)
"""Free text reaches a person only so long after they wrote (WhatsApp's rule)."""
OUTSIDE_WINDOW = 63016
NOTICE = "notice"
"""A message to one of ours: outside the window it goes out as the template, its words in one line."""
NEXT_PART_S = 1.0
"""How long the next part waits for the receipt of the one before: WhatsApp itself keeps no order."""
GLANCE_S = 0.1

SANDBOX = "whatsapp:+14155238886"
"""Twilio's shared number to try WhatsApp with: one message in three seconds, counted when it arrives."""
SANDBOX_PACE = timedelta(seconds=3.5)
PACE = timedelta(seconds=1 / 80)
"""Messages of one number, by Twilio's limits."""
PATIENCE = timedelta(seconds=5)
"""A job waits for its turn so long; what takes longer becomes another job."""
HOLD_S = 5.0
"""A number that sends too fast for Twilio is held so long, where Twilio does not say how long."""
TOO_FAST = frozenset({20429, 63018})
LATER_S = 15
"""Jobs that wait for about the same moment are one."""


class Outbox:
    """Sends what is written for people. rest: None where there are no credentials: replies alone then carry it.

    prompt_rest: the same, with less patience, for who waits for it. template_sid: what notices outside the window are.
    sender: our address ("whatsapp:+..."); None: the one that was written to. public_url: the base of the URLs that
    the provider tells receipts to; None: receipts are not asked for.
    """

    def __init__(
        self,
        database: Database,
        work: Work,
        rest: TwilioMessages | None,
        *,
        prompt_rest: TwilioMessages | None = None,
        template_sid: str | None = None,
        mirror: Mirror = NOBODY,
        sender: str | None,
        public_url: str | None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._work, self._rest, self._mirror = database, work, rest, mirror
        self._prompt_rest, self._template_sid = prompt_rest, template_sid
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
        now = self._clock()
        with self._database.write() as connection:
            if recipients.is_silenced(connection, recipient.conversation_id, turn_id, now):
                self._hold_parts(connection, recipient, turn_id, bodies)
                return []
            first = MessageStatus.WAITING if in_reply_to is None else MessageStatus.CLAIMED
            ids = outgoing.claim_parts(
                connection, recipient.conversation_id, turn_id, bodies, now, first=first
            )
            if ids is None:
                return []  # somebody else is saying it
            for message_id in ids:
                self._mirror.message(connection, message_id, now)
            return self._go(connection, recipient, ids, in_reply_to)

    def _go(
        self, connection: Connection, recipient: Recipient, ids: list[int], in_reply_to: str | None
    ) -> list[Outgoing]:
        """See to it that messages go out; return those that do so in the reply."""
        if self._can_send(recipient):
            if len(ids) > 1 or in_reply_to is None:
                self.send_later(connection, recipient.conversation_id)
            going = messages.by_ids(connection, ids[:1])
        else:  # what was late before opens this reply
            unsent = outgoing.unsent(connection, recipient.conversation_id)
            going = [m for m in unsent if m.status is MessageStatus.WAITING or m.id in ids]
        if in_reply_to is None:
            return []
        now = self._clock()
        late = [message.id for message in going if message.id != ids[0]]
        if late:
            outgoing.claim(connection, late, now)
        if self._from(recipient) == SANDBOX:
            paces.hold(connection, SANDBOX, now + SANDBOX_PACE, now)
        return [in_reply(in_reply_to, message) for message in going]

    def _hold_parts(
        self, connection: Connection, recipient: Recipient, turn_id: int, bodies: Sequence[str]
    ) -> None:
        """Keep an answer that nobody is told, for a person has taken over."""
        log.info("answer_held", conversation_id=recipient.conversation_id)
        held = MessageStatus.HELD
        outgoing.claim_parts(
            connection, recipient.conversation_id, turn_id, bodies, self._clock(), first=held, rest=held
        )

    def write(
        self,
        connection: Connection,
        recipient: Recipient,
        body: str,
        *,
        author: str,
        kind: str = "text",
        attachments: Sequence[Attachment] = (),
    ) -> int:
        """Keep a message that somebody of ours writes, to be sent; return its id. author: never empty."""
        message_id = outgoing.add_outbound(
            connection, recipient.conversation_id, kind, body, self._clock(), MessageStatus.WAITING,
            author=author, attachments=attachments,
        )  # fmt: skip
        self.send_later(connection, recipient.conversation_id)
        return message_id

    def send_later(self, connection: Connection, conversation_id: int, delay_s: float = 0) -> None:
        """Hand over the sending of what a conversation has unsent, with the caller's transaction."""
        key = f"{conversation_id}"
        if delay_s > 0:  # a job that waits for its time is no reason for another to do so
            key += f":{int(self._clock().timestamp() + delay_s) // LATER_S}"
        self._work.enqueue(
            connection, "send_whatsapp", {"conversation_id": conversation_id},
            key=key, partition=f"whatsapp:{conversation_id}", delay_s=delay_s,
        )  # fmt: skip

    def look_later(self, connection: Connection, recipient: Recipient) -> None:
        """See to it that what goes out in a reply is looked for, should no receipt for it come."""
        if self._can_send(recipient):
            self.send_later(connection, recipient.conversation_id, delay_s=RECEIPT_WITHIN.total_seconds())

    def _can_send(self, recipient: Recipient) -> bool:
        return self._rest is not None and not recipient.simulated

    def claim_notice(self, connection: Connection, message_id: int) -> None:
        """Keep the worker from a message for a minute, with the caller's transaction: the caller sends it."""
        outgoing.claim(connection, [message_id], self._clock())
        message = messages.message_by_id(connection, message_id)
        assert message is not None
        self.send_later(connection, message.conversation_id, delay_s=RECEIPT_WITHIN.total_seconds())

    def send_now(self, message_id: int) -> str:
        """Send a message that was claimed, once, and return its SID. Raises IntegrationError.

        What may have been sent all the same is looked for by the worker; what was not is sent by it.
        """
        with self._database.read() as connection:
            [message] = messages.by_ids(connection, [message_id])
            found = recipients.find_recipient(connection, conversation_id=message.conversation_id)
        assert found is not None
        if self._prompt_rest is None:
            raise IntegrationError("WhatsApp is not configured", permanent=True)
        try:
            state = self._deliver(self._prompt_rest, found, message)
        except IntegrationError as error:
            self._after_prompt_failure(message, error)
            raise
        self._note_sent(message, state)
        return state.sid

    def _after_prompt_failure(self, message: MessageRecord, error: IntegrationError) -> None:
        if error.permanent:
            self._note_failed(message, error.code if isinstance(error.code, int) else None)
        elif not may_have_been_done(error):
            with self._database.write() as connection:
                outgoing.put_back(connection, message.id, self._clock())
                self.send_later(connection, message.conversation_id)

    # Sending

    def send(self, payload: dict[str, Any]) -> None:
        """Send what a conversation has unsent, in order. Raises IntegrationError where it is worth another try."""
        conversation_id = int(payload["conversation_id"])
        with self._database.read() as connection:
            recipient = recipients.find_recipient(connection, conversation_id=conversation_id)
        if recipient is None or self._rest is None or not self._can_send(recipient):
            return
        before: MessageRecord | None = None
        wait_s = 0.0
        for message in self._unsent(conversation_id):
            if message.status is MessageStatus.CLAIMED and not self._is_overdue(message):
                wait_s = max(wait_s, self._until_overdue_s(message))
            else:
                self._wait_for_receipt(before)
                not_now_s = self._send_one(self._rest, recipient, message)
                if not_now_s:  # nor what follows it
                    wait_s = not_now_s
                    break
            before = message
        if wait_s:
            with self._database.write() as connection:
                self.send_later(connection, conversation_id, delay_s=wait_s)

    def _unsent(self, conversation_id: int) -> list[MessageRecord]:
        with self._database.read() as connection:
            return outgoing.unsent(connection, conversation_id)

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
                or outgoing.RECEIPT_RANKS[now.status] >= outgoing.RECEIPT_RANKS[MessageStatus.SENT]
            ):
                return
            time.sleep(GLANCE_S)

    def _send_one(self, rest: TwilioMessages, recipient: Recipient, message: MessageRecord) -> float:
        """Send a message; return after how many seconds it is to be tried where it cannot go now, else 0."""
        if message.status is not MessageStatus.WAITING and self._was_sent(rest, recipient, message):
            return 0
        if self._is_outside_window(recipient) and self._template_for(message) is None:
            self._note_failed(message, OUTSIDE_WINDOW)
            return 0
        wait_s = self._begin(recipient, message)
        if wait_s is None:
            return 0
        if wait_s > PATIENCE.total_seconds():
            return wait_s
        time.sleep(wait_s)
        try:
            state = self._deliver(rest, recipient, message)
        except IntegrationError as error:
            return self._after_failure(recipient, message, error)
        self._note_sent(message, state)
        return 0

    def _deliver(self, rest: TwilioMessages, recipient: Recipient, message: MessageRecord) -> MessageState:
        """Give a message to the provider. Raises IntegrationError."""
        outside = self._is_outside_window(recipient)
        template = self._template_for(message) if outside else None
        if outside and template is None:
            raise IntegrationError("outside the 24-hour window", permanent=True, code=OUTSIDE_WINDOW)
        in_one_line = " · ".join(line.strip() for line in message.body.splitlines() if line.strip())
        return rest.send(
            to=recipient.address or f"whatsapp:{recipient.number}",
            sender=self._from(recipient),
            body=None if template else message.body or None,
            media_url=message.attachments[0].url if message.attachments else None,
            content_sid=template,
            content_variables={"1": in_one_line} if template else None,
            status_callback=self._public_url and status_callback(self._public_url, message.id),
        )

    def _is_outside_window(self, recipient: Recipient) -> bool:
        return recipient.wrote_at is None or self._clock() - recipient.wrote_at > WINDOW

    def _template_for(self, message: MessageRecord) -> str | None:
        """The approved template that a notice goes out with where free text may not."""
        return self._template_sid if message.kind == NOTICE else None

    def _from(self, recipient: Recipient) -> str:
        return self._sender or recipient.our_address

    def _begin(self, recipient: Recipient, message: MessageRecord) -> float | None:
        """Take the next place that our number has; return the seconds until then, None where it is not to go."""
        now, sender = self._clock(), self._from(recipient)
        interval = SANDBOX_PACE if sender == SANDBOX else PACE
        with self._database.write() as connection:
            if message.turn_id is not None and recipients.is_silenced(
                connection, recipient.conversation_id, message.turn_id, now
            ):
                outgoing.hold(connection, message.id, now)
                return None
            at = paces.take(connection, sender, interval, now, within=PATIENCE)
            if at - now <= PATIENCE:
                outgoing.begin_sending(connection, message.id, now)
        return (at - now).total_seconds()

    def _was_sent(self, rest: TwilioMessages, recipient: Recipient, message: MessageRecord) -> bool:
        """Look for a message in the provider's list, and note it where it is there and is no other of ours."""
        sent = rest.last_sent(
            to=recipient.address,
            sender=self._from(recipient),
            since=message.created_at - timedelta(seconds=5),
        )
        with self._database.read() as connection:
            known = outgoing.known_sids(connection, [state.sid for state in sent])
        found = next(
            (s for s in reversed(sent) if s.sid not in known and s.body.strip() == message.body.strip()), None
        )
        if found is not None:
            log.info("message_found_sent", message_id=message.id)
            self._note_sent(message, found)
        return found is not None

    def _after_failure(self, recipient: Recipient, message: MessageRecord, error: IntegrationError) -> float:
        """Note why a message did not go; return the seconds to wait where Twilio wants fewer. Raises the rest."""
        if error.permanent:
            self._note_failed(message, error.code if isinstance(error.code, int) else None)
            return 0
        is_too_fast = error.status == 429 or error.code in TOO_FAST
        if is_too_fast or not may_have_been_done(error):
            with self._database.write() as connection:
                outgoing.put_back(connection, message.id, self._clock())
        if not is_too_fast:
            raise error
        return self._hold(self._from(recipient), math.ceil(error.retry_after_s or HOLD_S))

    def _hold(self, sender: str, seconds: float) -> float:
        log.warning("sending_too_fast", wait_s=seconds)
        now = self._clock()
        with self._database.write() as connection:
            paces.hold(connection, sender, now + timedelta(seconds=seconds), now)
        return seconds

    def _note_sent(self, message: MessageRecord, state: MessageState) -> None:
        status = status_of(state.status) or MessageStatus.QUEUED
        with self._database.write() as connection:
            outgoing.sent(connection, message.id, state.sid, status, self._clock())

    def _note_failed(self, message: MessageRecord, code: int | None) -> None:
        log.error("message_not_sent", message_id=message.id, code=code)
        now = self._clock()
        with self._database.write() as connection:
            outgoing.receipt(connection, MessageStatus.FAILED, code, now, message_id=message.id)
            self._mirror.receipt(connection, message.id, MessageStatus.FAILED, code, now)


def in_reply(base_url: str, message: MessageRecord) -> Outgoing:
    """Return a message as it goes out in a reply."""
    return Outgoing(message.body, status_callback(base_url, message.id))


def status_callback(base_url: str, message_id: int) -> str:
    """Return the URL that the provider tells what became of a message; our id stands for the SID to come."""
    return f"{base_url}/webhook/whatsapp/status?message={message_id}"
