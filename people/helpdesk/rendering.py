"""Renders an item as Chatwoot's messages, each with its author."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from textwrap import shorten

from sqlalchemy import Connection

from conversation.described import described
from conversation.message_kinds import DESCRIBED, EDIT
from conversation.operators import DASHBOARD_AUTHOR
from integrations.message_errors import TWILIO, provider_of
from people.helpdesk.phrases import OPERATOR_MARK, VOICE_MARK, HelpdeskPhrases
from storage.models import LOST, MessageStatus, TurnKind, TurnState
from storage.queries import contacts, helpdesk_calls, helpdesk_items, messages
from storage.queries.helpdesk_calls import CallWords, TurnWords
from storage.queries.helpdesk_items import Item, Kind
from storage.queries.messages import Attachment, MessageRecord

TRANSCRIPT_WITHIN = timedelta(seconds=20)
"""The longest that a voice note waits for its transcript."""
MOST_QUOTED = 80
"""Characters of a message that a note on it repeats."""


class Voice(Enum):
    """A message's author. NOTE: none, and only operators see it."""

    PERSON = auto()
    ASSISTANT = auto()
    NOTE = auto()


@dataclass(frozen=True, slots=True)
class Post:
    """A message to be posted. attachments: as the person's provider has them."""

    voice: Voice
    words: str
    attachments: tuple[Attachment, ...] = ()

    def without_files(self, words: HelpdeskPhrases) -> "Post":
        """Return the message with words instead of its files."""
        missing = (words.file_missing.format(type=attachment.type) for attachment in self.attachments)
        return replace(self, words="\n".join(filter(None, [self.words, *missing])), attachments=())


def posts_of(connection: Connection, item: Item, words: HelpdeskPhrases) -> list[Post]:
    """Return an item's messages; none if there is nothing (left) to show."""
    match item.kind:
        case Kind.MESSAGE:
            posts = _message_posts(messages.message_by_id(connection, item.subject_id), words)
        case Kind.TURN:
            posts = _turn_posts(helpdesk_calls.turn_words(connection, item.subject_id))
        case Kind.CALL:
            call = helpdesk_calls.call_words(connection, item.subject_id)
            posts = [Post(Voice.NOTE, _call_note(call, words))] if call else []
        case Kind.NOTE:
            posts = [Post(Voice.NOTE, item.body)]
        case Kind.RECEIPT:
            posts = _receipt_posts(connection, item, words)
        case _:
            posts = []
    return [post for post in posts if post.words.strip() or post.attachments]


def has_unheard(posts: Sequence[Post]) -> bool:
    """Return True if any is a voice note without a transcript."""
    return any(_is_unheard(attachment) for post in posts for attachment in post.attachments)


def is_to_wait(connection: Connection, item: Item, now: datetime) -> bool:
    """Return True if a voice note is being transcribed, so that its words may still go with it."""
    if item.kind is not Kind.MESSAGE or now - item.created_at > TRANSCRIPT_WITHIN:
        return False
    message = messages.message_by_id(connection, item.subject_id)
    if message is None or message.outbound or _is_left_alone(connection, message):
        return False
    return any(map(_is_unheard, message.attachments))


def receipt_of(item: Item) -> tuple[MessageStatus, int | None]:
    """Return the receipt in an item of the kind RECEIPT, and the provider's code if it failed."""
    status, _, code = item.body.partition(" ")
    return MessageStatus(status), int(code) if code else None


def provider_had(connection: Connection, item: Item) -> str:
    """Return the provider that had the message of an item of the kind RECEIPT."""
    message = messages.message_by_id(connection, item.subject_id)
    to = message and contacts.find_recipient(connection, conversation_id=message.conversation_id)
    return provider_of(message.sid if message else None, to.provider if to else TWILIO)


def _is_unheard(attachment: Attachment) -> bool:
    return attachment.type.startswith("audio/") and attachment.words is None


