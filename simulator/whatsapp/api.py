"""Serves Twilio's messaging API on loopback, for TWILIO_API_URL: late answers arrive too.

    with MessagingApi(account_sid, auth_token) as twilio:
        # the server: TWILIO_API_URL=twilio.url, with that account and token
        ana = WhatsApp(url, Account(account_sid, auth_token), api=twilio)

It creates, lists and fetches messages (https://www.twilio.com/docs/messaging/api/message-resource), shows the typing
indicator and serves media. Registered people receive the messages to their address.
"""

import re
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from simulator.closable import Closable
from simulator.whatsapp.api_errors import ApiError, check_credentials, check_message, not_found
from simulator.whatsapp.api_list import listing
from simulator.whatsapp.http_server import LoopbackServer, Reply, Request
from simulator.whatsapp.media import Attachment, MediaStore
from simulator.whatsapp.messages import (
    API_VERSION,
    NOT_JOINED,
    NOT_ON_WHATSAPP,
    OUTSIDE_WINDOW,
    TOO_FAST,
    Message,
    MessageBook,
    utc_now,
)

WINDOW = timedelta(hours=24)
SANDBOX_PAUSE = timedelta(seconds=3)
TYPING = "/v2/Indicators/Typing.json"


class Person(Protocol):
    """A WhatsApp user."""

    @property
    def address(self) -> str:
        """The address: "whatsapp:+..."."""
        ...

    @property
    def joined(self) -> bool:
        """True if the person has joined the sandbox."""
        ...

    def deliver(self, message: Message, error_code: int | None) -> Callable[[], None]:
        """Accept or fail a message of the REST API; return a function to report it to its sender."""
        ...


@dataclass(frozen=True, slots=True)
class _Planned:
    """A planned failure. error: None: the request is performed, but its answer is lost. path: a part of its path."""

    method: str
    error: ApiError | None = None
    path: str = ""


