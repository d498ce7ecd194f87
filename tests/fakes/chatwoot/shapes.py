"""The JSON of Chatwoot 4.16: of its public API, of its application API, and of its webhooks, which all differ."""

from datetime import UTC, datetime
from typing import Any

from tests.fakes.chatwoot.records import (
    TYPES,
    AgentBot,
    Blob,
    Contact,
    ContactInbox,
    Conversation,
    Inbox,
    Message,
    User,
)


def public_inbox(inbox: Inbox) -> dict[str, Any]:
    return {
        "identifier": inbox.identifier,
        "identity_validation_enabled": inbox.hmac_mandatory,
        "name": inbox.name,
        "timezone": "UTC",
        "working_hours": [],
        "working_hours_enabled": False,
        "csat_survey_enabled": False,
        "greeting_enabled": False,
    }


def public_contact(link: ContactInbox) -> dict[str, Any]:
    contact = link.contact
    return {
        "source_id": link.source_id,
        "pubsub_token": link.pubsub_token,
        "id": contact.id,
        "name": contact.name,
        "email": contact.email,
        "phone_number": contact.phone_number,
    }


def public_conversation(
    conversation: Conversation, messages: list[Message], frontend_url: str
) -> dict[str, Any]:
    contact = conversation.contact
    return {
        "id": conversation.id,
        "uuid": conversation.uuid,
        "inbox_id": conversation.inbox.id,
        "contact_last_seen_at": 0,
        "status": conversation.status,
        "agent_last_seen_at": 0,
        "messages": [public_message(message, frontend_url) for message in messages if message.is_chat],
        "contact": {
            "id": contact.id,
            "name": contact.name,
            "email": contact.email,
            "phone_number": contact.phone_number,
            "account_id": contact.account_id,
            "identifier": contact.identifier,
            "additional_attributes": {},
            "custom_attributes": contact.custom_attributes,
            "contact_type": "visitor",
            "country_code": "",
            "last_activity_at": None,
            "created_at": _iso(contact.created_at),
            "updated_at": _iso(contact.created_at),
            "last_name": "",
            "middle_name": "",
            "location": "",
            "blocked": contact.blocked,
            "company_id": None,
        },
    }


def public_message(message: Message, frontend_url: str) -> dict[str, Any]:
    return {
        "id": message.id,
        "content": message.content,
        "message_type": TYPES.index(message.message_type),
        "content_type": message.content_type,
        "content_attributes": message.content_attributes,
        "created_at": int(message.created_at),
        "conversation_id": message.conversation.id,
        **({"sender": _pushed(message.sender)} if message.sender else {}),
        **_attachments(message, frontend_url),
    }


def application_message(message: Message, frontend_url: str, echo_id: str | None = None) -> dict[str, Any]:
    return {
        "id": message.id,
        "content": message.content,
        "inbox_id": message.conversation.inbox.id,
        **({"echo_id": echo_id} if echo_id else {}),
        "conversation_id": message.conversation.id,
        "message_type": TYPES.index(message.message_type),
        "content_type": message.content_type,
        "status": message.status,
        "content_attributes": _content_attributes(message),
        "created_at": int(message.created_at),
        "private": message.private,
        "source_id": message.source_id,
        **({"sender": _pushed(message.sender)} if message.sender else {}),
        **_attachments(message, frontend_url),
    }


def webhook_message(
    event: str, message: Message, latest: Message | None, frontend_url: str
) -> dict[str, Any]:
    conversation = message.conversation
    return {
        "event": event,
        "id": message.id,
        "content": message.content,
        "content_type": message.content_type,
        "content_attributes": _content_attributes(message),
        "additional_attributes": {},
        "message_type": message.message_type,
        "private": message.private,
        "source_id": message.source_id,
        "created_at": _iso(message.created_at),
        "account": _account(conversation),
        "inbox": {"id": conversation.inbox.id, "name": conversation.inbox.name},
        "sender": _webhook_sender(message.sender, conversation),
        **_attachments(message, frontend_url),
        "conversation": webhook_conversation(conversation, latest, frontend_url),
    }