def _is_left_alone(connection: Connection, message: MessageRecord) -> bool:
    """Return True if a message's files are not opened: neither assistant nor operator is to answer it."""
    if message.status is not MessageStatus.SETTLED or message.turn_id is not None:
        return False
    recipient = contacts.find_recipient(connection, conversation_id=message.conversation_id)
    return recipient is None or not contacts.is_with_a_person(recipient, message.created_at)


def _message_posts(message: MessageRecord | None, words: HelpdeskPhrases) -> list[Post]:
    if message is None or message.status is MessageStatus.HELD:
        return []  # a person took over before it was sent
    if message.outbound:
        return [Post(Voice.ASSISTANT, f"{_by(message.author)}{message.body}")]
    said = (VOICE_MARK + _spoken(a) for a in message.attachments if a.is_said and a.words)
    wrote = message.body
    if message.kind in DESCRIBED:
        wrote = described(wrote, words.marks.text_of)
    elif message.kind == EDIT:
        wrote = f"{words.marks.corrected}\n{wrote}"
    unseen = [described(a.words, words.marks.text_of) for a in message.attachments if not a.type and a.words]
    files = tuple(attachment for attachment in message.attachments if attachment.type or not attachment.words)
    return [Post(Voice.PERSON, "\n".join(filter(None, [wrote, *said, *unseen])), files)]


def _by(author: str) -> str:
    """Return who wrote a message at the dashboard: Chatwoot shows it as the assistant's. "" for all others."""
    if not author.startswith(DASHBOARD_AUTHOR):
        return ""
    return f"{OPERATOR_MARK}{author.removeprefix(DASHBOARD_AUTHOR)}: "


def _spoken(attachment: Attachment) -> str:
    """Return a voice note's words, without the brackets that mark it for the assistant."""
    words = attachment.words or ""
    return words.partition("] ")[2] if words.startswith("[") else words


def _turn_posts(turn: TurnWords | None) -> list[Post]:
    if turn is None:
        return []
    said = turn.said if turn.heard_upto is None else turn.said[: turn.heard_upto]
    heard = "" if turn.kind == TurnKind.TIME_UP or _is_said_again(turn, said) else turn.heard
    return [Post(Voice.PERSON, heard), Post(Voice.ASSISTANT, said)]


def _is_said_again(turn: TurnWords, said: str) -> bool:
    """Return True if the next turn overtook this one and begins with its words."""
    overtaken = turn.state == TurnState.SUPERSEDED and not said
    return overtaken and turn.next_heard is not None and turn.next_heard.startswith(turn.heard)


def _call_note(call: CallWords, words: HelpdeskPhrases) -> str:
    lasted = call.duration_s
    if lasted is None and call.answered_at is not None and call.ended_at is not None:
        lasted = max(0, int((call.ended_at - call.answered_at).total_seconds()))
    length = (
        words.call_unanswered
        if call.status in _UNANSWERED
        else ""
        if lasted is None
        else words.lasted(lasted)
    )
    first = " ".join(filter(None, [words.call_over, length]))
    return "\n\n".join(filter(None, [first, call.summary or call.topic]))


_UNANSWERED = ("busy", "failed", "no-answer", "canceled")


def _receipt_posts(connection: Connection, item: Item, words: HelpdeskPhrases) -> list[Post]:
    """Return notes on failed messages that operators see: Chatwoot's own mark may not be ours to set."""
    status, code = receipt_of(item)
    shown = helpdesk_items.item_by_ref(connection, f"message:{item.subject_id}")
    if shown is None:
        return []
    if status in LOST and shown.kind is Kind.OPERATOR:
        return [Post(Voice.NOTE, words.why_not_delivered(provider_had(connection, item), code))]
    if status is MessageStatus.HELD and shown.remote_id is not None:
        return _held_posts(messages.message_by_id(connection, item.subject_id), words)
    return []


def _held_posts(message: MessageRecord | None, words: HelpdeskPhrases) -> list[Post]:
    if message is None:
        return []
    quoted = shorten(message.body, MOST_QUOTED, placeholder="…")
    return [Post(Voice.NOTE, words.held_words.format(words=quoted))]
