"""What a Chatwoot keeps: inboxes, contacts, conversations, messages, and the tokens that open its application."""

import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

TYPES = ("incoming", "outgoing", "activity", "template")
STATUSES = ("open", "resolved", "pending", "snoozed")
RECEIPTS = ("sent", "delivered", "read", "failed")


@dataclass(frozen=True)
class User:
    """Somebody who works here. role: agent or administrator."""

    id: int
    name: str
    email: str = "pedro@example.com"
    role: str = "agent"
    account_ids: tuple[int, ...] = (1,)


@dataclass(frozen=True)
class AgentBot:
    id: int
    name: str
    account_id: int = 1


@dataclass
class Inbox:
    """An inbox of the kind API. has_bot: an agent bot is connected and active."""

    id: int
    identifier: str
    name: str
    account_id: int = 1
    hmac_token: str = field(default_factory=lambda: secrets.token_hex(12))
    hmac_mandatory: bool = False
    locked_to_single_conversation: bool = False
    has_bot: bool = False


@dataclass
class Contact:
    id: int
    name: str
    created_at: float
    account_id: int = 1
    email: str | None = None
    phone_number: str | None = None
    identifier: str | None = None
    custom_attributes: dict[str, Any] = field(default_factory=dict)
    blocked: bool = False


@dataclass
class ContactInbox:
    id: int
    contact: Contact
    inbox: Inbox
    source_id: str
    created_at: float
    hmac_verified: bool = False
    pubsub_token: str = field(default_factory=lambda: secrets.token_urlsafe(12))


@dataclass
class Conversation:
    """key: the database's own, which no API shows. id: the display id."""

    key: int
    id: int
    contact_inbox: ContactInbox
    status: str
    created_at: float
    updated_at: float
    assignee: User | AgentBot | None = None
    labels: list[str] = field(default_factory=list)
    custom_attributes: dict[str, Any] = field(default_factory=dict)
    typing: list[str] = field(default_factory=list)
    messages: list["Message"] = field(default_factory=list, repr=False)
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def inbox(self) -> Inbox:
        return self.contact_inbox.inbox

    @property
    def contact(self) -> Contact:
        return self.contact_inbox.contact


@dataclass(frozen=True)
class Blob:
    """A file that came with a message. key: its name in the store."""

    id: int
    key: str
    name: str
    content: bytes
    content_type: str

    @property
    def file_type(self) -> str:
        kind = self.content_type.partition("/")[0]
        return kind if kind in ("image", "audio", "video") else "file"


@dataclass
class Message:
    """message_type: the word. sender: None for what Chatwoot itself writes."""

    id: int
    conversation: Conversation
    content: str | None
    message_type: str
    created_at: float
    sender: Contact | User | AgentBot | None
    private: bool = False
    source_id: str | None = None
    content_type: str = "text"
    content_attributes: dict[str, Any] = field(default_factory=dict)
    status: str = "sent"
    external_error: str | None = None
    blobs: list[Blob] = field(default_factory=list)

    @property
    def is_chat(self) -> bool:
        """Whether the public API shows it."""
        return not self.private and self.message_type != "activity"
