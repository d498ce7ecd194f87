"""Sends messages through their providers, each once and in order.

A message is claimed before it leaves: in the reply to a webhook (its SID is then not known until a receipt
brings it) or by the job that sends it. A claimed message of unknown fate is searched for in the provider's
list, and taken from there or sent again; without such a list, it is sent again once, if no receipt has come
for a while. So none is lost, and one arrives twice only if the provider cannot be queried.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from conversation import service_window
from conversation.observers import NULL_OBSERVER, ConversationObserver
from integrations.errors import IntegrationError
from integrations.plain_text import sendable
from jobs.queue import Work
from messaging.providers.base import Channels, OutgoingMessage, Provider, SentMessage, TooFast
from messaging.providers.twilio import status_callback as status_callback
from messaging.twiml import Outgoing
from storage.base import utc_now
from storage.database import Database
from storage.models import MessageStatus
from storage.queries import contacts, messages, outgoing, send_rate
from storage.queries.contacts import Recipient
from storage.queries.messages import Attachment, MessageRecord

log = structlog.get_logger()

RECEIPT_WITHIN = timedelta(seconds=60)
"""A message that may have gone out is searched for, or sent again, if no receipt comes for so long."""
AGAIN_AFTER_S = (5.0, 30.0, 120.0, 600.0)
"""Before each further attempt at a message that the provider accepted and could not deliver for now.

