"""Messages of the fake Twilio: sent, looked at and listed, with the receipts that follow, and typing shown."""

import json
import re
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.fakes.twilio.shapes import ApiError, Reply, Request, Route
from tests.fakes.twilio.webhooks import Webhooks

BODY_LIMIT = 1600
MEDIA_LIMIT = 10
WINDOW_S = 24 * 3600
SANDBOX_PACE_S = 3
RANKS = {
    "queued": 0, "sending": 1, "sent": 2, "delivered": 3, "read": 4, "undelivered": 5, "failed": 5, "received": 5,
}  # fmt: skip

# The numbers for tests that Twilio's documentation lists, here with or without whatsapp: before them.
MAGIC_TO = {
    "+15005550001": (21211, "Invalid 'To' Phone Number"),
    "+15005550002": (21612, "The 'To' phone number is not currently reachable via WhatsApp"),
    "+15005550003": (21408, "Permission to send a message has not been enabled for the region"),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}
MAGIC_FROM = {
    "+15005550007": (21606, "The 'From' phone number is not a valid, message-capable phone number"),
    "+15005550008": (21611, "This 'From' number has exceeded the maximum number of queued messages"),
}


@dataclass(frozen=True)
class Receipt:
    """What becomes of a message next. after_s counts from the receipt before; it means something with a clock."""

    status: str
    after_s: float = 1
    error_code: int | None = None
    price: str | None = None


READ = (Receipt("sent"), Receipt("delivered", price="-0.00500"), Receipt("read", after_s=5))
DELIVERED = READ[:2]
WAITS = ()


def failed(error_code: int) -> tuple[Receipt, ...]:
    return (Receipt("failed", error_code=error_code),)


def undelivered(error_code: int) -> tuple[Receipt, ...]:
    return (Receipt("sent"), Receipt("undelivered", error_code=error_code))


@dataclass
class FakeMessage:
    """A message. params: what it was made with, name -> values. events: the receipts there were, in order."""

    sid: str
    params: dict[str, list[str]]
    steps: deque[Receipt]
    made_at: float
    direction: str = "outbound-api"
    status: str = "queued"
    error_code: int | None = None
    price: str | None = None
    sent_at: float | None = None
    events: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.waited_from = self.made_at

    def param(self, name: str, default: str | None = None) -> str | None:
        return (self.params.get(name) or [default])[-1]

    @property
    def to(self) -> str:
        return self.param("To") or ""

    @property
    def sender(self) -> str:
        return self.param("From") or ""


