"""The requests that 360dialog makes to us, in either envelope: from one thread, in order, and kept to be looked at."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Queue
from typing import Any

from tests.fakes.dialog360.shapes import digits

TIMEOUT_S = 15


@dataclass
class Delivery:
    """A webhook that was sent. status: None where nothing came back; took_s: until it did."""

    body: dict[str, Any]
    headers: dict[str, str]
    status: int | None = None
    took_s: float = 0.0

    @property
    def acknowledged(self) -> bool:
        return self.status == 200


@dataclass
class Webhooks:
    """Where webhooks go, in which form, and what became of them.

    url: None: nowhere. headers: what was configured with it. flat: the old form, with no envelope. doubled: each is
    sent twice. held: they are kept back, until `release`.
    """

    our_number: str
    url: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    flat: bool = False
    doubled: bool = False
    held: bool = False
    bodies: list[dict[str, Any]] = field(default_factory=list)
    """Every webhook there was to send, in order, sent or not."""
    sent: list[Delivery] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._kept: list[dict[str, Any]] = []
        self._jobs: Queue[Callable[[], None] | None] = Queue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def deliver(self, *values: dict[str, Any], after: threading.Event | None = None) -> None:
        """Send these as one webhook, and not before that.

        value: what a change holds: messages with contacts, or statuses.
        """
        body = self._flat(values) if self.flat else self._envelope(values)
        self.bodies.append(body)
        if self.held:
            self._kept.append(body)
        else:
            self._put(body, after)

    def release(self, *, backwards: bool = False) -> None:
        """Send what was held; backwards: the latest first."""
        self.held, kept, self._kept = False, self._kept, []
        for body in reversed(kept) if backwards else kept:
            self._put(body)

    def redeliver(self) -> None:
        """Send again what nobody acknowledged, as 360dialog does for days."""
        self.settle()
        for delivery in [delivery for delivery in self.sent if not delivery.acknowledged]:
            self._put(delivery.body)

    def settle(self) -> None:
        """Wait until all that was sent is answered."""
        self._jobs.join()

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join(TIMEOUT_S)

    def _put(self, body: dict[str, Any], after: threading.Event | None = None) -> None:
        if self.url is None:
            return
        for _ in range(2 if self.doubled else 1):
            self._jobs.put(lambda: self._post(body, after))

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            finally:
                self._jobs.task_done()
        self._jobs.task_done()

    def _post(self, body: dict[str, Any], after: threading.Event | None) -> None:
        assert self.url is not None
        if after is not None:
            after.wait(TIMEOUT_S)
        delivery = Delivery(body, dict(self.headers))
        headers = {"Content-Type": "application/json", **self.headers}
        request = urllib.request.Request(self.url, json.dumps(body).encode(), headers, method="POST")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        began = time.monotonic()
        try:
            with opener.open(request, timeout=TIMEOUT_S) as answer:
                delivery.status = answer.status
        except urllib.error.HTTPError as error:
            delivery.status = error.code
        except OSError:
            delivery.status = None
        delivery.took_s = time.monotonic() - began
        self.sent.append(delivery)

    def _envelope(self, values: tuple[dict[str, Any], ...]) -> dict[str, Any]:
        metadata = {"display_phone_number": digits(self.our_number), "phone_number_id": "106540352242922"}
        changes = [
            {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
            for value in values
        ]
        return {
            "object": "whatsapp_business_account",
            "entry": [{"id": "102290129340398", "changes": changes}],
        }

    def _flat(self, values: tuple[dict[str, Any], ...]) -> dict[str, Any]:
        body: dict[str, Any] = {}
        for value in values:
            for name, parts in value.items():
                body.setdefault(name, []).extend(parts)
        return body
