"""Keeps incoming messages, and obeys keywords such as STOP, in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from conversation.observers import ConversationObserver
from conversation.operators import TO_CUSTOMERS, StaffMessage
from conversation.phrases import Phrases
from conversation.redaction import redact
from jobs.queue import Work
from messaging.changes import Change, Changes
from messaging.media import has_voice_note
from messaging.opt_out import Keyword, keyword_of
from messaging.requests import Incoming
from messaging.sending.outbox import Outbox
from phone_numbers import MatchingNumber
from storage import locks
from storage.after_commit import after_commit
from storage.base import utc_now
from storage.database import Database
from storage.privacy.erasures import Returning
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

_ANSWERED_BY_TWILIO = {"STOP": Keyword.STOP, "START": Keyword.START, "HELP": Keyword.HELP}
"""By Twilio's OptOutType: its Advanced Opt-Out has already replied, and reports it."""
_KEYWORDS_OBEYED = frozenset({Keyword.STOP, Keyword.START, Keyword.HELP})
"""Whoever writes one has had what they asked for, whoever has the conversation."""


TeamSays = Callable[[Connection, StaffMessage, datetime], str | None]
"""Takes a message: returns the reply to a seller; None for a customer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on answering. most_per_hour: messages; None: no limit. allowed: empty for everybody.

    erased: tells who was erased before: they get no messages of our own accord if they had opted out.
    """

    most_per_hour: int | None = None
    allowed: frozenset[MatchingNumber] = frozenset()
    erased: Returning | None = None


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
        self._team_says, self._changes = team_says, Changes(observer)

    def keep(self, incoming: Incoming, *, in_reply: bool = True) -> AcceptedMessage | None:
        """Keep a message; None if it came before, or says that another was deleted. Raises SQLAlchemyError.

        Of a change to one whose answer it withdraws: the newest message that waits again.
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
        if recipient.is_new or at < now:
            recipient = self._as_before(connection, recipient, incoming, at)
        conversation_id = recipient.conversation_id
        if incoming.takes_back is not None:
            change = self._changes.take_back(connection, recipient, incoming.takes_back, now)
            return self._answer_again(connection, recipient, change)
        message_id = messages.keep_inbound(connection, conversation_id, new, body, at)
        if message_id is None:
            raise CameBeforeError  # and it does not say again when they wrote, and by whom
        message = messages.as_kept(message_id, conversation_id, new, body, at)
        words = self._without_assistant(connection, recipient, incoming, now)
        change = Change()
        if words is None and incoming.corrects:
            change = self._changes.correct(connection, recipient, incoming.corrects, body, now)
        if change.is_applied:
            words = Words("")  # the answer to the message that it corrects is the answer to it
        if now - at > ANSWERED_WITHIN:
            after_commit(
                connection, log.warning, "message_too_old_to_answer", contact_id=recipient.contact_id
            )
            words = Words("", words.kind if words is not None else "text")
        if words is None or words.kind != TEAM:
            self._observer.message(connection, message_id, now, sender=recipient)
        if words is None:
            self.finish_later(connection, conversation_id)
            return AcceptedMessage(message, recipient)
        messages.set_aside(connection, message_id)
        if change.waiting is not None:
            return self._answer_again(connection, recipient, change)
        if contacts.is_with_a_person(recipient, now) and has_voice_note(message):
            self._work.enqueue(connection, "open_media", {"message_id": message_id}, key=f"{message_id}")
        if not in_reply:
            self._say(connection, recipient, words, now)
            return AcceptedMessage(message, recipient, True)
        return AcceptedMessage(message, recipient, True, self._replies(connection, recipient, words, now))

    def _as_before(
        self, connection: Connection, recipient: Recipient, incoming: Incoming, at: datetime
    ) -> Recipient:
        """Return a recipient who was erased before with their opt-out. Raises CameBeforeError for what was erased."""
        sender = incoming.sender
        if self._limits.erased is None:
            return recipient
        keys = (sender.by_number, sender.by_user_id)
        addresses = [key.address for key in keys if key is not None]
        erased = self._limits.erased.look(connection, *addresses, simulated=sender.simulated)
        if erased is None:
            return recipient
        if at <= erased.erased_at:
            raise CameBeforeError
        if not erased.opted_out or not recipient.is_new:
            return recipient
        contacts.opt_out(connection, recipient.contact_id, erased.erased_at)
        return replace(recipient, opted_out_at=erased.erased_at)

    def _answer_again(
        self, connection: Connection, recipient: Recipient, change: Change
    ) -> AcceptedMessage | None:
        """Return the newest message that waits for its answer again, because of a change."""
        if change.waiting is None:
            return None
        self.finish_later(connection, recipient.conversation_id)
        return AcceptedMessage(change.waiting, recipient)

    def finish_later(self, connection: Connection, conversation_id: int) -> None:
        """Queue the job that finishes the work of a webhook, in the caller's transaction."""
        self._work.enqueue(
            connection, "finish_whatsapp", {"conversation_id": conversation_id},
            key=f"{conversation_id}", delay_s=FINISH_AFTER_S,
        )  # fmt: skip

    def answer_left(self, connection: Connection, conversation_id: int) -> None:
        """Let the assistant answer what nobody has answered in the last day, as a person of ours gives it back."""
        now, recipient = self._clock(), contacts.find_recipient(connection, conversation_id=conversation_id)
        if recipient is None or not self._is_allowed(recipient):
            return
        left = messages.left_unanswered(connection, conversation_id, now - ANSWERED_WITHIN)
        left = [message for message in left if keyword_of(message.body) not in _KEYWORDS_OBEYED]
        for turn_id in {message.turn_id for message in left if message.turn_id is not None}:
            turns.withdraw(connection, turn_id, "", now)  # its answer was held back
        if left:
            messages.release(connection, [message.id for message in left])
            self.finish_later(connection, conversation_id)

    def _is_allowed(self, recipient: Recipient) -> bool:
        return not self._limits.allowed or recipient.number in self._limits.allowed

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
        message_id = self._outbox.write(
            connection, recipient, words.text, author=TO_CUSTOMERS, kind=words.kind
        )
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
            said = StaffMessage(recipient.number, incoming.message.body, incoming.payload, incoming.answers)
            reply = self._team_says(connection, said, now)
            if reply is not None:
                return Words(reply, TEAM)
        keyword = keyword_of(incoming.message.body) if not incoming.message.attachments else None
        if keyword is not None and (words := self._obey(connection, recipient, keyword, now)) is not None:
            return words
        if not self._is_allowed(recipient):
            after_commit(
                connection,
                log.info,
                "message_not_answered",
                reason="not in WHATSAPP_ALLOWED",
                contact_id=recipient.contact_id,
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
        if messages.came_from_since(connection, recipient.contact_id, hour_ago) <= self._limits.most_per_hour:
            return None
        after_commit(connection, log.warning, "message_over_limit", contact_id=recipient.contact_id)
        locks.hold(connection, f"pause:{recipient.conversation_id}")
        was_told = outgoing.last_kind(connection, recipient.conversation_id) == PAUSE
        return Words("" if was_told else self._phrases.too_many_messages, PAUSE)


def _written_at(incoming: Incoming, now: datetime) -> datetime:
    sent_at = incoming.sent_at
    return sent_at if sent_at is not None and now - sent_at > DELAYED else now
