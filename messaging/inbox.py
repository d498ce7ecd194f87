"""Receives messages and answers them.

A message is kept before anything else. A burst becomes one turn; the newest message of it brings the reply,
the others an empty one. An answer ready within the webhook's time goes out in its reply, a later one by REST.
One insert decides between the two (`claim_parts`), and a job queued with the message completes the work of a
process that died.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from conversation.manager import ConversationManager, Utterance
from conversation.redaction import redact
from jobs.queue import Work
from messaging import twiml
from messaging.intake import FINISH_AFTER_S, AcceptedMessage, Intake
from messaging.media import VOICE_NOTE, Media, has_photo
from messaging.outbox import Outbox, in_reply
from messaging.requests import Incoming
from messaging.told import told_late
from messaging.twiml import Outgoing
from messaging.whatsapp_markdown import whatsapp_messages
from storage.base import utc_now
from storage.database import Database
from storage.models import Ending, TurnKind, TurnState
from storage.queries import contacts, messages, outgoing, turns
from storage.queries.calls import ConversationRecord
from storage.queries.contacts import Recipient
from storage.queries.messages import MessageRecord
from storage.queries.turns import TurnRecord

log = structlog.get_logger()

LONGEST_BURST_S = 6.0
TYPING_AFTER_S = 1.0
"""A quicker answer needs no typing indicator."""
LATE_S = 30.0
"""The longest that the process writing a late answer waits for it."""
TOPIC_AFTER_S = 600.0
"""After this silence the topic of the conversation is noted."""
TRIES = 5
ALL_OF_IT = 10**6


class BurstTakenError(Exception):
    """Another request or a worker has put these messages into a turn."""


@dataclass(frozen=True, slots=True)
class MessageBatch:
    """Messages to be answered together. last: the turn before."""

    messages: list[MessageRecord]
    last: TurnRecord | None

    @property
    def is_readable(self) -> bool:
        """True if there is anything in it that can be answered."""
        return any(m.body or any(a.is_readable for a in m.attachments) for m in self.messages)

    @property
    def goes_with_last(self) -> bool:
        """True if these messages overtook the turn before, so that they are answered together."""
        return self.last is not None and self.last.state in (TurnState.WRITING, TurnState.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class InboxPolicy:
    """The rules of answering messages.

    settle_s: the wait for more of a burst; 0: none. wait_s: the longest that a reply waits for its answer.
    public_url: the base of the URLs given to the provider; None: the request's own. echoes: put a voice
    note's transcript before the answer to it.
    """

    settle_s: float
    wait_s: float
    public_url: str | None
    echoes: bool = False


class Inbox:
    """Takes messages in and answers them. Thread-safe."""

    def __init__(
        self,
        *,
        manager: ConversationManager,
        database: Database,
        work: Work,
        outbox: Outbox,
        media: Media,
        intake: Intake,
        policy: InboxPolicy,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.manager = manager
        self._database, self._work, self._outbox, self._media = database, work, outbox, media
        self._settle_s, self._wait_s, self._public_url = policy.settle_s, policy.wait_s, policy.public_url
        self._phrases, self._echoes, self._clock = manager.profile.phrases, policy.echoes, clock
        self._intake = intake

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
            self._outbox.show_typing(recipient, incoming.message.sid)
        if not self._wait_for_burst(recipient, kept.message.id):
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
        self._outbox.show_typing(kept.recipient, kept.message.sid or "")
        try:
            is_last = self._wait_for_burst(kept.recipient, kept.message.id)
        except SQLAlchemyError as error:  # the job will answer
            log.error("late_answer_not_begun", error=type(error).__name__)
            return
        if is_last:
            self._answer_late(kept.recipient)

    def _reply(self, kept: AcceptedMessage, base_url: str, *, shows_typing: bool) -> list[Outgoing]:
        """Return the answer's first message if it is ready in time; else arrange that it follows."""
        recipient, deadline = kept.recipient, time.monotonic() + self._wait_s
        batch = self._waiting(recipient)
        if not self._media.is_opened(batch.messages, within_s=self._wait_s):
            self._in_background(lambda: self._answer_late(recipient))
            return []
        number = self._start(recipient, batch)
        if number is None:
            return []
        within_s = min(TYPING_AFTER_S, deadline - time.monotonic())
        if not shows_typing and not self._is_whole(recipient.key, number, within_s):
            self._outbox.show_typing(recipient, kept.message.sid or "")
        whole = self._read_whole(recipient.key, number, deadline - time.monotonic())
        if whole is None:
            self._in_background(lambda: self._claim_late(recipient, number))
            return []
        return self._outbox.claim(recipient, *whole, in_reply_to=base_url)

    def _wait_for_burst(self, recipient: Recipient, message_id: int) -> bool:
        """Wait for more of a burst; return True if this message is the last of it."""
        if self._settle_s <= 0:
            return True
        with self._database.read() as connection:
            waiting = messages.unsettled(connection, recipient.conversation_id)
        began = waiting[0].created_at if waiting else self._clock()
        left = (began + timedelta(seconds=LONGEST_BURST_S) - self._clock()).total_seconds()
        time.sleep(max(0.0, min(self._settle_s, left)))
        with self._database.read() as connection:
            return messages.is_newest(connection, recipient.conversation_id, message_id)

    # The answer

    def _start(self, recipient: Recipient, batch: MessageBatch) -> int | None:
        """Put the pending messages into a turn and start its answer; None if none is pending any more."""
        for _ in range(TRIES):
            if not batch.messages:
                return None
            number = batch.last.number + 1 if batch.last else 1
            try:
                utterance = self._utterance(recipient, self._opened(batch), number)
                if self.manager.answer(utterance) or self._is_settled(batch):
                    return number
            except BurstTakenError:
                log.info("burst_taken", turn=number)
            batch = self._waiting(recipient)
        return None

    def _waiting(self, recipient: Recipient) -> MessageBatch:
        with self._database.read() as connection:
            return self._batch(connection, recipient.conversation_id)

    def _batch(self, connection: Connection, conversation_id: int) -> MessageBatch:
        waiting = messages.unsettled(connection, conversation_id)
        last = next(iter(turns.last_turns(connection, conversation_id, before=10**9, limit=1)), None)
        return MessageBatch(waiting, last)

    def _opened(self, batch: MessageBatch) -> MessageBatch:
        opened = [self._media.opened(message) for message in batch.messages]
        return replace(batch, messages=opened)

    def _utterance(self, recipient: Recipient, batch: MessageBatch, number: int) -> Utterance:
        overtaken, now = batch.last if batch.goes_with_last else None, self._clock()

        def open_conversation(connection: Connection, _now: datetime) -> ConversationRecord:
            return contacts.conversation_of(connection, recipient.key)

        def settle(connection: Connection, turn_id: int) -> None:
            if not messages.settle(connection, [message.id for message in batch.messages], turn_id):
                raise BurstTakenError
            if overtaken is not None:
                messages.move_to_turn(connection, overtaken.id, turn_id)
            self._describe_later(connection, batch)

        return Utterance(
            key=recipient.key,
            number=number,
            heard="\n".join(told_late(message, now) for message in batch.messages),
            kind=TurnKind.TEXT,
            open=open_conversation,
            served=0 if overtaken is not None else ALL_OF_IT,
            joins=overtaken is not None,
            also=settle,
            images=self._images(batch, overtaken),
            reply=None if overtaken is not None or batch.is_readable else self._phrases.cannot_open,
            whole=True,
        )

    def _images(self, batch: MessageBatch, overtaken: TurnRecord | None) -> list[str]:
        asked = batch.messages
        if overtaken is not None:
            with self._database.read() as connection:
                asked = messages.asked_in(connection, overtaken.id) + asked
        return self._media.images(asked)

    def _describe_later(self, connection: Connection, batch: MessageBatch) -> None:
        for message in batch.messages:
            if has_photo(message):
                payload = {"message_id": message.id}
                self._work.enqueue(connection, "describe_photos", payload, key=f"{message.id}")

    def _is_settled(self, batch: MessageBatch) -> bool:
        with self._database.read() as connection:
            first = messages.message_by_id(connection, batch.messages[0].id)
        return first is not None and first.turn_id is not None

    def _read_whole(self, key: str, number: int, wait_s: float) -> tuple[int, list[str]] | None:
        """Return the turn's id and the messages that answer it; no messages if none is to be sent."""
        sentences: list[str] = []
        deadline = time.monotonic() + wait_s
        while (
            reading := self.manager.read(key, number, len(sentences), deadline - time.monotonic())
        ) is not None:
            sentences += reading.sentences
            if reading.complete:
                break
            if time.monotonic() >= deadline:
                return None
        if reading is None or reading.turn_id is None:
            return None
        if reading.state in (TurnState.SUPERSEDED, TurnState.CANCELLED):
            return reading.turn_id, []
        if reading.ending is Ending.TAKE_MESSAGE:
            sentences.append(f"\n\n{self.manager.handed_off}")
        return reading.turn_id, _fitted(self._echo(reading.turn_id) + "".join(sentences))

    def _is_whole(self, key: str, number: int, wait_s: float) -> bool:
        """Return True if an answer is complete within so many seconds."""
        reading = self.manager.read(key, number, ALL_OF_IT, wait_s)
        return reading is None or reading.complete

    def _echo(self, turn_id: int) -> str:
        """Return the transcripts of voice notes, if they are to be echoed."""
        if not self._echoes:
            return ""
        with self._database.read() as connection:
            asked = messages.asked_in(connection, turn_id)
        heard = [a for message in asked for a in message.attachments if a.is_said and a.words]
        return "".join(f"🎙 {a.words.removeprefix(VOICE_NOTE)}\n\n" for a in heard if a.words)

    def _in_background(self, follow_up: Callable[[], None]) -> None:
        threading.Thread(target=follow_up, name="late-answer", daemon=True).start()

    def _answer_late(self, recipient: Recipient) -> None:
        """Answer once all is opened; if that fails, the job will do it."""
        try:
            number = self._start(recipient, self._waiting(recipient))
        except SQLAlchemyError as error:
            log.error("late_answer_not_begun", error=type(error).__name__)
            return
        if number is not None:
            self._claim_late(recipient, number)

    def _claim_late(self, recipient: Recipient, number: int) -> None:
        try:
            whole = self._read_whole(recipient.key, number, LATE_S)
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
            batch = self._batch(connection, conversation_id)
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
            number = self._start(recipient, batch)
        else:
            number = batch.last.number if batch.last is not None and not is_answered else None
        if number is not None:
            whole = self._read_whole(recipient.key, number, LATE_S)
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
        self.manager.close()
        self._media.close()


def _fitted(answer: str) -> list[str]:
    """Return an answer's messages, cleaned again: removing Markdown can reveal text it had hidden."""
    return [redact(message) for message in whatsapp_messages(answer)]
