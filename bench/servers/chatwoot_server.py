"""Serves a cheap stand-in for Chatwoot's API inbox.

`python -m bench.servers.chatwoot_server PORT`. It speaks as much of Chatwoot 4.16's two APIs as the mirror asks of it,
with its refusals: 404 for what it does not have, 422 for more than 200 messages of a conversation in a minute.
Everything else is the fake's of the tests. What it was told:

    GET /counts      {"messages": 12, "conversations": 2, "left": 0, "last_at": 81.2}; left: requests without an answer
    GET /words       {"34600000001": [["Hola", "Buenos días"]], ...}: of each contact, what is in each conversation
    GET /pace?takes_s=0.02&hangs=0    how long it takes over each request from then on; hangs=1: it answers none
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bench.servers.stand_in import StandIn, serve

FLOOD_LIMIT, FLOOD_WITHIN_S = 200, 60.0
INBOX_ID, ACCOUNT_ID = 3, 1
INCOMING, OUTGOING = 0, 1
NOT_FOUND = ("404 Not Found", {"status": 404, "error": "Not Found"})

_PUBLIC = "/public/api/v1/inboxes/[^/.]+"
_CONTACT = rf"{_PUBLIC}/contacts/(?P<source_id>[^/.]+)"
_CONVERSATION = rf"/api/v1/accounts/{ACCOUNT_ID}/conversations/(?P<id>[0-9]+)"

Answer = tuple[str, Any]
"""An HTTP status, and JSON."""


@dataclass(slots=True)
class Conversation:
    """A conversation's messages, in order. came_at: of each message, on the monotonic clock."""

    id: int
    source_id: str
    status: str = "open"
    messages: list[dict[str, Any]] = field(default_factory=list)
    came_at: list[float] = field(default_factory=list)

    def is_flooded(self, now: float) -> bool:
        """Return whether the message limit is reached."""
        return len(self.came_at) >= FLOOD_LIMIT and now - self.came_at[-FLOOD_LIMIT] < FLOOD_WITHIN_S