def webhook_conversation(
    conversation: Conversation, latest: Message | None, frontend_url: str
) -> dict[str, Any]:
    """latest: of the conversation when the webhook is sent, whatever it tells of."""
    link, assignee = conversation.contact_inbox, conversation.assignee
    return {
        "id": conversation.id,
        "inbox_id": conversation.inbox.id,
        "status": conversation.status,
        "channel": "Channel::Api",
        "can_reply": True,
        "labels": conversation.labels,
        "priority": None,
        "additional_attributes": {},
        "custom_attributes": conversation.custom_attributes,
        "snoozed_until": None,
        "unread_count": 0,
        "first_reply_created_at": None,
        "waiting_since": 0,
        "agent_last_seen_at": 0,
        "contact_last_seen_at": 0,
        "last_activity_at": int(conversation.updated_at),
        "timestamp": int(conversation.updated_at),
        "created_at": int(conversation.created_at),
        "updated_at": conversation.updated_at,
        "account": _account(conversation),
        "contact_inbox": {
            "id": link.id,
            "contact_id": link.contact.id,
            "inbox_id": link.inbox.id,
            "source_id": link.source_id,
            "created_at": _iso(link.created_at),
            "updated_at": _iso(link.created_at),
            "hmac_verified": link.hmac_verified,
            "pubsub_token": link.pubsub_token,
        },
        "meta": {
            "sender": _pushed(conversation.contact),
            "assignee": _pushed(assignee) if assignee else None,
            "assignee_type": type(assignee).__name__ if assignee else None,
            "team": None,
            "hmac_verified": link.hmac_verified,
        },
        "messages": [application_message(latest, frontend_url)] if latest else [],
    }


def webhook_typing(event: str, conversation: Conversation, user: User, *, private: bool) -> dict[str, Any]:
    return {
        "event": event,
        "user": _webhook_sender(user, conversation),
        "conversation": webhook_conversation(conversation, None, ""),
        "is_private": private,
    }


def _content_attributes(message: Message) -> dict[str, Any]:
    error = {"external_error": message.external_error} if message.external_error else {}
    return {**message.content_attributes, **error}


def _attachments(message: Message, frontend_url: str) -> dict[str, Any]:
    """None at all where there is none: then the key is missing too."""
    if not message.blobs:
        return {}
    return {"attachments": [_attachment(blob, message, frontend_url) for blob in message.blobs]}


def _attachment(blob: Blob, message: Message, frontend_url: str) -> dict[str, Any]:
    url = f"{frontend_url}/rails/active_storage/blobs/redirect/{blob.key}/{blob.name}"
    return {
        "id": blob.id,
        "message_id": message.id,
        "file_type": blob.file_type,
        "account_id": message.conversation.inbox.account_id,
        "extension": None,
        "content_type": blob.content_type,
        "data_url": url,
        "thumb_url": url if blob.file_type == "image" else "",
        "file_size": len(blob.content),
        "width": None,
        "height": None,
        **({"transcribed_text": ""} if blob.file_type == "audio" else {}),
    }


def _pushed(sender: Contact | User | AgentBot) -> dict[str, Any]:
    """Somebody, as REST replies and a conversation's meta have it: with a type."""
    if isinstance(sender, Contact):
        return {
            "additional_attributes": {},
            "custom_attributes": sender.custom_attributes,
            "email": sender.email,
            "id": sender.id,
            "identifier": sender.identifier,
            "name": sender.name,
            "phone_number": sender.phone_number,
            "thumbnail": "",
            "blocked": sender.blocked,
            "type": "contact",
        }
    if isinstance(sender, AgentBot):
        return {"id": sender.id, "name": sender.name, "avatar_url": "", "type": "agent_bot"}
    return {"id": sender.id, "name": sender.name, "available_name": sender.name, "type": "user"}


def _webhook_sender(
    sender: Contact | User | AgentBot | None, conversation: Conversation
) -> dict[str, Any] | None:
    """Somebody, at the top of a webhook: a contact has no type there."""
    if sender is None:
        return None
    if isinstance(sender, Contact):
        shown = {name: value for name, value in _pushed(sender).items() if name != "type"}
        return {"account": _account(conversation), "avatar": "", **shown}
    if isinstance(sender, AgentBot):
        return {"id": sender.id, "name": sender.name, "type": "agent_bot"}
    return {"id": sender.id, "name": sender.name, "email": sender.email, "type": "user"}


def _account(conversation: Conversation) -> dict[str, Any]:
    return {"id": conversation.inbox.account_id, "name": "Acme"}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
