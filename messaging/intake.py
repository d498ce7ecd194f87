"""Keeps incoming messages, and obeys keywords such as STOP, in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from conversation.observers import ConversationObserver
from conversation.phrases import Phrases
from conversation.redaction import redact
from jobs.queue import Work
from messaging.media import has_voice_note
from messaging.opt_out import Keyword, keyword_of
from messaging.outbox import Outbox
from messaging.requests import Incoming
from messaging.told import DELETED, told
from storage.base import utc_now
from storage.database import Database
from storage.models import MessageStatus
from storage.queries import contacts, messages, outgoing, turns
from storage.queries.contacts import Recipient
from storage.queries.messages import MessageRecord

log = structlog.get_logger()

FINISH_AFTER_S = 15.0
"""Seconds after which a webhook is over, and its work left to the job."""
DELAYED = timedelta(minutes=2)
"""A message that comes so late counts from its own time; below that, clocks differ."""
ANSWERED_WITHIN = timedelta(hours=24)
"""An older message is kept and shown to people of ours, and not answered: what it asked is past."""
STOP_QUESTION = "stop-question"
PAUSE = "pause"
TEAM = "team"
"""Said to a seller, and shown to nobody else."""
AUTHOR = "automatic"
"""The author of texts sent by themselves, without the assistant."""

_ANSWERED_BY_TWILIO = {"STOP": Keyword.STOP, "START": Keyword.START, "HELP": Keyword.HELP}
"""By Twilio's OptOutType: its Advanced Opt-Out has already replied, and reports it."""


TeamSays = Callable[[Connection, str, str, datetime], str | None]
"""Takes a number and its owner's message: returns the reply to a seller; None for a customer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on answering. most_per_hour: messages; None: no limit. allowed: E.164; empty: everybody."""

    most_per_hour: int | None = None
    allowed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AcceptedMessage:
    """A message that was kept. is_settled: the assistant need not answer it; replies: said instead."""

    message: MessageRecord
    recipient: Recipient
    is_settled: bool = False
    replies: Sequence[MessageRecord] = field(default=())


@dataclass(frozen=True, slots=True)
class Words:
    """Texts sent without the assistant; "" for none."""

    text: str
    kind: str = "text"


class CameBeforeError(Exception):
    """A message is there already."""


