"""Verifies and parses Chatwoot's webhooks. Nothing here raises.

Follows lib/webhooks/trigger.rb and the listeners of Chatwoot 4.16. Webhooks arrive twice, late and out of order; the
webhook of our own message can arrive before its post returns.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AliasPath, BeforeValidator, Field, PlainValidator

from integrations.chatwoot.fields import Moment, Text
from integrations.chatwoot.shapes import AnyMessageType, Attachments, MessageType
from integrations.json_models import Flag, Id, Model, dict_of, dicts_of, parse

TIMESTAMP_HEADER = "X-Chatwoot-Timestamp"
SIGNATURE_HEADER = "X-Chatwoot-Signature"

TOLERANCE = timedelta(minutes=5)
"""Largest difference between a timestamp and now, either way. Chatwoot signs when sending, and waits 5 s."""

_SECONDS = re.compile(r"[0-9]{1,12}")


class SenderType(StrEnum):
    """A message's author. NOBODY: a template, an automation or the contact's own telephone."""

    USER = "user"
    AGENT_BOT = "agent_bot"
    CONTACT = "contact"
    NOBODY = ""
    OTHER = "other"


def _sender_type(written: Any) -> SenderType:
    if written is None:
        return SenderType.CONTACT  # only a contact's message has no sender type
    return SenderType(written) if written in ("user", "agent_bot", "contact") else SenderType.OTHER


class Sender(Model):
    """A message's author, as the webhook names them."""

    type: Annotated[SenderType, PlainValidator(_sender_type)] = SenderType.CONTACT
    id: Id | None = None
    name: Text = ""


_NOBODY = Sender.model_construct(type=SenderType.NOBODY)
OptionalSender = Annotated[Sender, BeforeValidator(lambda written: written or _NOBODY)]


class ConversationState(Model):
    """A conversation's state when the webhook was built, which may be later than its event.

    id: the display id. source_id: the contact's.
    status: a shapes.Status, or a later version's new one.
    assignee_type: User, AgentBot, Captain::Assistant, or "".
    updated_at: orders the webhooks of a conversation.
    """

    id: Id | None = None
    inbox_id: Id | None = None
    source_id: Text = Field("", validation_alias=AliasPath("contact_inbox", "source_id"))
    status: Text = ""
    assignee_type: Text = Field("", validation_alias=AliasPath("meta", "assignee_type"))
    assignee_id: Id | None = Field(None, validation_alias=AliasPath("meta", "assignee", "id"))
    assignee_name: Text = Field("", validation_alias=AliasPath("meta", "assignee", "name"))
    updated_at: Moment = None


_NONE = ConversationState()


class MessageEvent(Model):
    """A message was created or changed. content: Markdown, if an operator wrote it."""

    created: Annotated[bool, PlainValidator(lambda event: event == "message_created")] = Field(
        validation_alias="event"
    )
    id: Id
    own_inbox_id: Id | None = Field(None, validation_alias=AliasPath("inbox", "id"))
    conversation: ConversationState = _NONE
    message_type: AnyMessageType = MessageType.UNKNOWN
    # Any true value: a note mistaken for a message would go out to the customer.
    private: Annotated[bool, PlainValidator(bool)] = False
    source_id: Text = ""
    content: Text = ""
    deleted: Flag = Field(False, validation_alias=AliasPath("content_attributes", "deleted"))
    sender: OptionalSender = _NOBODY
    attachments: Attachments = ()
    created_at: Moment = None

    @property
    def inbox_id(self) -> int | None:
        return self.conversation.inbox_id if self.own_inbox_id is None else self.own_inbox_id

    @property
    def key(self) -> str | None:
        """Return the key shared by the copies of an event in Chatwoot's three kinds of webhooks; None for a change."""
        return f"message_created:{self.id}" if self.created else None


@dataclass(frozen=True, slots=True)
class ConversationEvent:
    """A conversation changed. previous_status: None if the status did not change."""

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


class TypingEvent(Model):
    """Somebody started or stopped typing. private: a note."""

    on: Annotated[bool, PlainValidator(lambda event: event == "conversation_typing_on")] = Field(
        validation_alias="event"
    )
    private: Annotated[bool, PlainValidator(bool)] = Field(False, validation_alias="is_private")
    by: OptionalSender = Field(_NOBODY, validation_alias="user")
    conversation: ConversationState = _NONE

    @property
    def inbox_id(self) -> int | None:
        return self.conversation.inbox_id

    @property
    def key(self) -> None:
        return None


Event = MessageEvent | ConversationEvent | TypingEvent


def verify(secret: str, headers: Mapping[str, str], raw_body: bytes, now: datetime) -> bool:
    """Return whether Chatwoot signed this body with this secret, and recently. now: aware.

    secret: the webhook's own, one for each kind; not the inbox's hmac_token or an access token.
    """
    timestamp = header(headers, TIMESTAMP_HEADER)
    signature = header(headers, SIGNATURE_HEADER)
    if not secret or not _SECONDS.fullmatch(timestamp):
        return False
    expected = "sha256=" + hmac.new(secret.encode(), _signed(timestamp, raw_body), hashlib.sha256).hexdigest()
    is_ours = hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode())
    return is_ours and abs(now.timestamp() - int(timestamp)) <= TOLERANCE.total_seconds()


def is_signed(headers: Mapping[str, str]) -> bool:
    """Return whether the request has a signature. Chatwoot signs since 4.12 or, by kind, 4.13."""
    return bool(header(headers, SIGNATURE_HEADER))


def header(headers: Mapping[str, str], name: str) -> str:
    """Return a header's value, whatever its case; "" if it is missing."""
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "")


def read_event(body: Any) -> Event | None:
    """Parse a webhook's JSON. Return None for other events and unreadable ones."""
    match dict_of(body).get("event"):
        case "message_created" | "message_updated":
            return parse(MessageEvent, body)
        case "conversation_status_changed" | "conversation_updated" as event:
            return _conversation_event(body, status_changed=event == "conversation_status_changed")
        case "conversation_typing_on" | "conversation_typing_off":
            typing = parse(TypingEvent, body)
            return None if typing is None or typing.conversation.id is None else typing
    return None


def _signed(timestamp: str, raw_body: bytes) -> bytes:
    return timestamp.encode("utf-8", "replace") + b"." + raw_body


def _conversation_event(body: dict[str, Any], *, status_changed: bool) -> ConversationEvent | None:
    conversation = parse(ConversationState, body)
    if conversation is None or conversation.id is None:
        return None
    changes = {
        name: change for each in dicts_of(body.get("changed_attributes")) for name, change in each.items()
    }
    status = parse(_Change, changes.get("status"))
    return ConversationEvent(
        conversation=conversation,
        previous_status=(status and status.previous_value) or None,
        status_changed=status_changed or "status" in changes,
        assignee_changed=not changes.keys().isdisjoint({"assignee_id", "assignee_agent_bot_id"}),
    )


class _Change(Model):
    previous_value: Text = ""
