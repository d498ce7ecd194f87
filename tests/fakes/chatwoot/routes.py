"""The fake Chatwoot's routes: the public API, whose secret is the inbox's identifier, and the application's."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.chatwoot import shapes
from tests.fakes.chatwoot.backend import Backend, Upload
from tests.fakes.chatwoot.records import AgentBot, ContactInbox, Conversation, Inbox, Message, User
from tests.fakes.chatwoot.refusals import Invalid, Refusal, broken, not_found

_FALSE = (None, False, 0, "", "0", "f", "F", "false", "FALSE", "off", "OFF")


@dataclass
class Request:
    """A request as it came. params: of the body and the query. files: of attachments[].

    seen: the keys of the conversations that there were when it came.
    """

    method: str
    path: str
    headers: dict[str, str]
    params: dict[str, Any] = field(default_factory=dict)
    files: list[Upload] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def flag(self, name: str) -> bool:
        return self.params.get(name) not in _FALSE


@dataclass
class Reply:
    """body: JSON; None: empty."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


Answer = Callable[..., Any]

NO_TOKEN = Refusal(401, {"errors": ["You need to sign in or sign up before continuing."]})


class PublicApi:
    """All successes are 200."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        inbox = r"/public/api/v1/inboxes/(?P<identifier>[^/.]+)"
        contact = rf"{inbox}/contacts/(?P<source_id>[^/.]+)"
        conversation = rf"{contact}/conversations/(?P<id>[^/.]+)"
        self.routes: list[tuple[str, str, Answer]] = [
            ("GET", inbox, self._inbox),
            ("POST", rf"{inbox}/contacts", self._make_contact),
            ("GET", contact, self._contact),
            ("PATCH|PUT", contact, self._update_contact),
            ("GET", rf"{contact}/conversations", self._conversations),
            ("POST", rf"{contact}/conversations", self._make_conversation),
            ("GET", conversation, self._conversation),
            ("POST", rf"{conversation}/toggle_status", self._resolve),
            ("POST", rf"{conversation}/toggle_typing", self._nothing),
            ("POST", rf"{conversation}/update_last_seen", self._nothing),
            ("GET", rf"{conversation}/messages", self._messages),
            ("POST", rf"{conversation}/messages", self._make_message),
        ]

    def answer(self, request: Request) -> Reply | None:
        """Return None where no route is meant."""
        for methods, pattern, answer in self.routes:
            match = re.fullmatch(pattern, request.path)
            if match and re.fullmatch(methods, request.method):
                try:
                    return Reply(200, answer(request, **match.groupdict()))
                except Invalid as error:
                    return Reply(422, {"message": error.message, "attributes": [error.attribute]})
        return None

    def _inbox(self, request: Request, identifier: str) -> Any:
        return shapes.public_inbox(self._find_inbox(identifier))

    def _make_contact(self, request: Request, identifier: str) -> Any:
        inbox = self._find_inbox(identifier)
        self._backend.contacts.check_identity(inbox, request.params, None)
        return shapes.public_contact(self._backend.contacts.make(inbox, request.params))

    def _contact(self, request: Request, identifier: str, source_id: str) -> Any:
        link = self._find_link(identifier, source_id)
        self._backend.contacts.check_identity(link.inbox, request.params, link)
        return shapes.public_contact(link)

    def _update_contact(self, request: Request, identifier: str, source_id: str) -> Any:
        link = self._find_link(identifier, source_id)
        self._backend.contacts.check_identity(link.inbox, request.params, link)
        return shapes.public_contact(self._backend.contacts.update(link, request.params))

    def _conversations(self, request: Request, identifier: str, source_id: str) -> Any:
        found = self._backend.conversations_of(self._find_link(identifier, source_id))
        return [self._shown(conversation) for conversation in found]

    def _make_conversation(self, request: Request, identifier: str, source_id: str) -> Any:
        link = self._find_link(identifier, source_id)
        return self._shown(self._backend.make_conversation(link, request.params, request.seen))

    def _conversation(self, request: Request, identifier: str, source_id: str, id: str) -> Any:
        return self._shown(self._find(identifier, source_id, id))

    def _resolve(self, request: Request, identifier: str, source_id: str, id: str) -> Any:
        conversation = self._find(identifier, source_id, id)
        self._backend.change_status(conversation, "resolved")
        return self._shown(conversation)

    def _nothing(self, request: Request, identifier: str, source_id: str, id: str) -> Any:
        self._find(identifier, source_id, id)

    def _messages(self, request: Request, identifier: str, source_id: str, id: str) -> Any:
        messages = self._backend.messages_of(self._find(identifier, source_id, id))
        before = int(request.params.get("before") or 0)
        shown = [message for message in messages if message.is_chat and (not before or message.id < before)]
        return [shapes.public_message(message, self._backend.frontend_url) for message in shown[-20:]]

    def _make_message(self, request: Request, identifier: str, source_id: str, id: str) -> Any:
        # Everything else that is sent along (message_type, private, source_id, is_bot) counts for nothing.
        conversation = self._find(identifier, source_id, id)
        if not request.files and request.params.get("attachments"):
            raise broken()
        content, files = request.params.get("content"), request.files
        contact = conversation.contact
        message = self._backend.add_message(conversation, content, "incoming", contact, files=files)
        return shapes.public_message(message, self._backend.frontend_url)

    def _shown(self, conversation: Conversation) -> Any:
        messages = self._backend.messages_of(conversation)
        return shapes.public_conversation(conversation, messages, self._backend.frontend_url)

    def _find_inbox(self, identifier: str) -> Inbox:
        inbox = self._backend.inboxes.get(identifier)
        if inbox is None:
            raise not_found()
        return inbox

    def _find_link(self, identifier: str, source_id: str) -> ContactInbox:
        link = self._backend.contacts.link(self._find_inbox(identifier), source_id)
        if link is None:
            raise not_found()
        return link

    def _find(self, identifier: str, source_id: str, id: str) -> Conversation:
        link = self._find_link(identifier, source_id)
        for conversation in self._backend.conversations_of(link):
            if str(conversation.id) == id:
                return conversation
        raise not_found()


class ApplicationApi:
    """tokens: to whom each belongs. bots_may: what an agent bot may ask, by the name of the route."""

    def __init__(self, backend: Backend, tokens: dict[str, User | AgentBot]) -> None:
        self._backend = backend
        self.tokens = tokens
        self.bots_may = {"create", "show", "status", "typing", "assign", "labels", "label", "attributes"}
        self.is_enabled = True
        account = r"/api/v1/accounts/(?P<account_id>\d+)"
        conversation = rf"{account}/conversations/(?P<id>\d+)"
        self.routes: list[tuple[str, str, str, Answer]] = [
            ("create", "POST", rf"{conversation}/messages", self._make_message),
            ("update", "PATCH|PUT", rf"{conversation}/messages/(?P<message_id>\d+)", self._set_receipt),
            ("index", "GET", rf"{conversation}/messages", self._messages),
            ("show", "GET", conversation, self._conversation),
            ("status", "POST", rf"{conversation}/toggle_status", self._set_status),
            ("typing", "POST", rf"{conversation}/toggle_typing_status", self._set_typing),
            ("assign", "POST", rf"{conversation}/assignments", self._assign),
            ("labels", "GET", rf"{conversation}/labels", self._labels),
            ("label", "POST", rf"{conversation}/labels", self._label),
            ("attributes", "POST", rf"{conversation}/custom_attributes", self._set_attributes),
        ]

    def answer(self, request: Request) -> Reply | None:
        for name, methods, pattern, answer in self.routes:
            match = re.fullmatch(pattern, request.path)
            if match and re.fullmatch(methods, request.method):
                given = match.groupdict()
                owner = self._owner(request, name, int(given.pop("account_id")))
                conversation = self._find(int(given.pop("id")), int(match["account_id"]))
                try:
                    return Reply(200, answer(request, owner, conversation, **given))
                except Invalid as error:
                    return Reply(422, {"error": f"Validation failed: {error.message}"})
        return None

    def _owner(self, request: Request, route: str, account_id: int) -> User | AgentBot:
        token = request.headers.get("api_access_token")
        if not token:
            raise NO_TOKEN
        owner = self.tokens.get(token)
        if owner is None:
            raise Refusal(401, {"error": "Invalid Access Token"})
        if isinstance(owner, AgentBot) and route not in self.bots_may:
            raise Refusal(401, {"error": "Access to this endpoint is not authorized for bots"})
        if account_id not in {inbox.account_id for inbox in self._backend.inboxes.values()}:
            raise _no_resource()
        if isinstance(owner, AgentBot) and owner.account_id != account_id:
            raise Refusal(401, {"error": "Bot is not authorized to access this account"})
        if isinstance(owner, User) and account_id not in owner.account_ids:
            raise Refusal(401, {"error": "You are not authorized to access this account"})
        if not self.is_enabled:
            raise Refusal(403, {"error": "API access is not enabled for this account"})
        return owner

    def _find(self, id: int, account_id: int) -> Conversation:
        for conversation in self._backend.conversations:
            if conversation.id == id and conversation.inbox.account_id == account_id:
                return conversation
        raise _no_resource()

    def _make_message(self, request: Request, owner: User | AgentBot, conversation: Conversation) -> Any:
        params = request.params
        message_type = params.get("message_type") or "outgoing"
        message = self._backend.add_message(
            conversation,
            params.get("content"),
            message_type,
            conversation.contact if message_type == "incoming" else owner,
            files=request.files,
            private=request.flag("private"),
            source_id=params.get("source_id"),
            content_attributes=dict(params.get("content_attributes") or {}),
        )
        return shapes.application_message(message, self._backend.frontend_url, params.get("echo_id"))

    def _set_receipt(
        self, request: Request, owner: User | AgentBot, conversation: Conversation, message_id: str
    ) -> Any:
        message = self._find_message(conversation, int(message_id))
        self._backend.set_receipt(message, request.params.get("status"), request.params.get("external_error"))
        return shapes.application_message(message, self._backend.frontend_url)

    def _find_message(self, conversation: Conversation, id: int) -> Message:
        for message in self._backend.messages_of(conversation):
            if message.id == id:
                return message
        raise _no_resource()

    def _messages(self, request: Request, owner: User | AgentBot, conversation: Conversation) -> Any:
        messages = self._backend.messages_of(conversation)
        shown = [shapes.application_message(message, self._backend.frontend_url) for message in messages]
        return {"meta": {}, "payload": shown[-20:]}

    def _conversation(self, request: Request, owner: User | AgentBot, conversation: Conversation) -> Any:
        latest = self._backend.latest(conversation)
        return shapes.webhook_conversation(conversation, latest, self._backend.frontend_url)

    def _set_status(self, request: Request, owner: User | AgentBot, conversation: Conversation) -> Any:
        status = request.params.get("status") or _toggled(conversation.status)
        if isinstance(owner, AgentBot) and isinstance(conversation.assignee, AgentBot):
            conversation.assignee = None
        self._backend.change_status(conversation, status)
        if status == "open" and isinstance(owner, User) and owner.role == "agent":
            self._backend.assign(conversation, owner)
        payload = {
            "success": True,
            "conversation_id": conversation.id,
            "current_status": conversation.status,
            "snoozed_until": None,
        }
        return {"meta": {}, "payload": payload}

    def _set_typing(self, request: Request, owner: User | AgentBot, conversation: Conversation) -> Any:
        conversation.typing.append(str(request.params.get("typing_status")))

    def _assign(self, request: Request, owner: User | AgentBot, conversation: Conversation) -> Any:
        wanted = request.params.get("assignee_id")
        kind = AgentBot if request.params.get("assignee_type") == "AgentBot" else User
        known = [one for one in self.tokens.values() if isinstance(one, kind) and one.id == wanted]
        assignee = known[0] if known else None
        self._backend.assign(conversation, assignee)
        return {"id": assignee.id, "name": assignee.name} if assignee else None

    def _labels(self, request: Request, owner: User | AgentBot, conversation: Conversation) -> Any:
        return {"payload": conversation.labels}

    def _label(self, request: Request, owner: User | AgentBot, conversation: Conversation) -> Any:
        self._backend.label(conversation, list(request.params.get("labels") or []))
        return {"payload": conversation.labels}

    def _set_attributes(self, request: Request, owner: User | AgentBot, conversation: Conversation) -> Any:
        conversation.custom_attributes = dict(request.params.get("custom_attributes") or {})
        return {"custom_attributes": conversation.custom_attributes}


def _no_resource() -> Refusal:
    return Refusal(404, {"error": "Resource could not be found"})


def _toggled(status: str) -> str:
    return "resolved" if status == "open" else "open"
