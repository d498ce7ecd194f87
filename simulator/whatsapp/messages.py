"""WhatsApp messages as Twilio keeps them, and as a person sees them."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Literal

from simulator.twilio.call_params import new_sid
from simulator.twilio.errors import WebhookError
from simulator.twilio.journal import Step

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
    """Return the time, aware."""
    return datetime.now(UTC)


def new_message_sid(media: Sequence[object]) -> str:
    """Return a made-up SID of a message; media: what comes with it."""
    return new_sid("MM" if media else "SM")


def address(number: str) -> str:
    """Return a number as messaging writes it."""
    return f"whatsapp:{number}"


@dataclass(slots=True)
class Message:
    """A message in Twilio's books. sender, to: "whatsapp:+...". Its status and what comes with it change."""

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
    """The messages of an account, in the order in which they came in and went out. Thread-safe."""

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
        """Write a new message down; one whose SID is there already is the same message again.

        sid: None: a new one. more: as Message has it.
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
        """Return when somebody wrote last."""
        return self._wrote_last.get(sender)


@dataclass(frozen=True, slots=True)
class Received:
    """A message that reached the person.

    via: in the reply to a webhook, by the REST API, or as the plain text that a reply should never be.
    at: seconds since the person took up their phone; wait_s: since they sent their latest message.
    reply_to: the SID of the message whose webhook was answered with it; None by REST.
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
    """A problem that Twilio would have logged. code: Twilio's; None where it would have said nothing."""

    code: int | None
    message: str
    url: str = ""

    @classmethod
    def of(cls, error: WebhookError) -> "MessageProblem":
        """Return a problem from an exception."""
        return cls(error.code, error.message, error.url)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A message of the person's, the webhook that carried it, and what came back in its reply.

    steps: the requests, redirects and the fallback's among them. seconds: how long the reply took.
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
        """The last response's status; None where none came."""
        return self.steps[-1].status if self.steps else None

    @property
    def text(self) -> str:
        """The words of the reply; "" where it had none."""
        return "\n".join(message.text for message in self.messages)


def _rfc_2822(at: datetime | None) -> str | None:
    return None if at is None else format_datetime(at.astimezone(UTC).replace(microsecond=0))
