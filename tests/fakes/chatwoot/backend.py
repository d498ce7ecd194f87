"""What Chatwoot does with what it is asked, whoever asks: its builders, its callbacks and its events."""

import itertools
import random
import secrets
from collections.abc import Callable
from typing import Any

from tests.fakes.chatwoot import shapes
from tests.fakes.chatwoot.contacts import Contacts
from tests.fakes.chatwoot.liquid import render_message
from tests.fakes.chatwoot.records import (
    RECEIPTS,
    STATUSES,
    AgentBot,
    Blob,
    Contact,
    ContactInbox,
    Conversation,
    Inbox,
    Message,
    User,
)
from tests.fakes.chatwoot.refusals import Invalid, Refusal, broken
from tests.fakes.chatwoot.webhooks import Pending

MOST_CHARACTERS = 150_000
MOST_ATTACHMENTS = 15

Upload = tuple[str, bytes, str]
"""A file's name, content and media type."""


class Backend:
    """Not thread-safe: whoever calls holds the lock. events: webhooks that are due, to be taken away.

    flood_limit: messages of a conversation in a minute. clock: seconds since 1970. seed: of what has no order.
    """

    def __init__(self, clock: Callable[[], float], flood_limit: int, seed: int) -> None:
        self.clock = clock
        self.flood_limit = flood_limit
        self.frontend_url = ""
        self.inboxes: dict[str, Inbox] = {}
        self.conversations: list[Conversation] = []
        self.blobs: dict[str, Blob] = {}
        self.events: list[Pending] = []
        self._random = random.Random(seed)
        self._keys = {name: itertools.count(start) for name, start in _FIRST_KEYS.items()}
        self.contacts = Contacts(clock, self._random, self._key)

    def number_messages_from(self, first: int) -> None:
        """Give this number to the next message."""
        self._keys["message"] = itertools.count(first)

    # --- conversations

    def conversations_of(self, link: ContactInbox) -> list[Conversation]:
        """In no order. A verified contact's are those of all inboxes."""
        found = [
            conversation
            for conversation in self.conversations
            if conversation.contact_inbox is link
            or (link.hmac_verified and conversation.contact is link.contact)
        ]
        self._random.shuffle(found)
        return found

    def make_conversation(self, link: ContactInbox, given: dict[str, Any], seen: set[int]) -> Conversation:
        """seen: the keys of the conversations that there were when it was looked, which can be a moment ago."""
        own = [found for found in self.conversations if found.contact_inbox is link and found.key in seen]
        if link.inbox.locked_to_single_conversation and own:
            return max(own, key=lambda conversation: conversation.key)
        status = "pending" if link.inbox.has_bot else "open"
        conversation = Conversation(
            key=self._key("conversation"),
            id=self._key(f"display{link.inbox.account_id}"),
            contact_inbox=link,
            status="resolved" if link.contact.blocked else status,
            created_at=self.clock(),
            updated_at=self.clock(),
            custom_attributes=dict(given.get("custom_attributes") or {}),
        )
        self.conversations.append(conversation)
        self._tell_conversation("conversation_created", conversation, [])
        return conversation

    def change_status(self, conversation: Conversation, status: str) -> None:
        if status not in STATUSES:
            raise Refusal(422, {"error": f"'{status}' is not a valid status"})
        if status == conversation.status:
            return
        change = {"status": {"previous_value": conversation.status, "current_value": status}}
        conversation.status = status
        self._touch(conversation)
        self._tell_conversation("conversation_status_changed", conversation, [change])
        self._tell_conversation("conversation_updated", conversation, [change])

    def assign(self, conversation: Conversation, assignee: User | AgentBot | None) -> None:
        before, conversation.assignee = conversation.assignee, assignee
        self._touch(conversation)
        change = {"previous_value": before and before.id, "current_value": assignee and assignee.id}
        self._tell_conversation("conversation_updated", conversation, [{"assignee_id": change}])

    def label(self, conversation: Conversation, labels: list[str]) -> None:
        before, conversation.labels = conversation.labels, labels
        change = {"label_list": {"previous_value": before, "current_value": labels}}
        self._tell_conversation("conversation_updated", conversation, [change])

    def tell_typing(self, conversation: Conversation, user: User, *, on: bool, private: bool) -> None:
        event = "conversation_typing_on" if on else "conversation_typing_off"
        self.events.append(Pending(lambda: shapes.webhook_typing(event, conversation, user, private=private)))

    # --- messages

    def messages_of(self, conversation: Conversation) -> list[Message]:
        return list(conversation.messages)

    def add_message(
        self,
        conversation: Conversation,
        content: str | None,
        message_type: str,
        sender: Contact | User | AgentBot | None,
        *,
        files: list[Upload] | None = None,
        private: bool = False,
        source_id: str | None = None,
        content_attributes: dict[str, Any] | None = None,
    ) -> Message:
        self._check_message(conversation, content, files or [])
        if content and message_type in ("outgoing", "template"):
            content = render_message(content, _liquid_values(conversation, sender))
        message = Message(
            id=self._key("message"),
            conversation=conversation,
            content=content,
            message_type=message_type,
            created_at=self.clock(),
            sender=sender,
            private=private,
            source_id=source_id,
            content_attributes=content_attributes or {},
            blobs=[self._blob(*file) for file in files or []],
        )
        conversation.messages.append(message)
        self._touch(conversation)
        self._tell_message("message_created", message)
        if message_type == "incoming":
            self._reopen(conversation)
        return message

    def set_receipt(self, message: Message, status: str | None, error: str | None) -> None:
        if status not in RECEIPTS or (message.status == "read" and status == "delivered"):
            return
        message.status = status
        message.external_error = error if status == "failed" else None
        self._tell_message("message_updated", message)

    def delete_message(self, message: Message) -> None:
        message.content = "This message was deleted"
        message.content_attributes = {"deleted": True}
        for blob in message.blobs:
            del self.blobs[blob.key]
        message.blobs = []
        self._tell_message("message_updated", message)

    def _check_message(self, conversation: Conversation, content: str | None, files: list[Upload]) -> None:
        if content and "\0" in content:
            raise broken()  # "string contains null byte"
        if content and len(content) > MOST_CHARACTERS:
            raise Invalid(f"Content is too long (maximum is {MOST_CHARACTERS} characters)", "content")
        if len(files) > MOST_ATTACHMENTS:
            raise Invalid("Attachments exceeded maximum allowed", "attachments")
        since = self.clock() - 60
        recent = itertools.takewhile(lambda message: message.created_at >= since, conversation.messages[::-1])
        if sum(1 for _ in recent) >= self.flood_limit:
            raise Invalid("Too many messages", "base")

    def _reopen(self, conversation: Conversation) -> None:
        if conversation.contact.blocked:
            return
        if conversation.status == "resolved":
            self.change_status(conversation, "pending" if conversation.inbox.has_bot else "open")
        elif conversation.status == "snoozed":
            self.change_status(conversation, "open")

    def _blob(self, name: str, content: bytes, content_type: str) -> Blob:
        blob = Blob(self._key("blob"), secrets.token_hex(16), name, content, content_type)
        self.blobs[blob.key] = blob
        return blob

    # --- what is told

    def take_events(self) -> list[Pending]:
        taken, self.events = self.events, []
        return taken

    def latest(self, conversation: Conversation) -> Message | None:
        return next((message for message in reversed(conversation.messages) if message.is_chat), None)

    def _tell_message(self, event: str, message: Message) -> None:
        if message.message_type == "activity":
            return

        def build() -> dict[str, Any]:
            latest = self.latest(message.conversation)
            return shapes.webhook_message(event, message, latest, self.frontend_url)

        def failed(why: str) -> None:
            message.status, message.external_error = "failed", why

        self.events.append(Pending(build, failed))

    def _tell_conversation(self, event: str, conversation: Conversation, changes: list[Any]) -> None:
        def build() -> dict[str, Any]:
            shown = shapes.webhook_conversation(conversation, self.latest(conversation), self.frontend_url)
            return {**shown, "event": event, "changed_attributes": changes}

        self.events.append(Pending(build))

    def _touch(self, conversation: Conversation) -> None:
        conversation.updated_at = self.clock()

    def _key(self, of: str) -> int:
        return next(self._keys.setdefault(of, itertools.count(1)))


_FIRST_KEYS = {"contact": 17, "message": 901, "conversation": 1000, "display1": 42, "blob": 1, "link": 9}


def _liquid_values(conversation: Conversation, sender: Any) -> dict[str, Any]:
    contact = conversation.contact
    return {
        "contact": {
            "name": contact.name,
            "email": contact.email or "",
            "phone_number": contact.phone_number or "",
            "first_name": contact.name.partition(" ")[0],
        },
        "agent": {"name": sender.name if sender else ""},
        "conversation": {"display_id": conversation.id},
        "inbox": {"name": conversation.inbox.name},
    }
