"""Defines and reads the objects of Chatwoot's two APIs.

An id of a conversation is always its display id: the same in both APIs, in webhooks and in the browser's address.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from integrations.chatwoot.fields import flag, inside, items, moment, number, sendable, text


class Status(StrEnum):
    """Of a conversation. PENDING: with the assistant, where an agent bot is connected to the inbox."""

    OPEN = "open"
    RESOLVED = "resolved"
    PENDING = "pending"
    SNOOZED = "snoozed"


class ReceiptStatus(StrEnum):
    """A message's delivery status, shown by Chatwoot as ticks."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class MessageType(StrEnum):
    """A message's direction. TEMPLATE: from Chatwoot itself (greetings, surveys)."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    ACTIVITY = "activity"
    TEMPLATE = "template"
    UNKNOWN = ""


_TYPES = (MessageType.INCOMING, MessageType.OUTGOING, MessageType.ACTIVITY, MessageType.TEMPLATE)
"""By the number that stands for each in REST replies; webhooks have the words."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be posted. At most fifteen go with a message."""

    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message. kind: image, audio, video, file, location, contact or fallback. url: sends one on."""

    url: str
    kind: str
    content_type: str
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class Inbox:
    """requires_identity: contacts are only taken with an HMAC of theirs, which this client does not make."""

    name: str
    requires_identity: bool


@dataclass(frozen=True, slots=True)
class Contact:
    """A person in an inbox. source_id: the name under which we know them there."""

    id: int
    source_id: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """account_id: None where the reply does not say. status: a Status, or what a later version calls it."""

    id: int
    inbox_id: int | None
    status: str
    account_id: int | None


@dataclass(frozen=True, slots=True)
class Message:
    """A message as REST replies have it. source_id: ours, empty where the public API does not show it."""

    id: int
    conversation_id: int | None
    content: str
    message_type: MessageType
    private: bool
    source_id: str
    created_at: datetime | None
    attachments: tuple[Attachment, ...]


def choose(conversations: Iterable[Conversation], inbox_id: int | None = None) -> Conversation | None:
    """Choose the one to go on with: not resolved before resolved, then the newest; None where there is none.

    inbox_id: of a contact with a verified identity Chatwoot lists the conversations of other inboxes too. None: any.
    """
    own = [found for found in conversations if inbox_id is None or found.inbox_id == inbox_id]
    return max(own, key=lambda found: (found.status != Status.RESOLVED, found.id), default=None)


def find_posted(
    messages: Iterable[Message],
    content: str,
    *,
    message_type: MessageType,
    since: datetime,
    known: Collection[int] = (),
    files: int = 0,
) -> Message | None:
    """Find the message that a post without an answer made after all: the oldest that it can be.

    since: by Chatwoot's clock, which counts whole seconds here, so a margin is wise. known: the ids that other posts
    of ours were answered with. files: how many went with it.
    """
    wanted = _plain(content)
    candidates = [
        message
        for message in messages
        if message.message_type == message_type
        and message.id not in known
        and _plain(message.content) == wanted
        and len(message.attachments) == files
        and message.created_at is not None
        and message.created_at >= since.replace(microsecond=0)
    ]
    return min(candidates, key=lambda message: message.id, default=None)


def _plain(content: str) -> str:
    return sendable(content).replace("\r\n", "\n").strip()


def read_inbox(body: Any) -> Inbox:
    """Read GET inbox. These readers raise ValueError for what is not what it should be."""
    found = inside(body)
    if not text(found, "identifier"):
        raise ValueError("no inbox")
    return Inbox(text(found, "name"), flag(found, "identity_validation_enabled"))


def read_contact(body: Any) -> Contact:
    """Read the reply to creating a contact."""
    found = inside(body)
    source_id = text(found, "source_id")
    if not source_id:
        raise ValueError("no contact")
    return Contact(_id(found), source_id, text(found, "name"), text(found, "phone_number"))


def read_conversations(body: Any) -> list[Conversation]:
    """Read a list of conversations, in no order."""
    return [read_conversation(found) for found in _list(body)]


def read_conversation(body: Any) -> Conversation:
    """Read a conversation, without its messages."""
    found = inside(body)
    account_id = number(inside(found, "contact"), "account_id")
    return Conversation(_id(found), number(found, "inbox_id"), text(found, "status"), account_id)


def read_messages(body: Any) -> list[Message]:
    """Read a list of messages, the oldest first."""
    return sorted((read_message(found) for found in _list(body)), key=lambda message: message.id)


def read_message(body: Any) -> Message:
    """Read a message of either API."""
    found = inside(body)
    return Message(
        id=_id(found),
        conversation_id=number(found, "conversation_id"),
        content=text(found, "content"),
        message_type=read_type(found.get("message_type")),
        private=flag(found, "private"),
        source_id=text(found, "source_id"),
        created_at=moment(found, "created_at"),
        attachments=read_attachments(found),
    )


def read_type(written: Any) -> MessageType:
    """Read a message's type: a number in replies, a word in webhooks."""
    if isinstance(written, int) and not isinstance(written, bool) and 0 <= written < len(_TYPES):
        return _TYPES[written]
    return MessageType(written) if isinstance(written, str) and written in _TYPES else MessageType.UNKNOWN


def read_attachments(message: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """Read the files of a message; those with no address are none."""
    found = (
        Attachment(
            url=text(item, "data_url"),
            kind=text(item, "file_type"),
            content_type=text(item, "content_type"),
            size_bytes=number(item, "file_size"),
        )
        for item in items(message, "attachments")
    )
    return tuple(attachment for attachment in found if attachment.url)


def _id(body: Mapping[str, Any]) -> int:
    found = number(body, "id")
    if found is None:
        raise ValueError("no id")
    return found


def _list(body: Any) -> list[Any]:
    if not isinstance(body, list):
        raise ValueError("no list")
    return body
