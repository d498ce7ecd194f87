"""Simulates a WhatsApp client and Twilio; each action of the person is a method.

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
from simulator.whatsapp.exchange import MessageWebhook
from simulator.whatsapp.inbox import Inbox
from simulator.whatsapp.media import Attachment, contact_card, document, photo, sticker, voice_note
from simulator.whatsapp.messages import Exchange, Message, MessageProblem, Received, address, new_message_sid
from simulator.whatsapp.receipts import ReceiptConfig, ReceiptSender
from simulator.whatsapp.twiml_parser import Draft
from simulator.whatsapp.webhook_params import Extra, Profile
from translations import Message as Sentence
from translations import lazy_gettext as _

__all__ = [
    "Attachment",
    "MessagingApi",
    "Profile",
    "ReceiptConfig",
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
    """One person's WhatsApp. Close it, or use `with`. Thread-safe.

    url: the server's. profile: the person's. number: the assistant's. api: the REST API, which several people may
    share; None: one of its own. receipts: the messages' outcomes and receipts; may be changed at any time.
    joined: the person has joined the sandbox. listener: receives each event, on the event's thread.

    errors: the problems that Twilio would log or refuse, and the simulator's own. steps: the requests to the webhook.
    exchanges: the person's messages with their replies.
    """

    def __init__(
        self,
        url: str,
        account: Account,
        *,
        profile: Profile | None = None,
        number: NumberConfig | None = None,
        api: MessagingApi | None = None,
        receipts: ReceiptConfig | None = None,
        joined: bool = True,
        listener: Callable[[Event], None] | None = None,
    ) -> None:
        self._profile, self._config = profile or Profile(), number or NumberConfig(WEBHOOK)
        self.number, self.address, self.to = self._profile.number, self._profile.address, self._config.number
        self.receipts, self.joined = receipts or ReceiptConfig(), joined
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
        self._receipt_sender = ReceiptSender(self._transport, self._addresses, self.api.book, self._complain)
        self._closing.callback(self._receipt_sender.close)
        self.api.register(self)

    def close(self) -> None:
        """Close the connections, and the API unless it was an argument."""
        self._closing.close()

    # Actions of the person

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
        """Send a message; return its exchange after the receipts of the reply have been sent.

        media: photo(), voice_note() and the like. sid, token: the MessageSid and I-Twilio-Idempotency-Token; None:
        new ones. quotes: the SID of the quoted message. reply_lost: the server's reply is lost. extra: fields to add
        or override (MediaUrl0="..."); None removes one.
        """
        more = {**fields.quoting(quotes, self.to), "OptOutType": opt_out_type, **extra}
        params = self._write(text, media, message_type, more, sid)
        return self._ask(params, token or _new_token(), reply_lost=reply_lost)

    def share_location(
        self, latitude: float, longitude: float, label: str = "", street: str = ""
    ) -> Exchange:
        """Send a location. label: its name. street: its address."""
        return self._give("", "location", fields.location(latitude, longitude, label, street))

    def share_contact(self, name: str, number: str) -> Exchange:
        """Send a contact card."""
        return self.send(media=[contact_card(name, number)])

    def press_button(self, text: str, payload: str = "", *, quotes: str | None = None) -> Exchange:
        """Press a button of a message. quotes: the message's SID."""
        more = fields.button(text, payload) | fields.quoting(quotes, self.to)
        return self._give(text, "button", more)

    def choose(
        self, title: str, choice_id: str = "", description: str = "", *, quotes: str | None = None
    ) -> Exchange:
        """Choose an entry of a message's list. quotes: the message's SID."""
        more = fields.list_choice(title, choice_id, description) | fields.quoting(quotes, self.to)
        return self._give(title, "interactive", more)

    def send_at_once(self, text: str, *, times: int, media: Sequence[Attachment] = ()) -> list[Exchange]:
        """Send one message, and its webhook several times at once, with the same SID and token."""
        return self._ask_at_once(self._write(text, media), _new_token(), times)

    def repeat(self, exchange: Exchange, *, times: int = 1) -> list[Exchange]:
        """Send a message's webhook again, several times at once, with the same SID and token."""
        return self._ask_at_once(tuple(exchange.fields.items()), exchange.token, times)

    def ask(self, text: str, *, timeout_s: float = 15, media: Sequence[Attachment] = ()) -> str:
        """Send a message; return the first words received, in the reply or later. Raises TimeoutError."""
        exchange = self.send(text, media=media)
        return exchange.messages[0].text if exchange.messages else self.wait_for_message(timeout_s).text

    def wait_for_message(self, timeout_s: float = 10) -> Received:
        """Return the oldest unread message of the REST API; wait for one if there is none. Raises TimeoutError.

        A message is read once it has been returned here.
        """
        return self._inbox.next(timeout_s)

    # Results

    @property
    def received(self) -> list[Received]:
        """The messages received by the person, in order."""
        return self._inbox.received

    @property
    def texts(self) -> list[str]:
        """The words of the received messages."""
        return [received.text for received in self.received]

    @property
    def receipt_steps(self) -> list[Step]:
        """The receipts, in the order of sending."""
        return self._receipt_sender.steps

    def release_receipts(self) -> None:
        """Send the withheld receipts, and wait for the end of it."""
        self._receipt_sender.release()
        self._receipt_sender.settle()

    def settle(self, timeout_s: float = 30) -> None:
        """Wait until all receipts are sent, except withheld ones. Raises TimeoutError."""
        self._receipt_sender.settle(timeout_s)

    # Between the person and the server

    def deliver(self, message: Message, error_code: int | None) -> Callable[[], None]:
        """Accept or fail a message of the REST API; return a function to report it to its sender."""
        config = self.receipts
        code = error_code or config.error_code
        if code is None:
            self._inbox.take(message, "rest")
        if not config.early:
            return self._receipt_sender.report_later(message, config, code)
        self._receipt_sender.report(message, config, code)
        self._receipt_sender.settle()
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
        webhook = MessageWebhook(self._transport, self._addresses, params, token)
        webhook.run(self._config.webhook, self._config.fallback_url)
        for problem in webhook.problems:
            self._complain(problem)
        drafts = [] if reply_lost else webhook.drafts
        messages = tuple(filter(None, [self._act_on(draft, url, sid) for draft, url in drafts]))
        try:
            self._receipt_sender.settle()
        except TimeoutError as error:
            self._warn(error.args[0])
        exchange = webhook.exchange(sid, messages)
        with self._lock:
            self.exchanges.append(exchange)
        return exchange

    def _act_on(self, draft: Draft, document_url: str, sid: str) -> Received | None:
        message = self._reply(draft, document_url)
        if message.to != self.address:
            self._complain(MessageProblem(None, _("a reply goes to somebody else"), document_url))
            return None
        code = self.api.error_code_of(message) or self.receipts.error_code
        via: Literal["plain", "twiml"] = "plain" if draft.plain else "twiml"
        received = None if code else self._inbox.take(message, via, sid)
        self._receipt_sender.report(message, self.receipts, code)
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

    def _warn(self, problem: Sentence) -> None:
        self._complain(MessageProblem(None, problem))

    def _complain(self, problem: MessageProblem) -> None:
        self.errors.append(problem)
        self._listener(problem)


def _new_token() -> str:
    return str(uuid.uuid4())
