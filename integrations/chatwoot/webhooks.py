"""Verifies and reads Chatwoot's webhooks. Unreadable events are None, and nothing raises.

Follows lib/webhooks/trigger.rb and the listeners of Chatwoot 4.16. Webhooks come twice, late and out of order, and
one of our own message can come before the post that made it returns.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from integrations.chatwoot.fields import flag, inside, items, moment, number, text
from integrations.chatwoot.shapes import Attachment, MessageType, read_attachments, read_type

TIMESTAMP_HEADER = "X-Chatwoot-Timestamp"
SIGNATURE_HEADER = "X-Chatwoot-Signature"
DELIVERY_HEADER = "X-Chatwoot-Delivery"

TOLERANCE = timedelta(minutes=5)
"""Maximum distance of a timestamp from now, either way. Chatwoot signs when sending, and waits 5 s."""

_SECONDS = re.compile(r"[0-9]{1,12}")


class SenderType(StrEnum):
    """A message's author. NOBODY: a template, an automation or the contact's own telephone."""

    USER = "user"
    AGENT_BOT = "agent_bot"
    CONTACT = "contact"
    NOBODY = ""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Sender:
    """Of a message."""

    type: SenderType
    id: int | None
    name: str


@dataclass(frozen=True, slots=True)
class ConversationState:
    """The conversation as it was when the webhook was made up, which can be later than what it tells of.

    id: the display id. source_id: the contact's. status: a shapes.Status, or what a later version calls it.
    assignee_type: User, AgentBot, Captain::Assistant, or "". updated_at: to tell an older one by.
    """

    id: int | None
    inbox_id: int | None
    source_id: str
    status: str
    assignee_type: str
    assignee_id: int | None
    assignee_name: str
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """A message was made (created), or made otherwise. content: Markdown, where an operator wrote it."""

    created: bool
    id: int
    inbox_id: int | None
    conversation: ConversationState
    message_type: MessageType
    private: bool
    source_id: str
    content: str
    deleted: bool
    sender: Sender
    attachments: tuple[Attachment, ...]
    created_at: datetime | None

    @property
    def key(self) -> str | None:
        """Return the key shared by an event's copies from Chatwoot's three kinds of webhooks; or None."""
        return f"message_created:{self.id}" if self.created else None


@dataclass(frozen=True, slots=True)
class ConversationEvent:
    """A conversation changed. previous_status: None where the status is not what changed."""

    conversation: ConversationState
    previous_status: str | None
    status_changed: bool
    assignee_changed: bool

    @property
    def inbox_id(self) -> int | None:
        return self.conversation.inbox_id

    @property
    def key(self) -> None:
        return None


@dataclass(frozen=True, slots=True)
class TypingEvent:
    """Somebody began to write, or left off. private: a note."""

    on: bool
    private: bool
    by: Sender
    conversation: ConversationState

    @property
    def inbox_id(self) -> int | None:
        return self.conversation.inbox_id

    @property
    def key(self) -> None:
        return None


Event = MessageEvent | ConversationEvent | TypingEvent


def verify(secret: str, headers: Mapping[str, str], raw_body: bytes, now: datetime) -> bool:
    """Say whether Chatwoot signed this body with this secret, and lately. now: aware.

    secret: the webhook's own (each kind has one): not the inbox's hmac_token, and no access token.
    """
    timestamp = header(headers, TIMESTAMP_HEADER)
    signature = header(headers, SIGNATURE_HEADER)
    if not secret or not _SECONDS.fullmatch(timestamp):
        return False
    expected = "sha256=" + hmac.new(secret.encode(), _signed(timestamp, raw_body), hashlib.sha256).hexdigest()
    is_ours = hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode())
    return is_ours and abs(now.timestamp() - int(timestamp)) <= TOLERANCE.total_seconds()


def is_signed(headers: Mapping[str, str]) -> bool:
    """Say whether it claims to be: before 4.12 or, by kind, 4.13, Chatwoot signs nothing."""
    return bool(header(headers, SIGNATURE_HEADER))


def replay_key(headers: Mapping[str, str], raw_body: bytes) -> str:
    """Return a key, derived from the signed parts, that a request shares only with its replays."""
    return hashlib.sha256(_signed(header(headers, TIMESTAMP_HEADER), raw_body)).hexdigest()


def header(headers: Mapping[str, str], name: str) -> str:
    """Return a header, in whatever case; "" where there is none."""
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "")


def read_event(body: Any) -> Event | None:
    """Read a webhook's JSON. None: an event of no interest, an unknown one, or none at all."""
    found = inside(body)
    match found.get("event"):
        case "message_created" | "message_updated" as event:
            return _message_event(found, created=event == "message_created")
        case "conversation_status_changed" | "conversation_updated" as event:
            return _conversation_event(found, status_changed=event == "conversation_status_changed")
        case "conversation_typing_on" | "conversation_typing_off" as event:
            return _typing_event(found, on=event == "conversation_typing_on")
    return None