class Messages:
    """The Messages resource, and the typing indicator. `script(...)` says what the messages made from now on become.

    Receipts follow one by one when a message is fetched (with a clock: by the clock), with `advance` and
    `finish`, or all of them at once where `at_once` is set. rules: what is refused, or fails on its way.
    typing: the SIDs that typing was shown for.
    """

    def __init__(self, account_sid: str, webhooks: Webhooks, clock: Callable[[], float] | None) -> None:
        self.made: dict[str, FakeMessage] = {}
        self.typing: list[str] = []
        self.at_once = False
        self._account_sid = account_sid
        self._webhooks = webhooks
        self._clock = clock
        self._script: tuple[Receipt, ...] = READ
        self.rules = Rules(clock or time.time)
        base = f"/2010-04-01/Accounts/{account_sid}/Messages"
        self.routes = [
            Route("POST", rf"{base}\.json", self._create),
            Route("GET", rf"{base}\.json", self._list),
            Route("GET", rf"{base}/(?P<sid>\w+)\.json", self._fetch),
            Route("POST", r"/v2/Indicators/Typing\.json", self._show_typing),
        ]

    @property
    def last(self) -> FakeMessage:
        return list(self.made.values())[-1]

    def bodies(self, to: str | None = None) -> list[str]:
        """The words that were sent (to that address), in order."""
        sent = [message for message in self.made.values() if message.direction != "inbound"]
        return [self._words(message) for message in sent if to in (None, message.to)]

    # What becomes of them

    def script(self, *receipts: Receipt) -> None:
        """In any order: a receipt that comes late is sent all the same, and the message's status stays."""
        self._script = receipts

    def advance(self, message: FakeMessage) -> None:
        """Take the message's next step, whatever the clock says."""
        if message.steps:
            self._take(message, message.steps.popleft())

    def finish(self, message: FakeMessage) -> None:
        """Take all the steps that are left."""
        while message.steps:
            self.advance(message)

    def tell(self, message: FakeMessage, *receipts: Receipt) -> None:
        """Let these come now, in this order, beside what was scripted."""
        for receipt in receipts:
            self._take(message, receipt)

    def received(self, *, sender: str, to: str, body: str = "Hola", hours_ago: float = 0) -> FakeMessage:
        """Add a message that somebody wrote to us: after it, free text passes for 24 hours, and else never."""
        made_at = self.rules.now() - hours_ago * 3600
        params = {"To": [to], "From": [sender], "Body": [body]}
        message = FakeMessage(_sid(params), params, deque(), made_at, "inbound", "received", sent_at=made_at)
        self.made[message.sid] = message
        self.rules.hears(sender, made_at)
        return message

    def replied(self, *, to: str, sender: str, body: str, status_callback: str | None = None) -> FakeMessage:
        """Send what a TwiML <Message> said, as Twilio does after a webhook was answered."""
        params = {"To": [to], "From": [sender], "Body": [body]}
        if status_callback:
            params["StatusCallback"] = [status_callback]
        message = self._send(params, "outbound-reply")
        if self.at_once:
            self.finish(message)
        return message

    # What Twilio's API does

    def _create(self, request: Request) -> Reply:
        self.rules.check(request)
        message = self._send(request.form, "outbound-api")
        body = self._body(message)
        if self.at_once:
            self.finish(message)
        return Reply(201, body)

    def _fetch(self, request: Request, sid: str) -> Reply:
        if sid not in self.made:
            raise ApiError(404, 20404, f"The requested resource /Messages/{sid}.json was not found")
        message = self.made[sid]
        if self._clock is None:
            self.advance(message)
        else:
            self._catch_up(message)
        return Reply(200, self._body(message))

    def _list(self, request: Request) -> Reply:
        if unknown := set(request.query) - {"To", "From", "PageSize", "Page", "PageToken"}:
            raise ApiError(400, 20001, f"This stand-in does not filter by {', '.join(sorted(unknown))}")
        to, sender = request.query.get("To"), request.query.get("From")
        newest_first = list(self.made.values())[::-1]
        newest_first.sort(key=lambda message: message.made_at, reverse=True)
        found = [m for m in newest_first if to in (None, m.to) and sender in (None, m.sender)]
        size, page = int(request.query.get("PageSize", 50)), int(request.query.get("Page", 0))
        shown = found[page * size : (page + 1) * size]
        paging = _paging(request, size, page, more=len(found) > (page + 1) * size)
        return Reply(200, {"messages": [self._body(message) for message in shown], **paging})

    def _show_typing(self, request: Request) -> Reply:
        sid = request.value("messageId") or ""
        if request.value("channel") != "whatsapp" or not re.fullmatch(r"(SM|MM)[0-9a-fA-F]{32}", sid):
            raise ApiError(400, 20001, "Invalid channel or messageId")  # its code is a guess
        self.typing.append(sid)
        return Reply(200, {"success": True})

    # How a message goes on

    def _send(self, params: dict[str, list[str]], direction: str) -> FakeMessage:
        message = FakeMessage(_sid(params), params, deque(), self.rules.now(), direction)
        code = self.rules.failure(message)
        message.steps.extend(self._script if code is None else failed(code))
        self.made[message.sid] = message
        return message

    def _catch_up(self, message: FakeMessage) -> None:
        while message.steps and message.waited_from + message.steps[0].after_s <= self.rules.now():
            message.waited_from += message.steps[0].after_s
            self.advance(message)

    def _take(self, message: FakeMessage, receipt: Receipt) -> None:
        message.events.append(receipt.status)
        if RANKS[receipt.status] >= RANKS[message.status]:
            message.status = receipt.status
            message.error_code = receipt.error_code
        message.price = receipt.price or message.price
        if message.sent_at is None and receipt.status != "failed":
            message.sent_at = self.rules.now()
        url = message.param("StatusCallback")
        if url is not None and receipt.status != "queued":
            self._webhooks.send(url, self._callback(message, receipt))

    def _callback(self, message: FakeMessage, receipt: Receipt) -> dict[str, str]:
        params = {
            "AccountSid": self._account_sid,
            "ApiVersion": "2010-04-01",
            "From": message.sender,
            "To": message.to,
            "MessageSid": message.sid,
            "MessageStatus": receipt.status,
            "SmsSid": message.sid,
            "SmsStatus": receipt.status,
        }
        if message.to.startswith("whatsapp:"):
            params |= {
                "ChannelInstallSid": "XE" + "1" * 32,
                "ChannelPrefix": "whatsapp",
                "ChannelToAddress": message.to.removeprefix("whatsapp:"),
            }
        if receipt.status == "read":
            params["EventType"] = "READ"
        if receipt.error_code is not None:
            params |= {"ErrorCode": str(receipt.error_code), "ChannelStatusMessage": "Refused for the test"}
        return params

    def _words(self, message: FakeMessage) -> str:
        content_sid = message.param("ContentSid")
        if content_sid is None:
            return message.param("Body") or ""
        variables = json.loads(message.param("ContentVariables") or "{}")
        text = self.rules.templates.get(content_sid, "")
        return re.sub(r"{{\s*(\w+)\s*}}", lambda name: variables.get(name[1], name[0]), text)

    def _body(self, message: FakeMessage) -> dict[str, Any]:
        uri = f"/2010-04-01/Accounts/{self._account_sid}/Messages/{message.sid}"
        return {
            "sid": message.sid,
            "account_sid": self._account_sid,
            "api_version": "2010-04-01",
            "body": self._words(message),
            "date_created": _date(message.made_at),
            "date_sent": _date(message.sent_at),
            "date_updated": _date(message.made_at),
            "direction": message.direction,
            "error_code": message.error_code,
            "error_message": None if message.error_code is None else "Refused for the test",
            "from": message.sender,
            "to": message.to,
            "messaging_service_sid": None,
            "num_media": str(len(message.params.get("MediaUrl", []))),
            "num_segments": "1",
            "price": message.price,
            "price_unit": "USD" if message.price else None,
            "status": message.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "uri": f"{uri}.json",
        }


