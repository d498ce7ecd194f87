"""Defines WhatsApp messages as stored by Twilio and as received by a person."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Literal

from simulator.twilio.call_params import new_sid
from simulator.twilio.errors import WebhookError
from simulator.twilio.journal import Step
from translations import Message as Sentence

Direction = Literal["inbound", "outbound-reply", "outbound-api"]
Via = Literal["twiml", "rest", "plain"]
API_VERSION = "2010-04-01"

NOT_ON_WHATSAPP, NOT_JOINED, OUTSIDE_WINDOW, TOO_FAST = 63003, 63015, 63016, 63018

MEANINGS = {
    NOT_ON_WHATSAPP: "Channel could not find To address",
    NOT_JOINED: "Channel Sandbox can only send messages to phone numbers that have joined the Sandbox",
    OUTSIDE_WINDOW: "Failed to send freeform message because you are outside the allowed window",
    TOO_FAST: "Rate limit exceeded for Channel",
}


def utc_now() -> datetime:
    """Return the current time in UTC, aware."""
    return datetime.now(UTC)


def new_message_sid(media: Sequence[object]) -> str:
    """Return a random SID for a message. media: its files."""
    return new_sid("MM" if media else "SM")


def address(number: str) -> str:
    """Return a number's WhatsApp address."""
    return f"whatsapp:{number}"


@dataclass(slots=True)
class Message:
    """A message as stored by Twilio. sender, to: "whatsapp:+...". Its status and dates change."""

    sid: str
    account_sid: str
    direction: Direction
    sender: str
    to: str
    body: str
    created_at: datetime
    media: tuple[str, ...] = ()
    status: str = "queued"
    sent_at: datetime | None = None
    updated_at: datetime | None = None
    error_code: int | None = None
    status_callback: str | None = None
    content_sid: str | None = None
    content_variables: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the Message resource of Twilio's REST API."""
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Messages/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "api_version": API_VERSION,
            "body": self.body,
            "date_created": _rfc_2822(self.created_at),
            "date_sent": _rfc_2822(self.sent_at),
            "date_updated": _rfc_2822(self.updated_at or self.created_at),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": MEANINGS.get(self.error_code) if self.error_code else None,
            "from": self.sender,
            "to": self.to,
            "messaging_service_sid": None,
            "num_media": str(len(self.media)),
            "num_segments": "1",
            "price": None,
            "price_unit": None,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "uri": f"{uri}.json",
        }


class MessageBook:
    """The messages of an account, in order of time. Thread-safe."""

    def __init__(self, account_sid: str, now: Callable[[], datetime]) -> None:
        self._account_sid, self.now = account_sid, now
        self._messages: dict[str, Message] = {}
        self._wrote_last: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Message]:
        with self._lock:
            return iter(list(self._messages.values()))

    def __len__(self) -> int:
        return len(self._messages)

    def find(self, sid: str) -> Message | None:
        """Return a message by its SID."""
        return self._messages.get(sid)

    def add(
        self,
        direction: Direction,
        *,
        sender: str,
        to: str,
        body: str,
        media: tuple[str, ...] = (),
        sid: str | None = None,
        **more: Any,
    ) -> Message:
        """Store a message, unless its SID is already there, and return it.

        sid: None: a new one. more: fields of Message.
        """
        sid, now = sid or new_message_sid(media), self.now()
        message = Message(sid, self._account_sid, direction, sender, to, body, now, media, **more)
        if direction == "inbound":
            message.status, message.sent_at = "received", now
        with self._lock:
            self._messages.setdefault(message.sid, message)
            if message.direction == "inbound":
                self._wrote_last[message.sender] = message.created_at
        return message

    def note(self, message: Message, status: str, error_code: int | None = None) -> None:
        """Record a message's status."""
        with self._lock:
            message.status, message.error_code = status, error_code
            message.updated_at = self.now()
            message.sent_at = message.sent_at or message.updated_at

    def last_from(self, sender: str) -> datetime | None:
        """Return the time of a sender's last message."""
        return self._wrote_last.get(sender)


@dataclass(frozen=True, slots=True)
class Received:
    """A message received by the person.

    via: "twiml": in a webhook's reply; "rest": by the REST API; "plain": in a reply of plain text, an error of the
    server's. at: seconds since the start of the client. wait_s: seconds since the person's latest message. reply_to:
    the SID of the message it replies to; None: by REST.
    """

    sid: str
    text: str
    media: tuple[str, ...]
    via: Via
    at: float
    wait_s: float
    sender: str
    status_callback: str | None = None
    reply_to: str | None = None
    content_sid: str | None = None
    content_variables: str | None = None


@dataclass(frozen=True, slots=True)
class MessageProblem:
    """A problem with a message. code: Twilio's; None: Twilio would log nothing."""

    code: int | None
    message: Sentence | str
    url: str = ""

    @classmethod
    def of(cls, error: WebhookError) -> "MessageProblem":
        """Return a problem from an exception."""
        return cls(error.code, error.message, error.url)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A message of the person's, its webhook and its reply.

    steps: the requests, including redirects and the fallback. seconds: the time the reply took.
    """

    sid: str
    token: str
    fields: dict[str, str]
    steps: tuple[Step, ...]
    messages: tuple[Received, ...]
    problems: tuple[MessageProblem, ...]
    seconds: float = field(compare=False)

    @property
    def status(self) -> int | None:
        """The status of the last response; None if there was none."""
        return self.steps[-1].status if self.steps else None

    @property
    def text(self) -> str:
        """The words of the reply; "" if it had none."""
        return "\n".join(message.text for message in self.messages)


def _rfc_2822(at: datetime | None) -> str | None:
    return None if at is None else format_datetime(at.astimezone(UTC).replace(microsecond=0))
