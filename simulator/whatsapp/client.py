"""Simulates a WhatsApp client and Twilio; each person's action is a method.

with WhatsApp("http://127.0.0.1:5000", Account(sid, auth_token)) as ana:
    exchange = ana.send("¿A qué hora abrís?", media=[photo()])
    assert "nueve" in exchange.text
    assert ana.errors == []
"""

import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Literal

from simulator.closable import Closable
from simulator.twilio.account import Account, NumberConfig
from simulator.twilio.errors import WebhookError
from simulator.twilio.journal import Step
from simulator.twilio.signing import Params
from simulator.twilio.webhook_client import Transport
from simulator.whatsapp import webhook_params as fields
from simulator.whatsapp.api import MessagingApi
from simulator.whatsapp.exchange import Asking
from simulator.whatsapp.inbox import Inbox
from simulator.whatsapp.media import Attachment, contact_card, document, photo, sticker, voice_note
from simulator.whatsapp.messages import Exchange, Message, MessageProblem, Received, address, new_message_sid
from simulator.whatsapp.receipts import ReceiptCourier, ReceiptWishes
from simulator.whatsapp.twiml_parser import Draft
from simulator.whatsapp.webhook_params import Extra, Profile

__all__ = [
    "Attachment",
    "MessagingApi",
    "Profile",
    "ReceiptWishes",
    "WhatsApp",
    "document",
    "photo",
    "sticker",
    "voice_note",
]

WEBHOOK = "/webhook/whatsapp/"

Event = Received | MessageProblem | Step
"""An event for listeners: a message, a problem or a request."""