class Rules:
    """What the fake Twilio refuses at once, and what it lets fail on its way. now: seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.templates: dict[str, str] = {}
        self._own: set[str] | None = None
        self._opted_out: set[str] = set()
        self._unverified: set[str] = set()
        self._heard_at: dict[str, float] = {}
        self._joined: set[str] | None = None
        self._paced = False
        self._free_at = float("-inf")

    def owning(self, *senders: str) -> None:
        """Refuse every other address as From, as an account that owns these alone."""
        self._own = set(senders)

    def on_trial(self, unverified: str) -> None:
        """Behave as a trial account for which this number is not verified."""
        self._unverified.add(unverified)

    def opts_out(self, address: str) -> None:
        self._opted_out.add(address)

    def opts_in(self, address: str) -> None:
        self._opted_out.discard(address)

    def template(self, content_sid: str, text: str) -> None:
        """Add an approved template; from the first on, every other ContentSid is refused."""
        self.templates[content_sid] = text

    def sandbox(self, *joined: str) -> None:
        """Behave as the sandbox, which these have joined (none given: everybody): one message in 3 s."""
        self._paced = True
        self._joined = set(joined) or None

    def joins(self, address: str) -> None:
        """Take the word by which somebody joins the sandbox: Twilio answers it, and tells our webhook nothing."""
        self.hears(address, self.now())

    def hears(self, address: str, at: float) -> None:
        self._heard_at[address] = max(at, self._heard_at.get(address, at))

    def failure(self, message: FakeMessage) -> int | None:
        """Say with which code this message, which was accepted, will fail."""
        if self._joined is not None and message.to not in self._joined:
            return 63015
        if _is_whatsapp(message.to) and not self._is_open_to(message):
            return 63016
        return self._pace(message)

    def _is_open_to(self, message: FakeMessage) -> bool:
        if message.direction == "outbound-reply" or message.param("ContentSid") is not None:
            return True
        return message.made_at - self._heard_at.get(message.to, float("-inf")) <= WINDOW_S

    def _pace(self, message: FakeMessage) -> int | None:
        if not self._paced:
            return None
        if message.made_at < self._free_at:
            return 63018
        self._free_at = message.made_at + SANDBOX_PACE_S
        return None

    def check(self, request: Request) -> None:
        """Raise ApiError as Twilio refuses the making of a message."""
        to, sender = request.value("To"), request.value("From")
        self._check_to(to)
        self._check_from(sender)
        if _is_whatsapp(to) != _is_whatsapp(sender):
            raise ApiError(400, 21910, "Invalid From and To pair. They should be of the same channel")
        self._check_content(request)
        url = request.value("StatusCallback")
        if url is not None and not _is_url(url):
            raise ApiError(400, 21609, f"The StatusCallback URL {url} is not a valid URL.")
        if to in self._opted_out:
            raise ApiError(400, 21610, "Attempt to send to unsubscribed recipient")

    def _check_to(self, to: str | None) -> None:
        if to is None:
            raise ApiError(400, 21604, "A 'To' phone number is required.")
        if (number := _number(to)) in MAGIC_TO:
            raise ApiError(400, *MAGIC_TO[number])
        if not _is_number(number):
            raise ApiError(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if to in self._unverified:
            raise ApiError(400, 21608, f"The number {to} is unverified. Trial accounts cannot write to it.")

    def _check_from(self, sender: str | None) -> None:
        if sender is None:
            raise ApiError(400, 21603, "A 'From' phone number is required.")
        if (number := _number(sender)) in MAGIC_FROM:
            raise ApiError(400, *MAGIC_FROM[number])
        if not _is_number(number):
            raise ApiError(400, 21212, f"The 'From' number {sender} is not a valid phone number.")
        if self._own is not None and sender not in self._own:
            if _is_whatsapp(sender):
                raise ApiError(400, 63007, "Twilio could not find a Channel with the specified From address")
            raise ApiError(400, 21606, f"The 'From' number {sender} is not one of this account's.")

    def _check_content(self, request: Request) -> None:
        body, media, content_sid = (request.value(name) for name in ("Body", "MediaUrl", "ContentSid"))
        self._check_template(content_sid, request.value("ContentVariables"))
        if body is None and media is None and content_sid is None:
            if "Body" in request.form:
                raise ApiError(400, 21602, "Message body is required.")
            raise ApiError(400, 21619, "A text message body or media urls must be specified.")
        if len(body or "") > BODY_LIMIT:
            raise ApiError(
                400, 21617, f"The concatenated message body exceeds the {BODY_LIMIT} character limit"
            )
        _check_media(request.form.get("MediaUrl", []))

    def _check_template(self, content_sid: str | None, variables: str | None) -> None:
        if content_sid is None and variables is not None:
            raise ApiError(400, 21654, "The ContentSid Parameter is required")
        if content_sid is None:
            return
        known = not self.templates or content_sid in self.templates
        if not known or not re.fullmatch(r"HX[0-9a-fA-F]{32}", content_sid):
            raise ApiError(400, 21655, "The ContentSid Parameter is invalid")
        if variables is not None and not _are_variables(variables):
            raise ApiError(400, 21656, "The ContentVariables Parameter is invalid")


def _check_media(urls: list[str]) -> None:
    if len(urls) > MEDIA_LIMIT:
        raise ApiError(400, 21623, f"Number of media files exceeds allowed limit of {MEDIA_LIMIT}")
    for url in urls:
        if not _is_url(url):
            raise ApiError(400, 21620, f"Invalid media URL(s): {url}")


def _are_variables(text: str) -> bool:
    try:
        variables = json.loads(text)
    except ValueError:
        return False
    return isinstance(variables, dict) and all(
        isinstance(value, str) and value.strip() and not re.search(r"[\n\r\t]| {5}", value)
        for value in variables.values()
    )


def _number(address: str) -> str:
    return address.removeprefix("whatsapp:")


def _is_whatsapp(address: str | None) -> bool:
    return (address or "").startswith("whatsapp:")


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\+[1-9]\d{6,14}", text) is not None


def _is_url(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in (parts.hostname or "")


def _sid(params: dict[str, list[str]]) -> str:
    return ("MM" if params.get("MediaUrl") else "SM") + secrets.token_hex(16)


def _date(at: float | None) -> str | None:
    return None if at is None else format_datetime(datetime.fromtimestamp(at, UTC))


def _paging(request: Request, size: int, page: int, *, more: bool) -> dict[str, Any]:
    def uri(number: int) -> str:
        return f"{request.path}?{urlencode({**request.query, 'PageSize': size, 'Page': number})}"

    return {
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + size - 1,
        "uri": uri(page),
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1) if more else None,
        "previous_page_uri": uri(page - 1) if page else None,
    }
