"""The inbox: what becomes of a message that somebody writes.

A message is kept before anything else. A burst settles into one turn; the newest message of it brings the reply,
the others an empty one. What is answered within the time that a webhook has goes out in its reply; what is not
goes out by REST. One insert decides which of the two says it (`claim_parts`), and a job that was handed over with
the message does whatever the process that took it died before.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from conversation.manager import ConversationManager, Utterance
from conversation.redaction import redact
from messaging import twiml
from messaging.fit import whatsapp_messages
from messaging.opt_out_words import Keyword, keyword_of
from messaging.outbox import Outbox, outgoing
from messaging.requests import Incoming, ReceiptFacts
from messaging.twiml import Outgoing
from storage import messages, turns
from storage.base import utc_now
from storage.calls import ConversationRecord
from storage.database import Database
from storage.messages import MessageRecord, Recipient
from storage.models import Ending, MessageStatus, TurnKind, TurnState
from storage.turns import TurnRecord
from storage.work import Work

log = structlog.get_logger()

LONGEST_BURST_S = 6.0
FINISH_AFTER_S = 15.0
"""A webhook is over by then; what it has not done, it never will."""
LATE_S = 30.0
"""How long an answer that missed its reply is waited for in the process that writes it."""
TOPIC_AFTER_S = 600.0
"""Nobody wrote for so long: time to note what it was about."""
TRIES = 5
ALL_OF_IT = 10**6


class BurstTakenError(Exception):
    """Another request or a worker has put these messages into a turn."""


@dataclass(frozen=True, slots=True)
class Burst:
    """What waits for an answer. last: the turn before; answered: whether its answer is on its way."""

    messages: list[MessageRecord]
    last: TurnRecord | None
    answered: bool

    @property
    def goes_with_last(self) -> bool:
        """Whether the turn before was overtaken by these messages, and they are answered together."""
        return self.last is not None and self.last.state in (TurnState.WRITING, TurnState.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that was kept. is_order: it was an order to us, and what confirms it is all that is replied."""

    message_id: int
    recipient: Recipient
    is_order: bool = False
    confirmation: Sequence[MessageRecord] = ()


_ANSWERED_BY_TWILIO = {"STOP": Keyword.STOP, "START": Keyword.START, "HELP": Keyword.HELP}
"""By Twilio's OptOutType: its Advanced Opt-Out has replied, and tells us so that we know."""