class Inbox:
    """The inbox's data and its request handlers."""

    def __init__(self) -> None:
        self.takes_s, self.hangs = 0.0, False
        self.left = 0
        self._contacts: dict[str, dict[str, Any]] = {}
        self._conversations: dict[int, Conversation] = {}
        self._messages, self._last_at = 0, 0.0
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = [
            (method, re.compile(path), answer)
            for method, path, answer in (
                ("POST", rf"{_CONTACT}/conversations/(?P<id>[0-9]+)/messages", self._say),
                ("POST", rf"{_CONVERSATION}/messages", self._say_for_us),
                ("POST", rf"{_PUBLIC}/contacts", self._make_contact),
                ("GET", _CONTACT, self._contact),
                ("PATCH", _CONTACT, self._contact),
                ("GET", rf"{_CONTACT}/conversations", self._conversations_of),
                ("POST", rf"{_CONTACT}/conversations", self._make_conversation),
                ("GET", rf"{_CONTACT}/conversations/(?P<id>[0-9]+)/messages", self._newest),
                ("POST", rf"{_CONVERSATION}/toggle_status", self._set_status),
                ("PATCH", rf"{_CONVERSATION}/messages/[0-9]+", self._set_receipt),
            )
        ]

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """Handle a request."""
        for of_method, pattern, answer in self._routes:
            if of_method == method and (match := pattern.fullmatch(path)):
                given = json.loads(body) if body else {}
                return answer(given, **match.groupdict())
        return NOT_FOUND

    def counts(self) -> dict[str, float]:
        """Return how much there is."""
        return {
            "messages": self._messages, "conversations": len(self._conversations), "left": self.left,
            "last_at": self._last_at,
        }  # fmt: skip

    def words(self) -> dict[str, list[list[str]]]:
        """Return the texts in each contact's conversations."""
        found: dict[str, list[list[str]]] = {}
        for conversation in self._conversations.values():
            said = [message["content"] for message in conversation.messages]
            found.setdefault(conversation.source_id, []).append(said)
        return found

    def _make_contact(self, given: dict[str, Any]) -> Answer:
        number = len(self._contacts) + 17
        new = {"id": number, "pubsub_token": "bench", "email": None, "name": None, "phone_number": None}
        return "200 OK", self._contacts.setdefault(given["source_id"], new | given)

    def _contact(self, given: dict[str, Any], source_id: str) -> Answer:
        if source_id not in self._contacts:
            return NOT_FOUND
        self._contacts[source_id] |= given
        return "200 OK", self._contacts[source_id]

    def _conversations_of(self, _: dict[str, Any], source_id: str) -> Answer:
        if source_id not in self._contacts:
            return NOT_FOUND
        own = [self._shown(found) for found in self._conversations.values() if found.source_id == source_id]
        return "200 OK", own

    def _make_conversation(self, _: dict[str, Any], source_id: str) -> Answer:
        if source_id not in self._contacts:
            return NOT_FOUND
        made = Conversation(len(self._conversations) + 42, source_id)
        self._conversations[made.id] = made
        return "200 OK", self._shown(made)

    def _newest(self, _: dict[str, Any], source_id: str, id: str) -> Answer:
        conversation = self._conversations.get(int(id))
        if conversation is None or conversation.source_id != source_id:
            return NOT_FOUND
        return "200 OK", [one for one in conversation.messages if not one["private"]][-20:]

    def _say(self, given: dict[str, Any], source_id: str, id: str) -> Answer:
        conversation = self._conversations.get(int(id))
        if conversation is None or conversation.source_id != source_id:
            return NOT_FOUND
        flooded = {"message": "Too many messages", "attributes": ["base"]}
        return self._added(conversation, {"content": given.get("content")}, INCOMING, flooded)

    def _say_for_us(self, given: dict[str, Any], id: str) -> Answer:
        conversation = self._conversations.get(int(id))
        if conversation is None:
            return "404 Not Found", {"error": "Resource could not be found"}
        return self._added(conversation, given, OUTGOING, {"error": "Validation failed: Too many messages"})

    def _added(
        self, conversation: Conversation, given: dict[str, Any], message_type: int, flooded: dict[str, Any]
    ) -> Answer:
        now = time.monotonic()
        if conversation.is_flooded(now):
            return "422 Unprocessable Entity", flooded
        self._messages, self._last_at = self._messages + 1, now
        message = {
            "id": self._messages + 900, "content": given.get("content"), "message_type": message_type,
            "content_type": "text", "content_attributes": {}, "created_at": int(time.time()),
            "conversation_id": conversation.id, "private": bool(given.get("private")),
            "source_id": given.get("source_id"), "inbox_id": INBOX_ID, "status": "sent",
        }  # fmt: skip
        conversation.messages.append(message)
        conversation.came_at.append(now)
        return "200 OK", message

    def _set_status(self, given: dict[str, Any], id: str) -> Answer:
        conversation = self._conversations.get(int(id))
        if conversation is None:
            return "404 Not Found", {"error": "Resource could not be found"}
        conversation.status = given["status"]
        shown = {"success": True, "conversation_id": conversation.id, "current_status": conversation.status}
        return "200 OK", {"meta": {}, "payload": shown}

    def _set_receipt(self, _: dict[str, Any], id: str) -> Answer:
        # It knows bots' tokens alone.
        refusal = {"error": "Access to this endpoint is not authorized for bots"}
        return "401 Unauthorized", refusal

    def _shown(self, conversation: Conversation) -> dict[str, Any]:
        contact = {"id": self._contacts[conversation.source_id]["id"], "account_id": ACCOUNT_ID}
        return {
            "id": conversation.id, "inbox_id": INBOX_ID, "status": conversation.status,
            "messages": [one for one in conversation.messages if not one["private"]], "contact": contact,
        }  # fmt: skip


class Connection(StandIn):
    """One kept connection of the product's client, or of the bench."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__()
        self._inbox = inbox

    def asked(self, method: str, target: str, body: bytes) -> None:
        url = urlsplit(target)
        if url.path.startswith(("/public/", "/api/")):
            self._ask(method, url.path, body)
        elif url.path == "/words":
            self.reply(self._inbox.words())
        else:
            if url.path == "/pace":
                given = parse_qs(url.query)
                self._inbox.takes_s, self._inbox.hangs = float(given["takes_s"][0]), given["hangs"] == ["1"]
            self.reply(self._inbox.counts())

    def _ask(self, method: str, path: str, body: bytes) -> None:
        inbox = self._inbox
        if inbox.hangs:
            inbox.left += 1
            return
        status, value = inbox.answer(method, path, body)
        if inbox.takes_s:
            asyncio.get_running_loop().call_later(inbox.takes_s, self.reply, value, status)
        else:
            self.reply(value, status)


if __name__ == "__main__":
    asyncio.run(serve(partial(Connection, Inbox()), int(sys.argv[1])))
