"""The objects of Chatwoot's two APIs.

A conversation's id is always its display id, the same in both APIs, in webhooks and in the browser's address.
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
    """A conversation's status. PENDING: with the assistant, if an agent bot is connected to the inbox."""

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
"""The types by their number in REST replies; webhooks have the words."""


def _message_type(written: Any) -> MessageType:
    if isinstance(written, int) and not isinstance(written, bool) and 0 <= written < len(_TYPES):
        return _TYPES[written]
    return MessageType(written) if isinstance(written, str) and written in _TYPES else MessageType.UNKNOWN


AnyMessageType = Annotated[MessageType, PlainValidator(_message_type)]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to post. A message takes at most fifteen."""

    name: str
    content: bytes
    content_type: str


class Attachment(Model):
    """A message's file. kind: image, audio, video, file, location, contact or fallback. url: redirects to the file."""

    url: Filled = Field(validation_alias="data_url")
    kind: Text = Field("", validation_alias="file_type")
    content_type: Text = ""
    size_bytes: Id | None = Field(None, validation_alias="file_size")


Attachments = tuple[OnErrorOmit[Attachment], ...]


class Inbox(Model):
    """An inbox. requires_identity: contacts need an HMAC, which this client does not make."""

    identifier: Filled
    name: Text = ""
    requires_identity: Flag = Field(False, validation_alias="identity_validation_enabled")


class Contact(Model):
    """A person in an inbox. source_id: our name for the contact."""

    id: Id
    source_id: Filled
    name: Text = ""
    phone: Text = Field("", validation_alias="phone_number")


class Conversation(Model):
    """A conversation. account_id: None if the reply has none. status: a Status, or a later version's new one."""

    id: Id
    inbox_id: Id | None = None
    status: Text = ""
    account_id: Id | None = Field(None, validation_alias=AliasPath("contact", "account_id"))


class Message(Model):
    """A message in REST replies. source_id: ours; empty in the public API."""

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
    """Choose the conversation to continue: unresolved before resolved, then the newest; None if there is none.

    inbox_id: excludes the other inboxes of a contact with a verified identity. None: any inbox.
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
    """Find the message created by a post that got no answer: the oldest that matches.

    since: whole seconds of Chatwoot's clock; allow a margin.
    known: ids returned by our other posts.
    files: the number of attachments posted.
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