A message sent again because its fate is unknown has no further attempts.
"""
NOTICE, TEMPLATE = "notice", "template"
"""A message to one of ours, as free text; and once it goes out as the template, its words in one line."""
NEXT_PART_S = 1.0
"""The wait of the next part for the receipt of the one before: WhatsApp itself keeps no order."""
GLANCE_S = 0.1
MOST_TYPING = 50
"""Typing is shown for so many at once; should the provider hang, no further one waits for it."""

PATIENCE = timedelta(seconds=5)
"""The longest that a job waits for its turn; beyond that it queues another job."""
LATER_S = 15
"""Jobs due within the same such interval are one."""


class Outbox:
    """Sends messages, by the provider through which each contact last wrote.

    Without credentials for a provider, messages go out only in replies to its webhooks.
    """

    def __init__(
        self,
        database: Database,
        work: Work,
        channels: Channels,
        *,
        observer: ConversationObserver = NULL_OBSERVER,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._work, self._channels = database, work, channels
        self._observer, self._clock = observer, clock
        self._typing = threading.BoundedSemaphore(MOST_TYPING)

    def show_typing(self, recipient: Recipient, sid: str) -> None:
        """Show that an answer is being written, in the background; failures are ignored."""
        provider = self._channels.of(recipient)
        if provider is not None and self._typing.acquire(blocking=False):
            asking = threading.Thread(
                target=self._show_typing, args=(provider, sid), name="typing", daemon=True
            )
            asking.start()

    def _show_typing(self, provider: Provider, sid: str) -> None:
        try:
            provider.show_typing(sid)
        except IntegrationError as error:
            log.info("typing_not_shown", code=error.code)
        finally:
            self._typing.release()

    # Claiming

    def claim(
        self, recipient: Recipient, turn_id: int, bodies: Sequence[str], *, in_reply_to: str | None
    ) -> list[Outgoing]:
        """Keep a turn's answer, and return the messages for the reply to the webhook; the rest follows.

        in_reply_to: the base URL of that reply's callbacks; None: there is no reply to put it into.
        """
        if not bodies:
            return []
        return self._database.run(
            lambda connection: self._claim(connection, recipient, turn_id, bodies, in_reply_to)
        )

    def _claim(
        self,
        connection: Connection,
        recipient: Recipient,
        turn_id: int,
        bodies: Sequence[str],
        in_reply_to: str | None,
    ) -> list[Outgoing]:
        now = self._clock()
        if contacts.is_silenced(connection, recipient.conversation_id, turn_id, now):
            self._hold_parts(connection, recipient, turn_id, bodies)
            return []
        first = MessageStatus.WAITING if in_reply_to is None else MessageStatus.CLAIMED
        parts = outgoing.claim_parts(connection, recipient.conversation_id, turn_id, bodies, now, first=first)
        if parts is None:
            return []  # somebody else is saying it
        for part in parts:
            self._observer.message(connection, part.id, now)
        return self._go(connection, recipient, parts, in_reply_to)

    def _go(
        self,
        connection: Connection,
        recipient: Recipient,
        parts: Sequence[MessageRecord],
        in_reply_to: str | None,
    ) -> list[Outgoing]:
        """Arrange that messages go out; return those that do so in the reply."""
        provider = self._channels.of(recipient)
        if provider is not None:
            if len(parts) > 1 or in_reply_to is None:
                self.send_later(connection, recipient.conversation_id)
            going = [parts[0]]
        else:  # what was late before opens this reply
            unsent = outgoing.unsent(connection, recipient.conversation_id)
            ids = {part.id for part in parts}
            going = [m for m in unsent if m.status is MessageStatus.WAITING or m.id in ids]
        if in_reply_to is None:
            return []
        now = self._clock()
        late = [message.id for message in going if message.id != parts[0].id]
        if late:
            outgoing.claim(connection, late, now)
        if provider is not None and (pace := provider.pace(recipient)).counts_replies:
            send_rate.hold(connection, pace.sender, now + pace.interval, now)
        return [in_reply(in_reply_to, message) for message in going]

    def _hold_parts(
        self, connection: Connection, recipient: Recipient, turn_id: int, bodies: Sequence[str]
    ) -> None:
        """Keep an answer unsent, as an operator or a seller has taken over."""
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
        """Keep a message by a person of ours, to be sent; return its id. author: never empty."""
        message_id = outgoing.add_outbound(
            connection, recipient.conversation_id, kind, body, self._clock(), MessageStatus.WAITING,
            author=author, attachments=attachments,
        )  # fmt: skip
        self.send_later(connection, recipient.conversation_id)
        return message_id

    def send_later(self, connection: Connection, conversation_id: int, delay_s: float = 0) -> None:
        """Queue the sending of a conversation's unsent messages, in the caller's transaction."""
        key = f"{conversation_id}"
        if delay_s > 0:  # a job that waits for its time is no reason for another to do so
            key += f":{int(self._clock().timestamp() + delay_s) // LATER_S}"
        self._work.enqueue(
            connection, "send_whatsapp", {"conversation_id": conversation_id},
            key=key, partition=f"whatsapp:{conversation_id}", delay_s=delay_s,
        )  # fmt: skip

    def look_later(self, connection: Connection, recipient: Recipient) -> None:
        """Queue a check of messages in a reply, for when no receipt comes."""
        if self._channels.of(recipient) is not None:
            self.send_later(connection, recipient.conversation_id, delay_s=RECEIPT_WITHIN.total_seconds())

    def claim_notice(self, connection: Connection, message_id: int) -> None:
        """Keep the worker from a message for a minute, with the caller's transaction: the caller sends it."""
        outgoing.claim(connection, [message_id], self._clock())
        message = messages.message_by_id(connection, message_id)
        assert message is not None
        self.send_later(connection, message.conversation_id, delay_s=RECEIPT_WITHIN.total_seconds())

    def send_now(self, message_id: int) -> str:
        """Send a claimed message, once, and return its SID. Raises IntegrationError.

        After a failure the worker sends it, or searches for it if it may have been sent all the same.
        """
        with self._database.read() as connection:
            [message] = messages.by_ids(connection, [message_id])
            found = contacts.find_recipient(connection, conversation_id=message.conversation_id)
        assert found is not None
        provider = self._channels.prompt_of(found)
        if provider is None:
            raise IntegrationError("WhatsApp is not configured", permanent=True)
        try:
            sent = self._deliver(provider, found, message)
        except IntegrationError as error:
            self._after_prompt_failure(provider, message, error)
            raise
        self._note_sent(message, sent)
        return sent.sid

    def _after_prompt_failure(
        self, provider: Provider, message: MessageRecord, error: IntegrationError
    ) -> None:
        if error.permanent:
            self._note_failed(message, error.code if isinstance(error.code, int) else None)
        elif not provider.may_have_been_done(error):
            with self._database.write() as connection:
                outgoing.put_back(connection, message.id, self._clock())
                self.send_later(connection, message.conversation_id)

    # Sending

    def send(self, payload: dict[str, Any]) -> None:
        """Send a conversation's unsent messages, in order. Raises IntegrationError if it is worth another try."""
        conversation_id = int(payload["conversation_id"])
        with self._database.read() as connection:
            recipient = contacts.find_recipient(connection, conversation_id=conversation_id)
        provider = self._channels.of(recipient) if recipient is not None else None
        if recipient is None or provider is None:
            return
        before: MessageRecord | None = None
        wait_s = 0.0
        for message in self._unsent(conversation_id):
            if message.status is MessageStatus.CLAIMED and not self._is_overdue(message):
                wait_s = max(wait_s, self._until_overdue_s(message))
            else:
                self._wait_for_receipt(before)
                not_now_s = self._send_one(provider, recipient, message)
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

    def _send_one(self, provider: Provider, recipient: Recipient, message: MessageRecord) -> float:
        """Send a message; return the seconds until the next attempt if it cannot go now, else 0."""
        if message.status is not MessageStatus.WAITING:
            wait_s = self._in_doubt(provider, recipient, message)
            if wait_s is not None:
                return wait_s
        wait_s = self._begin(provider, recipient, message)
        if wait_s is None:
            return 0
        if wait_s > PATIENCE.total_seconds():
            return wait_s
        time.sleep(wait_s)
        try:
            sent = self._deliver(provider, recipient, message)
        except IntegrationError as error:
            return self._after_failure(provider, recipient, message, error)
        self._note_sent(message, sent)
        return 0

    def _deliver(self, provider: Provider, recipient: Recipient, message: MessageRecord) -> SentMessage:
        """Give a message to the provider. Raises IntegrationError.

        A notice goes out as the template if the contact's last message is too old, or free text is refused.
        """
        if self._has_closed(recipient) and _has_other_form(provider, message):
            message = self._as_template(message)
        try:
            return _give(provider, recipient, message)
        except IntegrationError as error:
            if error.code != provider.outside_window or not _has_other_form(provider, message):
                raise
        return _give(provider, recipient, self._as_template(message))

    def _has_closed(self, recipient: Recipient) -> bool:
        """Return True if the window is surely closed: joining Twilio's sandbox opens it without our knowledge."""
        return recipient.wrote_at is not None and not service_window.is_open(
            recipient.wrote_at, self._clock()
        )

    def _as_template(self, message: MessageRecord) -> MessageRecord:
        with self._database.write() as connection:
            outgoing.change_kind(connection, message.id, TEMPLATE)
        return replace(message, kind=TEMPLATE)

    def send_as_template(self, connection: Connection, message: MessageRecord, code: int | None) -> bool:
        """Send a notice as the template after its free text was refused; False if that is not the case.

        code: the provider's, from the receipt.
        """
        recipient = contacts.find_recipient(connection, conversation_id=message.conversation_id)
        provider = self._channels.of(recipient) if recipient is not None else None
        if provider is None or code != provider.outside_window or not _has_other_form(provider, message):
            return False
        outgoing.change_kind(connection, message.id, TEMPLATE)
        outgoing.try_again(connection, message.id, self._clock())
        self.send_later(connection, message.conversation_id)
        log.info("notice_sent_as_template", message_id=message.id)
        return True

    def _begin(self, provider: Provider, recipient: Recipient, message: MessageRecord) -> float | None:
        """Take our number's next slot for sending; return the seconds until then, None if it is not to go."""
        now, pace = self._clock(), provider.pace(recipient)
        with self._database.write() as connection:
            if message.turn_id is not None and contacts.is_silenced(
                connection, recipient.conversation_id, message.turn_id, now
            ):
                outgoing.hold(connection, message.id, now)
                self._observer.receipt(connection, message.id, MessageStatus.HELD, None, now)
                return None
            at = send_rate.take(connection, pace.sender, pace.interval, now, within=PATIENCE)
            if at - now <= PATIENCE:
                outgoing.begin_sending(connection, message.id, now)
        return (at - now).total_seconds()

    def _in_doubt(self, provider: Provider, recipient: Recipient, message: MessageRecord) -> float | None:
        """Search for a message that the provider may have; None: it is to be sent, else as _send_one returns."""
        sent = provider.last_sent(recipient, message.created_at - timedelta(seconds=5))
        if sent is None:
            return self._repeat(message)
        if self._was_sent(sent, message):
            return 0
        # A template's words are the provider's: a receipt by our own id may still tell, and it goes once more at most
        return self._repeat(message) if message.kind == TEMPLATE else None

    def _repeat(self, message: MessageRecord) -> float | None:
        """Let a message go once more, if no receipt has come; it may arrive twice, but not three times."""
        if not self._is_overdue(message):
            return self._until_overdue_s(message)
        with self._database.write() as connection:
            if outgoing.repeat(connection, message.id, self._clock(), most_tries=len(AGAIN_AFTER_S)):
                log.warning("message_repeated", message_id=message.id)
                return None
        if message.tries >= len(AGAIN_AFTER_S):
            self._note_failed(message, None)
        return 0

    def _was_sent(self, sent: Sequence[SentMessage], message: MessageRecord) -> bool:
        """Look for a message among what the provider has, and note it where it is there and is no other of ours."""
        with self._database.read() as connection:
            known = outgoing.known_sids(connection, [other.sid for other in sent])
        found = next((s for s in reversed(sent) if s.sid not in known and _is_same(s, message)), None)
        if found is not None:
            log.info("message_found_sent", message_id=message.id)
            self._note_sent(message, found)
        return found is not None

    def _after_failure(
        self, provider: Provider, recipient: Recipient, message: MessageRecord, error: IntegrationError
    ) -> float:
        """Record a message's failure; return the seconds to wait for brief delays. Raises the rest."""
        if error.permanent:
            self._note_failed(message, error.code if isinstance(error.code, int) else None)
            return 0
        too_fast = provider.too_fast(error)
        if too_fast is not None or not provider.may_have_been_done(error):
            with self._database.write() as connection:
                outgoing.put_back(connection, message.id, self._clock())
        if too_fast is None:
            raise error
        return self._hold(provider, recipient, too_fast)

    def _hold(self, provider: Provider, recipient: Recipient, too_fast: TooFast) -> float:
        log.warning("sending_too_fast", wait_s=too_fast.wait_s)
        now = self._clock()
        if too_fast.whole_number:
            with self._database.write() as connection:
                sender = provider.pace(recipient).sender
                send_rate.hold(connection, sender, now + timedelta(seconds=too_fast.wait_s), now)
        return too_fast.wait_s

    def _note_sent(self, message: MessageRecord, sent: SentMessage) -> None:
        with self._database.write() as connection:
            outgoing.sent(connection, message.id, sent.sid, sent.status, self._clock())

    def _note_failed(self, message: MessageRecord, code: int | None) -> None:
        log.error("message_not_sent", message_id=message.id, code=code)
        now = self._clock()
        with self._database.write() as connection:
            outgoing.receipt(connection, MessageStatus.FAILED, code, now, message_id=message.id)
            self._observer.receipt(connection, message.id, MessageStatus.FAILED, code, now)


def _has_other_form(provider: Provider, message: MessageRecord) -> bool:
    return message.kind == NOTICE and provider.template is not None


def _give(provider: Provider, recipient: Recipient, message: MessageRecord) -> SentMessage:
    if message.kind == TEMPLATE and provider.template is not None:
        variables = {"1": _in_one_line(message.body)}
        wanted = OutgoingMessage(message.id, template=provider.template, variables=variables)
    else:
        file = message.attachments[0] if message.attachments else None
        wanted = OutgoingMessage(message.id, message.body, file)
    return provider.send(recipient, wanted)


def _is_same(sent: SentMessage, message: MessageRecord) -> bool:
    """Return whether what the provider has may be this message: of a template it has the text, filled in."""
    if message.kind == TEMPLATE:
        return sendable(_in_one_line(message.body)) in sent.body
    return sent.body.strip() == sendable(message.body).strip()


def _in_one_line(words: str) -> str:
    """Return words as a template's placeholder takes them: without line breaks."""
    return " · ".join(" ".join(line.split()) for line in words.splitlines() if line.strip())


def in_reply(base_url: str, message: MessageRecord) -> Outgoing:
    """Return a message as it goes out in a reply."""
    return Outgoing(message.body, status_callback(base_url, message.id))
