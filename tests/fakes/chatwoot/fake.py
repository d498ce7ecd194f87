"""A Chatwoot on loopback, over real HTTP: both APIs, files, webhooks, the people at work in it, and faults.

    with FakeChatwoot(webhook_url=line.url + "/webhook/chatwoot") as chatwoot:
        client = Chatwoot(chatwoot.url, inbox_identifier=chatwoot.identifier)
        ...
        chatwoot.operator_writes(42, "Hola, soy Pedro de ventas")
        chatwoot.webhooks.settle()
        assert [message.content for message in chatwoot.messages(42)] == ["Hola, soy Pedro de ventas"]

It has one inbox ("WhatsApp", id 3) in account 1; display ids begin with 42. See chatwoot_backend for what it does,
chatwoot_routes for what may be asked, chatwoot_webhooks for how webhooks can go astray, chatwoot_server for faults.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

from tests.fakes.chatwoot.backend import Backend, Upload
from tests.fakes.chatwoot.deletion import ApplicationApiWithContacts
from tests.fakes.chatwoot.records import AgentBot, Contact, Conversation, Inbox, Message, User
from tests.fakes.chatwoot.refusals import Refusal
from tests.fakes.chatwoot.routes import PublicApi, Reply, Request
from tests.fakes.chatwoot.server import Close, Drip, Fault, Hang, Meanwhile, Page, Server, Status
from tests.fakes.chatwoot.store import FileStore
from tests.fakes.chatwoot.webhooks import Webhook, Webhooks, signature
from tests.waiting import wait_until

__all__ = [
    "Close",
    "Drip",
    "FakeChatwoot",
    "Hang",
    "Meanwhile",
    "Page",
    "Request",
    "Status",
    "Webhook",
    "Webhooks",
    "signature",
]

IDENTIFIER = "Xq7uRzT1kYpLw3mN9sVbC2dF"
BOT_TOKEN, USER_TOKEN = "bot-" + "0f" * 10, "user-" + "0f" * 10
FOREIGN_BOT_TOKEN, FOREIGN_USER_TOKEN = "bot-" + "e1" * 10, "user-" + "e1" * 10


class FakeChatwoot:
    """locked: lock_to_single_conversation. has_bot: an agent bot is active in the inbox. frontend_url: what links
    to files begin with, where that is not its own address. behind_nginx: which drops headers with an underscore.
    version: None: /api is not let through. flood_limit: messages of a conversation in a minute.
    create_takes_s: between a look at what conversations there are and the making of one more, which Chatwoot does
    not lock.
    """

    def __init__(
        self,
        *,
        locked: bool = False,
        has_bot: bool = False,
        webhook_url: str | None = None,
        webhook_secret: str | None = "webhook-secret",
        flood_limit: int = 200,
        frontend_url: str | None = None,
        behind_nginx: bool = False,
        version: str | None = "4.16.2",
        clock: Callable[[], float] = time.time,
        seed: int = 7,
        create_takes_s: float = 0,
    ) -> None:
        self.operator = User(7, "Pedro")
        self.bot = AgentBot(5, "Asistente")
        self.bot_token, self.user_token = BOT_TOKEN, USER_TOKEN
        self.account_id = 1
        self.behind_nginx, self.version = behind_nginx, version
        self.create_takes_s = create_takes_s
        self.requests: list[Request] = []
        self.backend = Backend(clock, flood_limit, seed)
        self.inbox = self.add_inbox("WhatsApp", identifier=IDENTIFIER, id=3)
        self.inbox.locked_to_single_conversation, self.inbox.has_bot = locked, has_bot
        self.identifier = self.inbox.identifier
        self.application = ApplicationApiWithContacts(self.backend, self._tokens())
        self.webhooks = Webhooks(webhook_url, webhook_secret, clock=clock)
        self.store = FileStore(self._blob_content)
        self._public = PublicApi(self.backend)
        self._lock = threading.RLock()
        self._server = Server(self._answer)
        self.backend.frontend_url = frontend_url or self.url

    def __enter__(self) -> Self:
        self.store.start()
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        self.store.stop()
        self.webhooks.close()

    @property
    def url(self) -> str:
        return self._server.url

    # --- what is there

    def conversations_of(self, source_id: str) -> list[Conversation]:
        """A contact's conversations in the inbox, in the order they were made."""
        with self._lock:
            return [
                found for found in self.backend.conversations if found.contact_inbox.source_id == source_id
            ]

    def messages(self, conversation_id: int) -> list[Message]:
        """Everything in a conversation, notes included, in order."""
        with self._lock:
            return self.backend.messages_of(self.conversation(conversation_id))

    def words(self, conversation_id: int) -> list[tuple[str, str | None]]:
        """Who said what: (message type or "note", content)."""
        return [
            ("note" if message.private else message.message_type, message.content)
            for message in self.messages(conversation_id)
        ]

    def conversation(self, conversation_id: int, account_id: int = 1) -> Conversation:
        with self._lock:
            return next(
                found
                for found in self.backend.conversations
                if (found.id, found.inbox.account_id) == (conversation_id, account_id)
            )

    @property
    def contacts(self) -> list[Contact]:
        return list(self.backend.contacts.all)

    def asked(self, method: str, ending: str) -> list[Request]:
        """The requests of that method whose path ends so."""
        return [asked for asked in self.requests if asked.method == method and asked.path.endswith(ending)]

    def wait_for(self, true: Callable[[], Any]) -> bool:
        """Wait until a condition on this server holds."""
        return bool(wait_until(true))

    # --- what people do in it

    def operator_writes(
        self, conversation_id: int, text: str, *, private: bool = False, attachments: Sequence[Upload] = ()
    ) -> Message:
        """Attachments are (name, content, media type). That the status stays as it is, is Chatwoot's way."""
        return self._act(
            lambda: self.backend.add_message(
                self.conversation(conversation_id),
                text,
                "outgoing",
                self.operator,
                private=private,
                files=list(attachments),
            )
        )

    def chatwoot_writes(self, conversation_id: int, text: str) -> Message:
        """A greeting, an out-of-office, a survey: a template that nobody sent."""
        return self._act(
            lambda: self.backend.add_message(self.conversation(conversation_id), text, "template", None)
        )

    def operator_deletes(self, message: Message) -> None:
        self._act(lambda: self.backend.delete_message(message))

    def operator_types(self, conversation_id: int, *, on: bool = True, private: bool = False) -> None:
        conversation = self.conversation(conversation_id)
        self._act(lambda: self.backend.tell_typing(conversation, self.operator, on=on, private=private))

    def resolve(self, conversation_id: int) -> None:
        self._act(lambda: self.backend.change_status(self.conversation(conversation_id), "resolved"))

    def open(self, conversation_id: int) -> None:
        """By the operator, to whom it is then assigned."""
        self._act(lambda: self.backend.change_status(self.conversation(conversation_id), "open"))
        self.assign(conversation_id)

    def pend(self, conversation_id: int) -> None:
        self._act(lambda: self.backend.change_status(self.conversation(conversation_id), "pending"))

    def snooze(self, conversation_id: int) -> None:
        self._act(lambda: self.backend.change_status(self.conversation(conversation_id), "snoozed"))

    def assign(self, conversation_id: int, to: User | AgentBot | None = None) -> None:
        """Assign it to somebody; to the operator, where nobody is named."""
        self._act(lambda: self.backend.assign(self.conversation(conversation_id), to or self.operator))

    def unassign(self, conversation_id: int) -> None:
        self._act(lambda: self.backend.assign(self.conversation(conversation_id), None))

    def block(self, source_id: str) -> None:
        with self._lock:
            link = self.backend.contacts.link(self.inbox, source_id)
            assert link is not None
            link.contact.blocked = True

    def delete_conversation(self, conversation_id: int) -> None:
        with self._lock:
            gone = self.conversation(conversation_id)
            self.backend.conversations.remove(gone)

    def delete_contact(self, source_id: str) -> None:
        """With all that was said."""
        with self._lock:
            for conversation in self.conversations_of(source_id):
                self.backend.conversations.remove(conversation)
            link = self.backend.contacts.link(self.inbox, source_id)
            if link is not None:
                self.backend.contacts.links.remove(link)
                self.backend.contacts.all.remove(link.contact)

    def add_inbox(self, name: str, *, identifier: str, id: int, account_id: int = 1, **options: Any) -> Inbox:
        inbox = Inbox(id, identifier, name, account_id, **options)
        self.backend.inboxes[identifier] = inbox
        return inbox

    # --- what goes wrong

    def fail(self, fault: Fault, *, method: str | None = None, path: str = "", times: int = 1) -> None:
        """Let the next requests (of that method, with that in their path) end so; in the order planned."""
        self._server.plan(fault, method, path, times)

    def down(self) -> None:
        """Stop listening, and drop every connection."""
        self._server.stop()

    def up(self) -> None:
        """Listen again, at the same address."""
        self._server.start()

    @property
    def hanging(self) -> int:
        """How many have been left to wait for an answer."""
        return self._server.hanging

    # --- how it answers

    def _answer(self, request: Request) -> tuple[Reply, Callable[[], None]]:
        """Return the reply, and what is to be done once it is out."""
        if self.behind_nginx:
            request.headers = {name: value for name, value in request.headers.items() if "_" not in name}
        self._see(request)
        with self._lock:
            self.requests.append(request)
            try:
                reply = self._routed(request)
            except Refusal as refusal:
                reply = Reply(refusal.status, refusal.body)
            events = self.backend.take_events()
        if self.webhooks.before_reply:
            self.webhooks.add(events, now=True)
            return reply, lambda: None
        replied = threading.Event()
        self.webhooks.add(events, not_before=replied)
        return reply, replied.set

    def _see(self, request: Request) -> None:
        if request.method == "POST" and request.path.endswith("/conversations"):
            with self._lock:
                request.seen = {conversation.key for conversation in self.backend.conversations}
            self._server.stopping.wait(self.create_takes_s)

    def _routed(self, request: Request) -> Reply:
        if request.path == "/api" and self.version is not None:
            return Reply(200, {"version": self.version, "queue_services": "ok", "data_services": "ok"})
        if request.path.startswith("/rails/active_storage/blobs/redirect/"):
            return self.store.redirect(request.path.split("/")[5])
        reply = self._public.answer(request) or self.application.answer(request)
        return reply or Reply(404, {"status": 404, "error": "Not Found"})

    def _blob_content(self, key: str) -> tuple[bytes, str] | None:
        with self._lock:
            blob = self.backend.blobs.get(key)
        return (blob.content, blob.content_type) if blob else None

    def _act(self, act: Callable[[], Any]) -> Any:
        with self._lock:
            done = act()
            events = self.backend.take_events()
        self.webhooks.add(events)
        return done

    def _tokens(self) -> dict[str, User | AgentBot]:
        self.add_inbox("Other account's", identifier="other-account", id=30, account_id=2)
        return {
            self.bot_token: self.bot,
            self.user_token: self.operator,
            FOREIGN_BOT_TOKEN: AgentBot(6, "Somebody's bot", account_id=2),
            FOREIGN_USER_TOKEN: User(8, "Somebody", account_ids=(2,)),
        }
