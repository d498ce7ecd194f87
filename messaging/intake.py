"""Keeping what people write, and obeying what is an order to us: all of it in one transaction, before anything else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
from storage.base import utc_now
from storage.database import Database
from storage.queries import contacts, messages, outgoing
from storage.queries.contacts import Recipient
from storage.queries.messages import MessageRecord

log = structlog.get_logger()

FINISH_AFTER_S = 15.0
"""A webhook is over by then; what it has not done, it never will."""
STOP_QUESTION = "stop-question"
PAUSE = "pause"
TEAM = "team"
"""Said to one of ours, and shown to nobody else."""
AUTHOR = "automatic"
"""Of what is said without the assistant and without a reply to say it in."""

_ANSWERED_BY_TWILIO = {"STOP": Keyword.STOP, "START": Keyword.START, "HELP": Keyword.HELP}
"""By Twilio's OptOutType: its Advanced Opt-Out has replied, and tells us so that we know."""


TeamSays = Callable[[Connection, str, str, datetime], str | None]
"""Given a number and what its owner wrote: what they are told, where they are one of ours; None: a customer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Who is answered, and how much. most_per_hour None: whatever they write. allowed: E.164; empty: everybody."""

    most_per_hour: int | None = None
    allowed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AcceptedMessage:
    """A message that was kept. is_settled: the assistant need not answer it; replies: what is said instead."""

    message: MessageRecord
    recipient: Recipient
    is_settled: bool = False
    replies: Sequence[MessageRecord] = field(default=())


@dataclass(frozen=True, slots=True)
class Words:
    """What is said without the assistant; "" where nothing is."""

    text: str
    kind: str = "text"


class CameBeforeError(Exception):
    """A message is there already."""


class Intake:
    """Keeps messages, each once, and what has to be done for them."""

    def __init__(
        self,
        database: Database,
        work: Work,
        outbox: Outbox,
        phrases: Phrases,
        limits: Limits,
        mirror: ConversationObserver,
        team_says: TeamSays,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._work, self._outbox = database, work, outbox
        self._phrases, self._limits, self._mirror, self._clock = phrases, limits, mirror, clock
        self._team_says = team_says

    def keep(self, incoming: Incoming, *, in_reply: bool = True) -> AcceptedMessage | None:
        """Keep a message; None where it came before. Raises SQLAlchemyError.

        in_reply: what is said without the assistant goes out in the reply to the webhook, else by itself.
        """
        try:
            return self._database.run(lambda connection: self._keep(connection, incoming, in_reply))
        except CameBeforeError:
            return None

    def _keep(self, connection: Connection, incoming: Incoming, in_reply: bool) -> AcceptedMessage:
        now, new = self._clock(), incoming.message
        body = redact(new.body)
        recipient = contacts.conversation_with(connection, incoming.sender, new.to_address, now)
        conversation_id = recipient.conversation_id
        message_id = messages.keep_inbound(connection, conversation_id, new, body, now)
        if message_id is None:
            raise CameBeforeError  # and it does not say again when they wrote, and by whom
        message = messages.as_kept(message_id, conversation_id, new, body, now)
        words = self._without_assistant(connection, recipient, incoming, now)
        if words is None or words.kind != TEAM:
            self._mirror.message(connection, message_id, now, outbound=False)
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

    def finish_later(self, connection: Connection, conversation_id: int) -> None:
        """Hand over the finishing of what a webhook may leave undone, with the caller's transaction."""
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
            self._mirror.message(connection, replies[0].id, now)
        return replies

    def _say(self, connection: Connection, recipient: Recipient, words: Words, now: datetime) -> None:
        if not words.text:
            return
        message_id = self._outbox.write(connection, recipient, words.text, author=AUTHOR, kind=words.kind)
        if words.kind != TEAM:
            self._mirror.message(connection, message_id, now)

    def _without_assistant(
        self, connection: Connection, recipient: Recipient, incoming: Incoming, now: datetime
    ) -> Words | None:
        """What is said where the assistant is not asked; None where it is."""
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
        """Do what a keyword asks for, and return what confirms it; None where it is the assistant's to answer."""
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
        """Say whether a message of ours asks something: a reaction to it may be the answer."""
        found = messages.message_by_sid(connection, sid)
        return found is not None and found.message.outbound and "?" in found.message.body

    def _was_asked(self, connection: Connection, recipient: Recipient) -> bool:
        return outgoing.last_kind(connection, recipient.conversation_id) == STOP_QUESTION

    def _too_many(self, connection: Connection, recipient: Recipient, now: datetime) -> Words | None:
        """Ask for a pause, once, of who writes more than is answered in an hour."""
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