class Intake:
    """Keeps messages, each once, and queues the work on them."""

    def __init__(
        self,
        database: Database,
        work: Work,
        outbox: Outbox,
        phrases: Phrases,
        limits: Limits,
        observer: ConversationObserver,
        team_says: TeamSays,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._work, self._outbox = database, work, outbox
        self._phrases, self._limits, self._observer, self._clock = phrases, limits, observer, clock
        self._team_says = team_says

    def keep(self, incoming: Incoming, *, in_reply: bool = True) -> AcceptedMessage | None:
        """Keep a message; None if it came before, or says that another was deleted. Raises SQLAlchemyError.

        in_reply: send texts without the assistant in the reply to the webhook, else separately.
        """
        try:
            return self._database.run(lambda connection: self._keep(connection, incoming, in_reply))
        except CameBeforeError:
            return None

    def _keep(self, connection: Connection, incoming: Incoming, in_reply: bool) -> AcceptedMessage | None:
        now, new = self._clock(), incoming.message
        body = redact(new.body)
        at = _written_at(incoming, now)
        recipient = contacts.conversation_with(connection, incoming.sender, new.to_address, at)
        conversation_id = recipient.conversation_id
        if incoming.takes_back is not None:
            self._take_back(connection, recipient, incoming.takes_back)
            return None
        message_id = messages.keep_inbound(connection, conversation_id, new, body, at)
        if message_id is None:
            raise CameBeforeError  # and it does not say again when they wrote, and by whom
        message = messages.as_kept(message_id, conversation_id, new, body, at)
        words = self._without_assistant(connection, recipient, incoming, now)
        if words is None and self._is_corrected(connection, recipient, incoming, body):
            words = Words("")  # the answer to the message that it corrects is the answer to it
        if now - at > ANSWERED_WITHIN:
            log.warning("message_too_old_to_answer", contact_id=recipient.contact_id)
            words = Words("", words.kind if words is not None else "text")
        if words is None or words.kind != TEAM:
            self._observer.message(connection, message_id, now, outbound=False)
        if words is None:
            self.finish_later(connection, conversation_id)
            return AcceptedMessage(message, recipient)
        messages.set_aside(connection, message_id)
        if contacts.is_with_a_person(recipient, now) and has_voice_note(message):
            self._work.enqueue(connection, "open_media", {"message_id": message_id}, key=f"{message_id}")
        if not in_reply:
            self._say(connection, recipient, words, now)
            return AcceptedMessage(message, recipient, True)
        return AcceptedMessage(message, recipient, True, self._replies(connection, recipient, words, now))

    def _take_back(self, connection: Connection, recipient: Recipient, sid: str) -> None:
        """Take a message from what the model is told, and leave it unanswered."""
        message = self._theirs(connection, recipient, sid)
        if message is None:
            log.info("deleted_message_unknown", contact_id=recipient.contact_id)
            return
        messages.take_back(connection, message.id, DELETED)
        if message.turn_id is not None:
            turns.reword_turn(
                connection, message.turn_id, told(message), told(replace(message, kind=DELETED))
            )

    def _is_corrected(
        self, connection: Connection, recipient: Recipient, incoming: Incoming, body: str
    ) -> bool:
        """Put new words into the message that they are for; False if there is none that waits for its answer."""
        if not incoming.corrects:
            return False
        message = self._theirs(connection, recipient, incoming.corrects)
        if message is None or message.status is not MessageStatus.RECEIVED:
            return False
        messages.correct(connection, message.id, body)
        return True

    def _theirs(self, connection: Connection, recipient: Recipient, sid: str) -> MessageRecord | None:
        found = messages.message_by_sid(connection, sid)
        is_theirs = found is not None and found.message.conversation_id == recipient.conversation_id
        return found.message if found is not None and is_theirs and not found.message.outbound else None

    def finish_later(self, connection: Connection, conversation_id: int) -> None:
        """Queue the job that finishes the work of a webhook, in the caller's transaction."""
        self._work.enqueue(
            connection, "finish_whatsapp", {"conversation_id": conversation_id},
            key=f"{conversation_id}", delay_s=FINISH_AFTER_S,
        )  # fmt: skip

    def _replies(
        self, connection: Connection, recipient: Recipient, words: Words, now: datetime
    ) -> list[MessageRecord]:
        if not words.text:
            return []
        self._outbox.look_later(connection, recipient)
        replies = outgoing.add_claimed(
            connection, recipient.conversation_id, words.text, now, kind=words.kind
        )
        if words.kind != TEAM:
            self._observer.message(connection, replies[0].id, now)
        return replies

    def _say(self, connection: Connection, recipient: Recipient, words: Words, now: datetime) -> None:
        if not words.text:
            return
        message_id = self._outbox.write(connection, recipient, words.text, author=AUTHOR, kind=words.kind)
        if words.kind != TEAM:
            self._observer.message(connection, message_id, now)

    def _without_assistant(
        self, connection: Connection, recipient: Recipient, incoming: Incoming, now: datetime
    ) -> Words | None:
        """Return the texts sent instead of the assistant's answer; None if it is to answer."""
        if incoming.opt_out_type in _ANSWERED_BY_TWILIO:
            self._obey(connection, recipient, _ANSWERED_BY_TWILIO[incoming.opt_out_type], now)
            return Words("")
        if not recipient.simulated:
            said = self._team_says(connection, recipient.number, incoming.message.body, now)
            if said is not None:
                return Words(said, TEAM)
        keyword = keyword_of(incoming.message.body) if not incoming.message.attachments else None
        if keyword is not None and (words := self._obey(connection, recipient, keyword, now)) is not None:
            return words
        if self._limits.allowed and recipient.number not in self._limits.allowed:
            log.info(
                "message_not_answered", reason="not in WHATSAPP_ALLOWED", contact_id=recipient.contact_id
            )
            return Words("")
        if contacts.is_with_a_person(recipient, now):
            return Words("")  # theirs to answer
        if incoming.reacts_to is not None and not self._asked(connection, incoming.reacts_to):
            return Words("")
        return self._too_many(connection, recipient, now)

    def _obey(
        self, connection: Connection, recipient: Recipient, keyword: Keyword, now: datetime
    ) -> Words | None:
        """Obey a keyword, and return its confirmation; None if the assistant is to answer."""
        if keyword is Keyword.YES and self._was_asked(connection, recipient):
            keyword = Keyword.STOP
        if keyword is Keyword.STOP:
            is_new = contacts.opt_out(connection, recipient.contact_id, now)
            return Words(self._phrases.opted_out if is_new else "")  # confirmed once
        if keyword is Keyword.MAYBE_STOP and contacts.ask_stop(connection, recipient.contact_id, now):
            return Words(self._phrases.opt_out_question, STOP_QUESTION)
        if keyword is Keyword.START and contacts.opt_out(connection, recipient.contact_id, None):
            return Words(self._phrases.opted_in)
        if keyword is Keyword.HELP:
            return Words(self._phrases.opt_out_help)
        return None

    def _asked(self, connection: Connection, sid: str) -> bool:
        """Return True if a message of ours asks a question: a reaction to it may be the answer."""
        found = messages.message_by_sid(connection, sid)
        return found is not None and found.message.outbound and "?" in found.message.body

    def _was_asked(self, connection: Connection, recipient: Recipient) -> bool:
        return outgoing.last_kind(connection, recipient.conversation_id) == STOP_QUESTION

    def _too_many(self, connection: Connection, recipient: Recipient, now: datetime) -> Words | None:
        """Ask for a pause, once, if a contact writes more than is answered in an hour."""
        if self._limits.most_per_hour is None:
            return None
        hour_ago = now - timedelta(hours=1)
        if (
            messages.came_in_since(connection, recipient.conversation_id, hour_ago)
            <= self._limits.most_per_hour
        ):
            return None
        log.warning("message_over_limit", contact_id=recipient.contact_id)
        was_told = outgoing.last_kind(connection, recipient.conversation_id) == PAUSE
        return Words("" if was_told else self._phrases.too_many_messages, PAUSE)


def _written_at(incoming: Incoming, now: datetime) -> datetime:
    sent_at = incoming.sent_at
    return sent_at if sent_at is not None and now - sent_at > DELAYED else now
