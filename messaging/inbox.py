"""Receives messages and answers them.

A message is kept before anything else. A burst becomes one turn; the newest message of it brings the reply,
the others an empty one. An answer ready within the webhook's time goes out in its reply, a later one by REST.
One insert decides between the two (`claim_parts`), and a job queued with the message completes the work of a
process that died.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from jobs.queue import Work
from messaging import twiml
from messaging.batches import Batches
from messaging.intake import FINISH_AFTER_S, AcceptedMessage, Intake
from messaging.media import Media
from messaging.requests import Incoming
from messaging.sending.outbox import Outbox, in_reply
from messaging.twiml import Outgoing
from storage.base import utc_now
from storage.database import Database
from storage.queries import contacts, messages, outgoing
from storage.queries.contacts import Recipient
from storage.queries.messages import MessageRecord

log = structlog.get_logger()

LONGEST_BURST_S = 6.0
TYPING_AFTER_S = 1.0
"""A quicker answer needs no typing indicator."""
LATE_S = 30.0
"""The longest that the process writing a late answer waits for it."""
TOPIC_AFTER_S = 600.0
"""After this silence the topic of the conversation is noted."""


@dataclass(frozen=True, slots=True)
class InboxPolicy:
    """The rules of answering messages.

    settle_s: the wait for more of a burst; 0: none. wait_s: the longest that a reply waits for its answer.
    public_url: the base of the URLs given to the provider; None: the request's own.
    """

    settle_s: float
    wait_s: float
    public_url: str | None


class Inbox:
    """Takes messages in and answers them. Thread-safe."""

    def __init__(
        self,
        *,
        batches: Batches,
        database: Database,
        work: Work,
        outbox: Outbox,
        media: Media,
        intake: Intake,
        policy: InboxPolicy,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._batches, self._intake, self._clock = batches, intake, clock
        self._database, self._work, self._outbox, self._media = database, work, outbox, media
        self._settle_s, self._wait_s, self._public_url = policy.settle_s, policy.wait_s, policy.public_url

    # A message comes in

    def receive(self, incoming: Incoming, asked_at: str) -> str:
        """Keep a message and return the TwiML that answers it, or an empty one. Raises SQLAlchemyError."""
        kept = self._intake.keep(incoming)
        if kept is None:
            return twiml.nothing()  # it came before
        base_url = self._public_url or asked_at.rstrip("/")
        if kept.is_settled:
            return twiml.reply([in_reply(base_url, message) for message in kept.replies])
        recipient = kept.recipient
        if not kept.message.is_opened:
            self._media.begin(kept.message)
        takes_a_while = self._settle_s > 0 or not kept.message.is_opened
        if takes_a_while:
            self._outbox.typing.show(recipient, incoming.message.sid)
        if not self._wait_for_burst(kept.message):
            return twiml.nothing()
        return twiml.reply(self._reply(kept, base_url, shows_typing=takes_a_while))

    def take(self, came: Sequence[Incoming]) -> None:
        """Keep messages from a webhook whose reply carries no answer; the answers are sent separately.

        Raises SQLAlchemyError if one could not be kept.
        """
        newest: dict[int, AcceptedMessage] = {}
        for incoming in came:
            kept = self._intake.keep(incoming, in_reply=False)
            if kept is not None and not kept.is_settled:
                newest[kept.recipient.conversation_id] = kept
        for kept in newest.values():
            self._in_background(partial(self._answer_taken, kept))

    def take_missed(self, came: Sequence[Incoming]) -> None:
        """Keep messages whose webhooks were missed; jobs answer them. Raises SQLAlchemyError."""
        for incoming in came:
            self._intake.keep(incoming, in_reply=False)

    def _answer_taken(self, kept: AcceptedMessage) -> None:
        if not kept.message.is_opened:
            self._media.begin(kept.message)
        self._outbox.typing.show(kept.recipient, kept.message.sid or "")
        try:
            is_last = self._wait_for_burst(kept.message)
        except SQLAlchemyError as error:  # the job will answer
            log.error("late_answer_not_begun", error=type(error).__name__)
            return
        if is_last:
            self._answer_late(kept.recipient)

    def _reply(self, kept: AcceptedMessage, base_url: str, *, shows_typing: bool) -> list[Outgoing]:
        """Return the answer's first message if it is ready in time; else arrange that it follows."""
        recipient, deadline = kept.recipient, time.monotonic() + self._wait_s
        batch = self._batches.waiting(recipient)
        if not self._media.is_opened(batch.messages, within_s=self._wait_s):
            self._in_background(lambda: self._answer_late(recipient))
            return []
        batch = self._batches.opened(batch)
        if not self._media.has_photos_at_hand(batch.messages):  # they gave way to others': fetched again
            self._in_background(lambda: self._answer_late(recipient))
            return []
        number = self._batches.start(recipient, batch)
        if number is None:
            return []
        within_s = min(TYPING_AFTER_S, deadline - time.monotonic())
        if not shows_typing and not self._batches.is_whole(recipient.key, number, within_s):
            self._outbox.typing.show(recipient, kept.message.sid or "")
        whole = self._batches.read_whole(recipient.key, number, deadline - time.monotonic())
        if whole is None:
            self._in_background(lambda: self._claim_late(recipient, number))
            return []
        return self._outbox.claim(recipient, *whole, in_reply_to=base_url)

    def _wait_for_burst(self, message: MessageRecord) -> bool:
        """Wait for more of a burst; return True if this message is the last of it."""
        if self._settle_s <= 0:
            return True
        with self._database.read() as connection:
            waiting = messages.unsettled(connection, message.conversation_id)
        since = message.created_at - messages.WRITTEN_LONG_BEFORE
        began = min((m.created_at for m in waiting if m.created_at > since), default=self._clock())
        left = (began + timedelta(seconds=LONGEST_BURST_S) - self._clock()).total_seconds()
        time.sleep(max(0.0, min(self._settle_s, left)))
        with self._database.read() as connection:
            return messages.is_newest(connection, message)

    # The answer

    def _in_background(self, follow_up: Callable[[], None]) -> None:
        threading.Thread(target=follow_up, name="late-answer", daemon=True).start()

    def _answer_late(self, recipient: Recipient) -> None:
        """Answer once all is opened; if that fails, the job will do it."""
        try:
            number = self._batches.start(recipient, self._batches.waiting(recipient))
        except CancelledError:
            return  # this process is ending
        except SQLAlchemyError as error:
            log.error("late_answer_not_begun", error=type(error).__name__)
            return
        if number is not None:
            self._claim_late(recipient, number)

    def _claim_late(self, recipient: Recipient, number: int) -> None:
        try:
            whole = self._batches.read_whole(recipient.key, number, LATE_S)
            if whole is not None:
                self._outbox.claim(recipient, *whole, in_reply_to=None)
        except SQLAlchemyError as error:
            log.error("late_answer_not_kept", turn=number, error=type(error).__name__)

    # Work

    def finish(self, payload: dict[str, Any]) -> None:
        """Finish the work that a webhook left undone, if any."""
        conversation_id = int(payload["conversation_id"])
        now = self._clock()
        with self._database.read() as connection:
            recipient = contacts.find_recipient(connection, conversation_id=conversation_id)
            batch = self._batches.batch_of(connection, conversation_id)
            is_answered = batch.last is None or outgoing.is_answered(connection, batch.last.id)
            asked = [] if batch.last is None or is_answered else messages.asked_in(connection, batch.last.id)
        if recipient is None:
            return
        newest = max((message.created_at for message in (*asked, *batch.messages)), default=None)
        if newest is not None and now - newest < timedelta(seconds=FINISH_AFTER_S - 1):
            with self._database.write() as connection:  # its own webhook is still at it
                self._intake.finish_later(connection, conversation_id)
            return
        if batch.messages:
            log.warning("messages_finished_late", count=len(batch.messages))
            number = self._batches.start(recipient, batch)
        else:
            number = batch.last.number if batch.last is not None and not is_answered else None
        if number is not None:
            whole = self._batches.read_whole(recipient.key, number, LATE_S)
            if whole is None:
                raise TimeoutError("the answer is not whole yet")
            self._outbox.claim(recipient, *whole, in_reply_to=None)
        self._after(conversation_id)

    def _after(self, conversation_id: int) -> None:
        with self._database.write() as connection:
            if outgoing.unsent(connection, conversation_id):
                self._outbox.send_later(connection, conversation_id)
            payload = {"conversation_id": conversation_id}
            self._work.enqueue(
                connection, "note_topic", payload, key=f"{conversation_id}", delay_s=TOPIC_AFTER_S
            )

    def close(self) -> None:
        """Release the answers that this process is writing, so that another one continues them."""
        self._batches.manager.close()
        self._media.close()