class WhatsApp(Closable):
    """One person's WhatsApp. Close it, or use `with`. Its verbs may be used by several threads at once.

    url: where the server is reached. profile: the person's. number: the assistant's.
    api: where the server's REST calls go, to be shared by several people; None: one of its own.
    receipts: what becomes of messages and how it is told; may be changed at any time. joined: whether the person
    has joined the sandbox. listener: told each event as it happens, by the thread that it happens in.

    errors: all that Twilio would have logged or refused, and what it does not do here. steps: each request to
    the webhook. exchanges: each message of the person's with its reply.
    """

    def __init__(
        self,
        url: str,
        account: Account,
        *,
        profile: Profile | None = None,
        number: NumberConfig | None = None,
        api: MessagingApi | None = None,
        receipts: ReceiptWishes | None = None,
        joined: bool = True,
        listener: Callable[[Event], None] | None = None,
    ) -> None:
        self._profile, self._config = profile or Profile(), number or NumberConfig(WEBHOOK)
        self.number, self.address, self.to = self._profile.number, self._profile.address, self._config.number
        self.receipts, self.joined = receipts or ReceiptWishes(), joined
        self.exchanges: list[Exchange] = []
        self.errors: list[MessageProblem] = []
        self.steps: list[Step] = []
        self._account_sid = account.sid
        self._listener = listener or (lambda event: None)
        self._inbox = Inbox(self._listener)
        self._lock = threading.Lock()
        self._addresses = self._config.addresses(url)
        self._closing = ExitStack()
        self.api = api or self._closing.enter_context(MessagingApi(account.sid, account.auth_token))
        signer = account.signer(keep_port=True)
        self._transport = Transport(self._addresses, signer, self._record, self._warn)
        self._closing.callback(self._transport.close)
        self._courier = ReceiptCourier(self._transport, self._addresses, self.api.book, self._complain)
        self._closing.callback(self._courier.close)
        self.api.register(self)

    def close(self) -> None:
        """Let go of connections, and of the API unless it was given."""
        self._closing.close()

    # What the person does

    def send(
        self,
        text: str = "",
        *,
        media: Sequence[Attachment] = (),
        sid: str | None = None,
        token: str | None = None,
        message_type: str | None = None,
        opt_out_type: Literal["STOP", "START", "HELP"] | None = None,
        quotes: str | None = None,
        reply_lost: bool = False,
        **extra: str | None,
    ) -> Exchange:
        """Write a message, and return what came back once the receipts of that have been told.

        media: photo(), voice_note() and kin. sid, token: the MessageSid and I-Twilio-Idempotency-Token; None: new
        ones. quotes: the SID of a message that this one answers. reply_lost: the server is asked, and its reply
        reaches nobody. extra: fields beside ours or in their place (MediaUrl0="..."); None leaves one out.
        """
        more = {**fields.quoting(quotes, self.to), "OptOutType": opt_out_type, **extra}
        params = self._write(text, media, message_type, more, sid)
        return self._ask(params, token or _new_token(), reply_lost=reply_lost)

    def share_location(
        self, latitude: float, longitude: float, label: str = "", street: str = ""
    ) -> Exchange:
        """Send a place. label: its name; street: its address."""
        return self._give("", "location", fields.location(latitude, longitude, label, street))

    def share_contact(self, name: str, number: str) -> Exchange:
        """Send somebody's card."""
        return self.send(media=[contact_card(name, number)])

    def press_button(self, text: str, payload: str = "", *, quotes: str | None = None) -> Exchange:
        """Press one of the buttons of a message."""
        more = fields.button(text, payload) | fields.quoting(quotes, self.to)
        return self._give(text, "button", more)

    def choose(
        self, title: str, choice_id: str = "", description: str = "", *, quotes: str | None = None
    ) -> Exchange:
        """Choose from the list of a message."""
        more = fields.list_choice(title, choice_id, description) | fields.quoting(quotes, self.to)
        return self._give(title, "interactive", more)

    def send_at_once(self, text: str, *, times: int, media: Sequence[Attachment] = ()) -> list[Exchange]:
        """Write one message whose webhook comes several times at once, with the same SID and token."""
        return self._ask_at_once(self._write(text, media), _new_token(), times)

    def repeat(self, exchange: Exchange, *, times: int = 1) -> list[Exchange]:
        """Let a message's webhook come again, with the same SID and token: so many times, at once."""
        return self._ask_at_once(tuple(exchange.fields.items()), exchange.token, times)

    def ask(self, text: str, *, timeout_s: float = 15, media: Sequence[Attachment] = ()) -> str:
        """Write a message and return the first words that come, in the reply or later. Raises TimeoutError."""
        exchange = self.send(text, media=media)
        return exchange.messages[0].text if exchange.messages else self.wait_for_message(timeout_s).text

    def wait_for_message(self, timeout_s: float = 10) -> Received:
        """Return the oldest message that the REST API brought and that was not returned here before.

        Waits for one where there is none. Raises TimeoutError.
        """
        return self._inbox.next(timeout_s)

    # What came of it

    @property
    def received(self) -> list[Received]:
        """Every message that reached the person, in order."""
        return self._inbox.received

    @property
    def texts(self) -> list[str]:
        """The words of each of them."""
        return [received.text for received in self.received]

    @property
    def receipt_steps(self) -> list[Step]:
        """Each receipt, in the order of sending."""
        return self._courier.steps

    def release_receipts(self) -> None:
        """Send the withheld receipts, and wait until they are sent."""
        self._courier.release()
        self._courier.settle()

    def settle(self, timeout_s: float = 30) -> None:
        """Wait until every receipt is told that is not held back. Raises TimeoutError."""
        self._courier.settle(timeout_s)

    # Between the person and the server

    def deliver(self, message: Message, error_code: int | None) -> Callable[[], None]:
        """Accept or fail a message of the REST API; return the callable that reports it to its sender."""
        wishes = self.receipts
        code = error_code or wishes.error_code
        if code is None:
            self._inbox.take(message, "rest")
        if not wishes.early:
            return self._courier.report_later(message, wishes, code)
        self._courier.report(message, wishes, code)
        self._courier.settle()
        return lambda: None

    def _give(self, text: str, message_type: str, extra: Extra) -> Exchange:
        return self._ask(self._write(text, (), message_type, extra), _new_token())

    def _write(
        self,
        text: str,
        media: Sequence[Attachment],
        message_type: str | None = None,
        extra: Extra | None = None,
        sid: str | None = None,
    ) -> Params:
        sid, to = sid or new_message_sid(media), address(self.to)
        links = [(attachment, self.api.publish(attachment, sid)) for attachment in media]
        urls = tuple(link for _, link in links)
        self.api.book.add("inbound", sender=self.address, to=to, body=text, media=urls, sid=sid)
        return self._profile.params(self._account_sid, to, sid, text, links, message_type, extra)

    def _ask_at_once(self, params: Params, token: str, times: int) -> list[Exchange]:
        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(lambda _: self._ask(params, token), range(times)))

    def _ask(self, params: Params, token: str, *, reply_lost: bool = False) -> Exchange:
        self._inbox.note_writing()
        sid = dict(params).get("MessageSid", "")
        asking = Asking(self._transport, self._addresses, params, token)
        asking.run(self._config.webhook, self._config.fallback_url)
        for problem in asking.problems:
            self._complain(problem)
        drafts = [] if reply_lost else asking.drafts
        messages = tuple(filter(None, [self._act_on(draft, url, sid) for draft, url in drafts]))
        try:
            self._courier.settle()
        except TimeoutError as error:
            self._warn(str(error))
        exchange = asking.exchange(sid, messages)
        with self._lock:
            self.exchanges.append(exchange)
        return exchange

    def _act_on(self, draft: Draft, document_url: str, sid: str) -> Received | None:
        message = self._reply(draft, document_url)
        if message.to != self.address:
            self._complain(MessageProblem(None, "a reply goes to somebody else", document_url))
            return None
        code = self.api.fate_of(message) or self.receipts.error_code
        via: Literal["plain", "twiml"] = "plain" if draft.plain else "twiml"
        received = None if code else self._inbox.take(message, via, sid)
        self._courier.report(message, self.receipts, code)
        return received

    def _reply(self, draft: Draft, document_url: str) -> Message:
        return self.api.book.add(
            "outbound-reply",
            sender=draft.sender or address(self.to),
            to=draft.to or self.address,
            body=draft.text,
            media=draft.media,
            status_callback=self._callback(draft.status_callback, document_url),
        )

    def _callback(self, reference: str | None, document_url: str) -> str | None:
        if not reference:
            return None
        try:
            return self._addresses.absolute(reference, document_url)
        except WebhookError as error:
            self._complain(MessageProblem.of(error))
            return None

    def _record(self, step: Step) -> None:
        self.steps.append(step)
        self._listener(step)

    def _warn(self, problem: str) -> None:
        self._complain(MessageProblem(None, problem))

    def _complain(self, problem: MessageProblem) -> None:
        self.errors.append(problem)
        self._listener(problem)


def _new_token() -> str:
    return str(uuid.uuid4())
