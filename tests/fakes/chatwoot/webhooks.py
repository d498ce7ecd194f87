"""What the fake Chatwoot posts to us: signed, and as often, as late and in the order that a test asks for.

Nothing is tried again. Where an inbox's webhook of a message is not answered with 2xx within 5 s, the message becomes
failed, as in Chatwoot.
"""

import hashlib
import hmac
import json
import queue
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

TIMEOUT_S = 5


@dataclass(frozen=True)
class Webhook:
    """What was sent, and what came back. status: None where nothing did, and then why is in error."""

    body: dict[str, Any]
    headers: dict[str, str]
    status: int | None
    error: str = ""

    @property
    def event(self) -> str:
        return str(self.body["event"])


@dataclass
class Pending:
    """build: makes the body up when it is sent. failed: told why, where it was not taken.

    not_before: the answer to the request that this comes of is out.
    """

    build: Callable[[], dict[str, Any]]
    failed: Callable[[str], None] = lambda why: None
    not_before: threading.Event | None = None


@dataclass
class Webhooks:
    """url: where to; None: nowhere. secret: None: not signed, as before Chatwoot 4.13.

    copies: how often each comes, with a delivery id of its own. before_reply: those of a request are sent, and
    answered, before the request is. skew_s: how wrong its clock is. timeout_s: 5 in Chatwoot.
    """

    url: str | None = None
    secret: str | None = "webhook-secret"
    copies: int = 1
    before_reply: bool = False
    skew_s: float = 0
    timeout_s: float = TIMEOUT_S
    clock: Callable[[], float] = time.time
    sent: list[Webhook] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._held: list[Pending] | None = None
        self._jobs: queue.Queue[Pending | None] = queue.Queue()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def hold(self) -> None:
        """Keep back what there is to send from now on."""
        with self._lock:
            self._held = self._held or []

    @property
    def held(self) -> int:
        return len(self._held or [])

    def release(self, order: Callable[[list[Pending]], list[Pending]] = list) -> None:
        """Send what was kept back. order: such as `lambda held: held[::-1]`."""
        with self._lock:
            held, self._held = self._held or [], None
        for pending in order(held):
            self._jobs.put(pending)

    def add(
        self, pending: list[Pending], *, now: bool = False, not_before: threading.Event | None = None
    ) -> None:
        """Send these: here and now, or from the thread that sends, one after another."""
        for one in pending:
            one.not_before = not_before
        if self.url is None:
            return
        with self._lock:
            if self._held is not None:
                self._held.extend(pending)
                return
        for one in pending:
            if now:
                self._send(one)
            else:
                self._jobs.put(one)

    def settle(self) -> None:
        """Wait until everything that is not held was sent and answered."""
        self._jobs.join()

    def events(self, name: str) -> list[Webhook]:
        return [webhook for webhook in self.sent if webhook.event == name]

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join(TIMEOUT_S + 1)

    def deliver(self, body: dict[str, Any]) -> Webhook:
        """Send this, here and now: what no Chatwoot would say, or what it has said before."""
        return self._post(json.dumps(body, ensure_ascii=False).encode(), body)

    def _run(self) -> None:
        while (pending := self._jobs.get()) is not None:
            try:
                if pending.not_before is not None:
                    pending.not_before.wait(TIMEOUT_S)
                self._send(pending)
            finally:
                self._jobs.task_done()
        self._jobs.task_done()

    def _send(self, pending: Pending) -> None:
        for _ in range(self.copies):
            body = pending.build()
            webhook = self._post(json.dumps(body, ensure_ascii=False).encode(), body)
            if webhook.status is None or not 200 <= webhook.status < 300:
                pending.failed(webhook.error or f"{webhook.status} status")

    def _post(self, raw: bytes, body: dict[str, Any]) -> Webhook:
        headers = self._headers(raw)
        request = urllib.request.Request(str(self.url), raw, headers, method="POST")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=self.timeout_s) as answer:
                answer.read()
                webhook = Webhook(body, headers, answer.status)
        except urllib.error.HTTPError as error:
            webhook = Webhook(body, headers, error.code)
        except OSError as error:
            webhook = Webhook(body, headers, None, str(error) or type(error).__name__)
        self.sent.append(webhook)
        return webhook

    def _headers(self, raw: bytes) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-Chatwoot-Delivery": str(uuid.uuid4()),
        }
        if self.secret is None:
            return headers
        timestamp = str(int(self.clock() + self.skew_s))
        return {
            **headers,
            "X-Chatwoot-Timestamp": timestamp,
            "X-Chatwoot-Signature": signature(self.secret, timestamp, raw),
        }


def signature(secret: str, timestamp: str, raw: bytes) -> str:
    """X-Chatwoot-Signature."""
    signed = timestamp.encode() + b"." + raw
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
