"""Defines and reads the objects of Chatwoot's two APIs.

An id of a conversation is always its display id: the same in both APIs, in webhooks and in the browser's address.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AliasPath, Field, OnErrorOmit, PlainValidator, TypeAdapter

from integrations.chatwoot.fields import Filled, Moment, Text
from integrations.json_models import Flag, Id, Model
from integrations.plain_text import sendable


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


def _message_type(written: Any) -> MessageType:
    if isinstance(written, int) and not isinstance(written, bool) and 0 <= written < len(_TYPES):
        return _TYPES[written]
    return MessageType(written) if isinstance(written, str) and written in _TYPES else MessageType.UNKNOWN


AnyMessageType = Annotated[MessageType, PlainValidator(_message_type)]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be posted. At most fifteen go with a message."""

    name: str
    content: bytes
    content_type: str


class Attachment(Model):
    """A file of a message. kind: image, audio, video, file, location, contact or fallback. url: sends one on."""

    url: Filled = Field(validation_alias="data_url")
    kind: Text = Field("", validation_alias="file_type")
    content_type: Text = ""
    size_bytes: Id | None = Field(None, validation_alias="file_size")


Attachments = tuple[OnErrorOmit[Attachment], ...]


class Inbox(Model):
    """requires_identity: contacts are only taken with an HMAC of theirs, which this client does not make."""

    identifier: Filled
    name: Text = ""
    requires_identity: Flag = Field(False, validation_alias="identity_validation_enabled")


class Contact(Model):
    """A person in an inbox. source_id: the name under which we know them there."""

    id: Id
    source_id: Filled
    name: Text = ""
    phone: Text = Field("", validation_alias="phone_number")


class Conversation(Model):
    """account_id: None where the reply does not say. status: a Status, or what a later version calls it."""

    id: Id
    inbox_id: Id | None = None
    status: Text = ""
    account_id: Id | None = Field(None, validation_alias=AliasPath("contact", "account_id"))


class Message(Model):
    """A message as REST replies have it. source_id: ours, empty where the public API does not show it."""

    id: Id
    conversation_id: Id | None = None
    content: Text = ""
    message_type: AnyMessageType = MessageType.UNKNOWN
    private: Flag = False
    source_id: Text = ""
    created_at: Moment = None
    attachments: Attachments = ()


CONVERSATIONS = TypeAdapter(list[Conversation])
"""In no order."""
MESSAGES = TypeAdapter(list[Message])


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
