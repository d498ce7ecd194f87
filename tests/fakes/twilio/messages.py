"""Messages of the fake Twilio: sent, looked at and listed, with the receipts that follow, and typing shown."""

import json
import re
import secrets
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from tests.fakes.twilio.message import READ, FakeMessage, Receipt, failed
from tests.fakes.twilio.message_rules import Rules
from tests.fakes.twilio.shapes import ApiError, Reply, Request, Route, day_of, paged
from tests.fakes.twilio.webhooks import Webhooks

RANKS = {
    "queued": 0, "sending": 1, "sent": 2, "delivered": 3, "read": 4, "undelivered": 5, "failed": 5, "received": 5,
}  # fmt: skip


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
        if unknown := set(request.query) - {"To", "From", "DateSent", "PageSize", "Page", "PageToken"}:
            raise ApiError(400, 20001, f"This stand-in does not filter by {', '.join(sorted(unknown))}")
        to, sender = request.query.get("To"), request.query.get("From")
        newest_first = list(self.made.values())[::-1]
        newest_first.sort(key=lambda message: message.made_at, reverse=True)
        found = [m for m in newest_first if to in (None, m.to) and sender in (None, m.sender)]
        if (day := request.query.get("DateSent")) is not None:
            found = [message for message in found if day_of(message.sent_at) == day]
        size, page = int(request.query.get("PageSize", 50)), int(request.query.get("Page", 0))
        shown = found[page * size : (page + 1) * size]
        paging = paged(request, size, page, more=len(found) > (page + 1) * size)
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


def _sid(params: dict[str, list[str]]) -> str:
    return ("MM" if params.get("MediaUrl") else "SM") + secrets.token_hex(16)


def _date(at: float | None) -> str | None:
    return None if at is None else format_datetime(datetime.fromtimestamp(at, UTC))