class Inbox:
    """Takes messages in and answers them. Thread-safe.

    settle_s: how long it is waited for more of a burst; 0 is not at all. wait_s: how long a reply may wait for its
    answer. public_url: the base of the URLs that the provider is given; None: what the request was sent to.
    """

    def __init__(
        self,
        *,
        manager: ConversationManager,
        database: Database,
        work: Work,
        outbox: Outbox,
        settle_s: float,
        wait_s: float,
        public_url: str | None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.manager = manager
        self._database, self._work, self._outbox = database, work, outbox
        self._settle_s, self._wait_s, self._public_url = settle_s, wait_s, public_url
        self._phrases, self._clock = manager.profile.phrases, clock

    # A message comes in

    def receive(self, incoming: Incoming, asked_at: str) -> str:
        """Keep a message and return the TwiML that answers it, or an empty one. Raises SQLAlchemyError."""
        kept = self._keep(incoming)
        if kept is None:
            return twiml.nothing()  # it came before
        base_url = self._public_url or asked_at.rstrip("/")
        if kept.is_order:
            return twiml.reply([outgoing(base_url, message) for message in kept.confirmation])
        self._outbox.show_typing(kept.recipient, incoming.message.sid)
        if not self._wait_for_burst(kept.recipient, kept.message_id):
            return twiml.nothing()
        number = self._start(kept.recipient)
        if number is None:
            return twiml.nothing()
        return twiml.reply(self._answer(kept.recipient, number, base_url))

    def _keep(self, incoming: Incoming) -> Kept | None:
        now, new = self._clock(), incoming.message
        with self._database.write() as connection:
            recipient = messages.conversation_with(connection, incoming.sender, new.to_address, now)
            body = redact(new.body)
            message_id = messages.keep_inbound(connection, recipient.conversation_id, new, body, now)
            if message_id is None:
                return None
            keyword = _ANSWERED_BY_TWILIO.get(incoming.opt_out_type) or keyword_of(new.body)
            words = self._obey(connection, recipient, keyword, now)
            if words is None:
                self._finish_later(connection, recipient.conversation_id)
                return Kept(message_id, recipient)
            messages.set_aside(connection, message_id)
            confirmation: list[MessageRecord] = []
            if words and not incoming.opt_out_type:
                confirmation = messages.add_claimed(connection, recipient.conversation_id, words, now)
        return Kept(message_id, recipient, is_order=True, confirmation=confirmation)

    def _obey(
        self, connection: Connection, recipient: Recipient, keyword: Keyword | None, now: datetime
    ) -> str | None:
        """Do what a keyword asks for; return the words that confirm it, None where the assistant answers."""
        if keyword is Keyword.STOP:
            is_new = messages.opt_out(connection, recipient.contact_id, now)
            return self._phrases.opted_out if is_new else ""  # confirmed once
        if keyword is Keyword.MAYBE_STOP and messages.ask_stop(connection, recipient.contact_id, now):
            return self._phrases.opt_out_question
        if keyword is Keyword.START and messages.opt_out(connection, recipient.contact_id, None):
            return self._phrases.opted_in
        if keyword is Keyword.HELP:
            return self._phrases.opt_out_help
        return None

    def _finish_later(self, connection: Connection, conversation_id: int) -> None:
        payload = {"conversation_id": conversation_id}
        self._work.enqueue(
            connection, "finish_whatsapp", payload, key=f"{conversation_id}", delay_s=FINISH_AFTER_S
        )

    def _wait_for_burst(self, recipient: Recipient, message_id: int) -> bool:
        """Wait for more of a burst; say whether this message is the last of it."""
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

    def _start(self, recipient: Recipient) -> int | None:
        """Put what waits into a turn and start its answer; None where nothing waits any more."""
        for _ in range(TRIES):
            with self._database.read() as connection:
                burst = self._burst(connection, recipient.conversation_id)
            if not burst.messages:
                return None
            number = burst.last.number + 1 if burst.last else 1
            try:
                self.manager.answer(self._utterance(recipient, burst, number))
            except BurstTakenError:
                continue
            if self._is_settled(burst):
                return number
        return None

    def _burst(self, connection: Connection, conversation_id: int) -> Burst:
        waiting = messages.unsettled(connection, conversation_id)
        last = next(iter(turns.last_turns(connection, conversation_id, before=10**9, limit=1)), None)
        answered = last is not None and messages.is_answered(connection, last.id)
        return Burst(waiting, last, answered)

    def _utterance(self, recipient: Recipient, burst: Burst, number: int) -> Utterance:
        ids = [message.id for message in burst.messages]

        def open_conversation(connection: Connection, _now: datetime) -> ConversationRecord:
            return messages.conversation_of(connection, recipient.key)

        def settle(connection: Connection, turn_id: int) -> None:
            if not messages.settle(connection, ids, turn_id):
                raise BurstTakenError

        return Utterance(
            key=recipient.key,
            number=number,
            heard="\n".join(message.body for message in burst.messages),
            kind=TurnKind.TEXT,
            open=open_conversation,
            served=0 if burst.goes_with_last else ALL_OF_IT,
            joins=burst.goes_with_last,
            also=settle,
        )

    def _is_settled(self, burst: Burst) -> bool:
        with self._database.read() as connection:
            first = messages.message_by_id(connection, burst.messages[0].id)
        return first is not None and first.turn_id is not None

    def _answer(self, recipient: Recipient, number: int, base_url: str) -> list[Outgoing]:
        """Return the answer's first message where it is ready in time; else see to it that it follows."""
        whole = self._read_whole(recipient.key, number, self._wait_s)
        if whole is None:
            threading.Thread(
                target=self._follow_up, args=(recipient, number), name="late-answer", daemon=True
            ).start()
            return []
        return self._outbox.claim(recipient, *whole, in_reply_to=base_url)

    def _read_whole(self, key: str, number: int, wait_s: float) -> tuple[int, list[str]] | None:
        """Return the turn's id and the messages that answer it; no messages where none is to be sent."""
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
            sentences.append(f"\n\n{self._phrases.handed_off}")
        return reading.turn_id, whatsapp_messages("".join(sentences))

    def _follow_up(self, recipient: Recipient, number: int) -> None:
        try:
            whole = self._read_whole(recipient.key, number, LATE_S)
            if whole is not None:
                self._outbox.claim(recipient, *whole, in_reply_to=None)
        except SQLAlchemyError as error:
            log.error("late_answer_not_kept", turn=number, error=type(error).__name__)  # the job will do it

    # Work

    def finish(self, payload: dict[str, Any]) -> None:
        """Do what a webhook left undone; nothing where it did all."""
        conversation_id = int(payload["conversation_id"])
        now = self._clock()
        with self._database.read() as connection:
            recipient = messages.find_recipient(connection, conversation_id=conversation_id)
            burst = self._burst(connection, conversation_id)
        if recipient is None:
            return
        newest = max((message.created_at for message in burst.messages), default=None)
        if newest is not None and now - newest < timedelta(seconds=FINISH_AFTER_S - 1):
            with self._database.write() as connection:  # its own webhook is still at it
                self._finish_later(connection, conversation_id)
            return
        if burst.messages:
            log.warning("messages_finished_late", count=len(burst.messages))
            number = self._start(recipient)
        else:
            number = burst.last.number if burst.last is not None and not burst.answered else None
        if number is not None:
            whole = self._read_whole(recipient.key, number, LATE_S)
            if whole is None:
                raise TimeoutError("the answer is not whole yet")
            self._outbox.claim(recipient, *whole, in_reply_to=None)
        self._after(conversation_id)

    def _after(self, conversation_id: int) -> None:
        with self._database.write() as connection:
            if messages.unsent(connection, conversation_id):
                self._outbox.send_later(connection, conversation_id)
            payload = {"conversation_id": conversation_id}
            self._work.enqueue(
                connection, "note_topic", payload, key=f"{conversation_id}", delay_s=TOPIC_AFTER_S
            )

    def close(self) -> None:
        """Let go of what this process is writing, so that another one goes on with it."""
        self.manager.close()

    # Receipts

    def note_receipt(self, facts: ReceiptFacts, message_id: int | None) -> None:
        """Note what became of a message of ours. Raises SQLAlchemyError where it cannot be kept."""
        if facts.status is None:
            return
        with self._database.write() as connection:
            message = messages.receipt(
                connection, facts.status, facts.error_code, self._clock(),
                message_id=message_id, sid=facts.sid or None,
            )  # fmt: skip
        failed = facts.status in (MessageStatus.FAILED, MessageStatus.UNDELIVERED)
        if message is None:
            log.info("receipt_of_a_stranger", status=facts.status)
        elif failed:
            log.error("message_failed", message_id=message.id, code=facts.error_code)