def _signed(timestamp: str, raw_body: bytes) -> bytes:
    return timestamp.encode("utf-8", "replace") + b"." + raw_body


def _message_event(body: Mapping[str, Any], *, created: bool) -> MessageEvent | None:
    id = number(body, "id")
    if id is None:
        return None
    conversation = _conversation(inside(body, "conversation"))
    inbox_id = number(inside(body, "inbox"), "id")
    return MessageEvent(
        created=created,
        id=id,
        inbox_id=conversation.inbox_id if inbox_id is None else inbox_id,
        conversation=conversation,
        message_type=read_type(body.get("message_type")),
        # Whatever stands for true: a note that is taken for a message would go out to the customer.
        private=bool(body.get("private")),
        source_id=text(body, "source_id"),
        content=text(body, "content"),
        deleted=flag(inside(body, "content_attributes"), "deleted"),
        sender=_sender(body.get("sender")),
        attachments=read_attachments(body),
        created_at=moment(body, "created_at"),
    )


def _conversation_event(body: Mapping[str, Any], *, status_changed: bool) -> ConversationEvent | None:
    conversation = _conversation(body)
    if conversation.id is None:
        return None
    changes = {name: inside(change, name) for change in items(body, "changed_attributes") for name in change}
    previous = text(changes.get("status", {}), "previous_value")
    return ConversationEvent(
        conversation=conversation,
        previous_status=previous or None,
        status_changed=status_changed or "status" in changes,
        assignee_changed=not changes.keys().isdisjoint({"assignee_id", "assignee_agent_bot_id"}),
    )


def _typing_event(body: Mapping[str, Any], *, on: bool) -> TypingEvent | None:
    conversation = _conversation(inside(body, "conversation"))
    if conversation.id is None:
        return None
    return TypingEvent(on, bool(body.get("is_private")), _sender(body.get("user")), conversation)


def _conversation(found: Mapping[str, Any]) -> ConversationState:
    meta = inside(found, "meta")
    assignee = inside(meta, "assignee")
    return ConversationState(
        id=number(found, "id"),
        inbox_id=number(found, "inbox_id"),
        source_id=text(inside(found, "contact_inbox"), "source_id"),
        status=text(found, "status"),
        assignee_type=text(meta, "assignee_type"),
        assignee_id=number(assignee, "id"),
        assignee_name=text(assignee, "name"),
        updated_at=moment(found, "updated_at"),
    )


def _sender(written: Any) -> Sender:
    found = inside(written)
    if not found:
        return Sender(SenderType.NOBODY, None, "")
    kind = found.get("type")
    if kind is None:
        type = SenderType.CONTACT  # of a message, a contact alone goes without
    else:
        type = SenderType(kind) if kind in ("user", "agent_bot", "contact") else SenderType.OTHER
    return Sender(type, number(found, "id"), text(found, "name"))