class MessagingApi(Closable):
    """The API of one account. Close it, or use `with`.

    port: 0: any free port; a taken one raises OSError. sandbox: allows one message in 3 s (else 63018), and only to
    people in the sandbox (else 63015). enforce_window: free text fails 24 h after the person's last message (63016).
    These failures, and 63003 for unknown numbers, come after the message was accepted.
    media_needs_auth: an option of Twilio's accounts. now: the clock of all dates.

    requests: every request, in order. typing: the SIDs of messages with a typing indicator.
    book: every message in and out. media: the files, and the requests for them.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        port: int = 0,
        sandbox: bool = False,
        enforce_window: bool = True,
        media_needs_auth: bool = True,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.account_sid = account_sid
        self.sandbox, self.enforce_window, self.media_needs_auth = sandbox, enforce_window, media_needs_auth
        self.book = MessageBook(account_sid, now)
        self.media = MediaStore(account_sid)
        self.requests: list[Request] = []
        self.typing: list[str] = []
        self._credentials = (account_sid, auth_token)
        self._people: dict[str, Person] = {}
        self._planned: list[_Planned] = []
        self._last_sent: dict[str, datetime] = {}
        self._lock = threading.Lock()
        with ExitStack() as opening:
            self._cdn = opening.enter_context(LoopbackServer(self.media.cdn_reply))
            self._server = opening.enter_context(LoopbackServer(self._answer, port))
            self._open = opening.pop_all()

    def close(self) -> None:
        """Stop answering."""
        self._open.close()

    @property
    def url(self) -> str:
        """The API's base URL, for TWILIO_API_URL."""
        return self._server.url

    @property
    def cdn_url(self) -> str:
        """The origin of the CDN, which takes no credentials."""
        return self._cdn.url

    def register(self, person: Person) -> None:
        """Add a person to the recipients."""
        self._people[person.address] = person

    def publish(self, attachment: Attachment, message_sid: str) -> str:
        """Store a message's file, and return its link for the webhook."""
        return self.url + self.media.put(attachment, message_sid)

    def refuse(
        self,
        status: int,
        code: int,
        message: str = "Refused",
        *,
        times: int = 1,
        method: str = "POST",
        path: str = "",
        retry_after_s: int | None = None,
    ) -> None:
        """Refuse the next requests with that method and with that in their path, without performing them."""
        error = ApiError(status, code, message, retry_after_s=retry_after_s)
        self._plan(_Planned(method, error, path), times)

    def lose_answer(self, *, times: int = 1, method: str = "POST") -> None:
        """Perform the next requests, but break the connection before answering them."""
        self._plan(_Planned(method), times)

    def error_code_of(self, message: Message) -> int | None:
        """Return the error code of a message of ours; None if it arrives.

        In the sandbox, a message that arrives blocks others for 3 s.
        """
        person = self._people.get(message.to)
        if person is None:
            return NOT_ON_WHATSAPP
        if self.sandbox and not person.joined:
            return NOT_JOINED
        if self._is_out_of_window(message):
            return OUTSIDE_WINDOW
        return TOO_FAST if self.sandbox and self._is_too_fast(message.sender) else None

    def _is_out_of_window(self, message: Message) -> bool:
        if not self.enforce_window or message.direction != "outbound-api" or message.content_sid:
            return False
        wrote = self.book.last_from(message.to)
        return wrote is None or self.book.now() - wrote > WINDOW

    def _is_too_fast(self, sender: str) -> bool:
        now = self.book.now()
        with self._lock:
            last = self._last_sent.get(sender)
            if last is not None and now - last < SANDBOX_PAUSE:
                return True
            self._last_sent[sender] = now
            return False

    # Answers

    def _answer(self, request: Request) -> Reply:
        self.requests.append(request)
        planned = self._take_planned(request)
        try:
            if planned is not None and planned.error is not None:
                raise planned.error
            reply = self._route(request)
        except ApiError as error:
            reply = error.reply()
        if planned is not None and planned.error is None:
            return replace(reply, lost=True)
        return reply

    def _route(self, request: Request) -> Reply:
        if "/Media/" in request.path and request.method in ("GET", "HEAD"):
            return self._media(request)
        check_credentials(request, self._credentials)
        messages = re.escape(f"/{API_VERSION}/Accounts/{self.account_sid}/Messages")
        if match := re.fullmatch(f"{messages}(?:/(\\w+))?\\.json", request.path):
            return self._messages(request, match[1])
        if match := re.fullmatch(f"{messages}/(\\w+)/Media\\.json", request.path):
            return Reply.of_json(200, {"media_list": self.media.listed(match[1])})
        if (request.method, request.path) == ("POST", TYPING):
            return self._show_typing(request)
        raise not_found(request.path)

    def _media(self, request: Request) -> Reply:
        if self.media_needs_auth:
            check_credentials(request, self._credentials)
        reply = self.media.api_reply(request, self.cdn_url)
        if reply is None:
            raise not_found(request.path)
        return reply

    def _messages(self, request: Request, sid: str | None) -> Reply:
        if sid is None:
            return self._create(request) if request.method == "POST" else self._list(request)
        message = self.book.find(sid)
        if message is None:
            raise not_found(request.path)
        return Reply.of_json(200, message.as_json())

    def _list(self, request: Request) -> Reply:
        try:
            return Reply.of_json(200, listing(self.book, request.path, request.query))
        except ValueError as error:
            raise ApiError(400, 20001, f"DateSent is no date: {error}") from error

    def _create(self, request: Request) -> Reply:
        check_message(request)
        message = self._message(request)
        body = message.as_json()
        person, error_code = self._people.get(message.to), self.error_code_of(message)
        if person is None:
            self.book.note(message, "failed", error_code)
            return Reply.of_json(201, body)
        return Reply.of_json(201, body, then=person.deliver(message, error_code))

    def _message(self, request: Request) -> Message:
        return self.book.add(
            "outbound-api",
            sender=request.value("From") or "",
            to=request.value("To") or "",
            body=request.value("Body") or "",
            media=request.values("MediaUrl"),
            status_callback=request.value("StatusCallback"),
            content_sid=request.value("ContentSid"),
            content_variables=request.value("ContentVariables"),
        )

    def _show_typing(self, request: Request) -> Reply:
        sid = request.value("messageId") or ""
        message = self.book.find(sid)
        if request.value("channel") != "whatsapp" or message is None or message.direction != "inbound":
            raise ApiError(400, 20001, "messageId must be that of an inbound message, and channel whatsapp")
        self.typing.append(sid)
        return Reply.of_json(200, {"success": True})

    def _plan(self, planned: _Planned, times: int) -> None:
        with self._lock:
            self._planned += [planned] * times

    def _take_planned(self, request: Request) -> _Planned | None:
        with self._lock:
            for planned in self._planned:
                if planned.method == request.method and planned.path in request.path:
                    self._planned.remove(planned)
                    return planned
        return None
