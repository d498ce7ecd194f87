"""Sends the receipts of messages to the server, in order or out of order."""

import threading
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from common.loops import Loop
from simulator.twilio.call_params import new_sid
from simulator.twilio.errors import WebhookError
from simulator.twilio.journal import Step
from simulator.twilio.signing import Params
from simulator.twilio.status_callbacks import Order
from simulator.twilio.urls import Addresses
from simulator.twilio.webhook_client import Transport
from simulator.whatsapp.messages import API_VERSION, MEANINGS, Message, MessageBook, MessageProblem
from translations import lazy_gettext as _

FAILURES = frozenset({"failed", "undelivered"})


@dataclass(frozen=True, slots=True)
class ReceiptConfig:
    """The outcome of messages, and the order and number of their receipts.

    statuses: of a message that arrives, in order. order: "scrambled" sends the last receipt first. times: the number
    of copies of each receipt. dropped: the statuses without a receipt. held: no receipt is sent before
    release_receipts(). early: receipts are sent before the REST API's answer, as can happen with Twilio. error_code:
    not None: messages do not arrive. failing: their last status, "failed" or "undelivered".
    """

    statuses: tuple[str, ...] = ("sent", "delivered", "read")
    order: Order = "normal"
    times: int = 1
    dropped: Collection[str] = ()
    held: bool = False
    early: bool = False
    error_code: int | None = None
    failing: str = "failed"

    def steps_for(self, error_code: int | None) -> tuple[str, ...]:
        """Return the statuses of a message. error_code: None: it arrives."""
        if error_code is None:
            return self.statuses
        return ("sent", "undelivered") if self.failing == "undelivered" else ("failed",)


@dataclass(frozen=True, slots=True)
class _Receipt:
    url: str
    params: Params


@dataclass
class ReceiptSender:
    """One person's receipts, sent one after the other by a thread of its own.

    warn: receives Twilio's warning (15003) about a refused one.
    """

    transport: Transport
    addresses: Addresses
    book: MessageBook
    warn: Callable[[MessageProblem], None]
    steps: list[Step] = field(default_factory=list)
    _waiting: deque[_Receipt] = field(default_factory=deque)
    _held: list[_Receipt] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)
    _promised: int = 0
    _is_sending: bool = False
    _is_closed: bool = False
    _install_sid: str = field(default_factory=lambda: new_sid("XE"))

    def report(self, message: Message, config: ReceiptConfig, error_code: int | None) -> None:
        """Record a message's statuses, and send its receipts."""
        receipts = []
        for status in config.steps_for(error_code):
            code = error_code if status in FAILURES else None
            self.book.note(message, status, code)
            if message.status_callback and status not in config.dropped:
                params = self._params(message, status, code)
                receipts += [_Receipt(message.status_callback, params)] * config.times
        self._send(receipts if config.order == "normal" else receipts[::-1], held=config.held)

    def report_later(
        self, message: Message, config: ReceiptConfig, error_code: int | None
    ) -> Callable[[], None]:
        """Return a function that calls `report`. `settle` waits for it to be called."""
        with self._changed:
            self._promised += 1

        def report() -> None:
            self.report(message, config, error_code)
            with self._changed:
                self._promised -= 1
                self._changed.notify_all()

        return report

    def release(self) -> None:
        """Send the withheld receipts."""
        with self._changed:
            held, self._held = self._held, []
        self._send(held, held=False)

    def settle(self, timeout_s: float = 30) -> None:
        """Wait until all receipts are sent, except withheld ones. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(self._is_settled, timeout_s):
                raise TimeoutError(
                    _("receipts are still being sent after {seconds:g} s").format(seconds=timeout_s)
                )

    def _is_settled(self) -> bool:
        return not (self._promised or self._waiting or self._is_sending)

    def close(self) -> None:
        """Stop sending; wait for the receipt in progress."""
        with self._changed:
            self._is_closed = True
            self._waiting.clear()
        self.settle()

    def _send(self, receipts: list[_Receipt], *, held: bool) -> None:
        with self._changed:
            if self._is_closed:
                return
            if held:
                self._held += receipts
                return
            self._waiting.extend(receipts)
            if not self._waiting or self._is_sending:
                return
            self._is_sending = True
        Loop("receipts", self._send_next, is_vital=False).start()

    def _send_next(self) -> bool:
        """Send one; return False if there is nothing left to send: the next receipt finds another thread."""
        receipt = self._next()
        if receipt is None:
            return False
        self._tell(receipt)
        return True

    def _next(self) -> _Receipt | None:
        with self._changed:
            if self._waiting:
                return self._waiting.popleft()
            self._is_sending = False
            self._changed.notify_all()
            return None

    def _tell(self, receipt: _Receipt) -> None:
        try:
            url = self.addresses.own(receipt.url)
            step = self.transport.send("POST", url, receipt.params)
        except WebhookError as error:
            unsent = _("no receipt: {reason}").format(reason=error.message)
            self.warn(MessageProblem(error.code, unsent, error.url))
            return
        self.steps.append(step)
        if step.error is not None:
            refused = _("the receipt was not accepted: {reason}").format(reason=step.message)
            self.warn(MessageProblem(15003, refused, step.url))

    def _params(self, message: Message, status: str, error_code: int | None) -> Params:
        params = {
            "ApiVersion": API_VERSION,
            "AccountSid": message.account_sid,
            "From": message.sender,
            "To": message.to,
            "MessageSid": message.sid,
            "MessageStatus": status,
            "SmsSid": message.sid,
            "SmsStatus": status,
            "ChannelPrefix": "whatsapp",
            "ChannelInstallSid": self._install_sid,
            "ChannelToAddress": message.to.removeprefix("whatsapp:"),
        }
        if error_code is not None:
            params["ErrorCode"] = str(error_code)
            params["ChannelStatusMessage"] = MEANINGS.get(error_code, "the channel did not take it")
        if status == "read":
            params["EventType"] = "READ"
        return tuple(params.items())
