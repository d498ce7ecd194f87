"""Puts the messages that wait for an answer into a turn, and reads its answer once it is whole."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import Connection

from conversation.manager import ConversationManager
from conversation.marks import mark
from conversation.phrases import catalogue_for
from conversation.redaction import redact
from conversation.turns.utterance import Utterance
from jobs.queue import Work
from messaging.campaigns.handing_over import handing_over
from messaging.files.photos import Shown
from messaging.media import VOICE_NOTE, Media, has_photo
from messaging.media_ceiling import is_over
from messaging.told import told_late
from messaging.whatsapp_markdown import whatsapp_messages
from storage.base import utc_now
from storage.campaigns import campaign_replies
from storage.database import Database
from storage.models import Ending, TurnKind, TurnState
from storage.queries import calls, messages, turns
from storage.queries.calls import ConversationRecord
from storage.queries.contacts import Recipient
from storage.queries.messages import MessageRecord
from storage.queries.turns import TurnRecord

log = structlog.get_logger()

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


class Batches:
    """Answers messages together that were written together. Thread-safe.

    echoes: put a voice note's transcript before the answer to it.
    """

    def __init__(
        self,
        manager: ConversationManager,
        database: Database,
        work: Work,
        media: Media,
        *,
        echoes: bool = False,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.manager = manager
        self._database, self._work, self._media = database, work, media
        self._phrases, self._echoes, self._clock = manager.profile.phrases, echoes, clock
        catalogue = catalogue_for(manager.profile.language)
        self._customers, self._notices = catalogue.customers, catalogue.sellers

    def start(self, recipient: Recipient, batch: MessageBatch) -> int | None:
        """Put the pending messages into a turn and start its answer; None if none is pending any more."""
        for _ in range(TRIES):
            if not batch.messages:
                return None
            number = batch.last.number + 1 if batch.last else 1
            try:
                utterance = self._utterance(recipient, self.opened(batch), number)
                if self.manager.answer(utterance) or self._is_settled(batch):
                    return number
            except BurstTakenError:
                log.info("burst_taken", turn=number)
            batch = self.waiting(recipient)
        return None

    def waiting(self, recipient: Recipient) -> MessageBatch:
        """Return what waits for an answer."""
        with self._database.read() as connection:
            return self.batch_of(connection, recipient.conversation_id)

    def batch_of(self, connection: Connection, conversation_id: int) -> MessageBatch:
        """Return the same, in the caller's transaction."""
        waiting = messages.unsettled(connection, conversation_id)
        last = next(iter(turns.last_turns(connection, conversation_id, before=10**9, limit=1)), None)
        return MessageBatch(waiting, last)

    def opened(self, batch: MessageBatch) -> MessageBatch:
        """Return a batch with words for all its files, however long that takes."""
        opened = [self._media.opened(message) for message in batch.messages]
        return replace(batch, messages=opened)

    def _utterance(self, recipient: Recipient, batch: MessageBatch, number: int) -> Utterance:
        overtaken, now = batch.last if batch.goes_with_last else None, self._clock()
        shown = self._photos(batch, overtaken)
        to_seller = None
        if recipient.had_campaign:
            # After the turn before was read, which may have led to one
            with self._database.read() as connection:
                to_seller = handing_over(connection, batch.messages, self._notices)
        missing = [mark(f"photo {label} cannot be shown now") for label in shown.missing]

        def open_conversation(connection: Connection, _now: datetime) -> ConversationRecord:
            found = calls.find_conversation(connection, recipient.key)
            if found is None:
                raise BurstTakenError  # by an erasure
            return found

        def settle(connection: Connection, turn_id: int) -> None:
            if not messages.settle(connection, [message.id for message in batch.messages], turn_id):
                raise BurstTakenError
            if overtaken is not None:
                messages.move_to_turn(connection, overtaken.id, turn_id)
            self._describe_later(connection, batch)
            if to_seller is not None:
                campaign_replies.note_handed_over(connection, to_seller.recipient_id, now)

        return Utterance(
            key=recipient.key,
            number=number,
            heard="\n".join([*(told_late(message, now) for message in batch.messages), *missing]),
            kind=TurnKind.TEXT,
            open=open_conversation,
            served=0 if overtaken is not None else ALL_OF_IT,
            joins=overtaken is not None,
            also=settle,
            images=shown.pictures,
            reply=None if overtaken is not None or batch.is_readable else self._cannot_open(batch),
            whole=True,
            after_campaign=recipient.had_campaign,
            handoff=None if to_seller is None else to_seller.request,
        )

    def _cannot_open(self, batch: MessageBatch) -> str:
        is_today = any(is_over(a) for message in batch.messages for a in message.attachments)
        return self._customers.cannot_open_today if is_today else self._phrases.cannot_open

    def _photos(self, batch: MessageBatch, overtaken: TurnRecord | None) -> Shown:
        asked = batch.messages
        if overtaken is not None:
            with self._database.read() as connection:
                asked = messages.asked_in(connection, overtaken.id) + asked
        return self._media.photos(asked)

    def _describe_later(self, connection: Connection, batch: MessageBatch) -> None:
        for message in batch.messages:
            if has_photo(message):
                payload = {"message_id": message.id}
                self._work.enqueue(connection, "describe_photos", payload, key=f"{message.id}")

    def _is_settled(self, batch: MessageBatch) -> bool:
        with self._database.read() as connection:
            first = messages.message_by_id(connection, batch.messages[0].id)
        return first is not None and first.turn_id is not None

    def read_whole(self, key: str, number: int, wait_s: float) -> tuple[int, list[str]] | None:
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

    def is_whole(self, key: str, number: int, wait_s: float) -> bool:
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


def _fitted(answer: str) -> list[str]:
    """Return an answer's messages, cleaned again: removing Markdown can reveal text it had hidden."""
    return [redact(message) for message in whatsapp_messages(answer)]
