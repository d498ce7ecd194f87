"""Keeps messages of ours, and has them sent.

A message goes out in the reply to a webhook (its SID is then not known until a receipt brings it) or by a job. It is
claimed before it leaves.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from conversation.message_kinds import TEMPLATE
from conversation.observers import NULL_OBSERVER, ConversationObserver
from jobs.queue import Work
from messaging.providers.base import Channels
from messaging.providers.twilio import status_callback
from messaging.sending.forms import has_template
from messaging.sending.typing_indicator import TypingIndicator
from messaging.twiml import Outgoing
from storage.after_commit import after_commit
from storage.base import utc_now
from storage.database import Database
from storage.models import MessageStatus
from storage.queries import contacts, outgoing, send_rate
from storage.queries.contacts import Recipient
from storage.queries.messages import Attachment, MessageRecord

log = structlog.get_logger()

RECEIPT_WITHIN = timedelta(seconds=60)
"""A message that may have gone out is searched for, or sent again, if no receipt comes for so long."""
AGAIN_AFTER_S = (5.0, 30.0, 120.0, 600.0)
"""Before each further attempt at a message that the provider accepted and could not deliver for now.

A message sent again because its fate is unknown has no further attempts.
"""
LATER_S = 15
"""Jobs due within the same such interval are one."""


class Outbox:
    """Has messages sent by the provider through which each contact last wrote. typing: the indicator of answers.

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
        self.typing = TypingIndicator(channels)

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
        is_silenced = contacts.is_silenced(connection, recipient.conversation_id, turn_id, now)
        if is_silenced is None:
            return []
        if is_silenced:
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
        after_commit(connection, log.info, "answer_held", conversation_id=recipient.conversation_id)
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
            key=key, partition=_partition(conversation_id), delay_s=delay_s,
        )  # fmt: skip

    def has_jobs(self, connection: Connection, conversation_id: int) -> bool:
        """Return whether a job is to send, or sends, what a conversation has unsent."""
        return self._work.has_jobs(connection, _partition(conversation_id))

    def look_later(self, connection: Connection, recipient: Recipient) -> None:
        """Queue a check of messages in a reply, for when no receipt comes."""
        if self._channels.of(recipient) is not None:
            self.send_later(connection, recipient.conversation_id, delay_s=RECEIPT_WITHIN.total_seconds())

    def send_as_template(self, connection: Connection, message: MessageRecord, code: int | None) -> bool:
        """Send a notice as the template after its free text was refused; False if that is not the case.

        code: the provider's, from the receipt.
        """
        recipient = contacts.find_recipient(connection, conversation_id=message.conversation_id)
        provider = self._channels.of(recipient) if recipient is not None else None
        if provider is None or code != provider.outside_window or not has_template(provider, message):
            return False
        outgoing.change_kind(connection, message.id, TEMPLATE)
        outgoing.try_again(connection, message.id, self._clock())
        self.send_later(connection, message.conversation_id)
        after_commit(connection, log.info, "notice_sent_as_template", message_id=message.id)
        return True


def _partition(conversation_id: int) -> str:
    return f"whatsapp:{conversation_id}"


def in_reply(base_url: str, message: MessageRecord) -> Outgoing:
    """Return a message as it goes out in a reply."""
    return Outgoing(message.body, status_callback(base_url, message.id))
