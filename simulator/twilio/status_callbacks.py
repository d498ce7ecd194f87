"""Sends a call's status callbacks to the server, in order or out of order."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Literal

from simulator.twilio.call_params import CallParams
from simulator.twilio.errors import WebhookError
from simulator.twilio.journal import Step
from simulator.twilio.signing import Params
from simulator.twilio.urls import Addresses
from simulator.twilio.webhook_client import Transport
from translations import Message
from translations import lazy_gettext as _

Order = Literal["normal", "scrambled"]


@dataclass(frozen=True, slots=True)
class StatusConfig:
    """The configuration of status callbacks.

    url: a path of the server or a URL; None: no callbacks. order: "scrambled" sends the last one first. events: the
    reported statuses; None: Twilio's default, the last one of an inbound call and all of an outbound call.
    """

    url: str | None = None
    order: Order = "normal"
    events: Collection[str] | None = None


@dataclass
class StatusCallbacks:
    """One call's status callbacks, sent at once, or at the end of the call with the last one first.

    url: None: nothing is sent. warn: receives the code and message of Twilio's warning (15003) about a refused one.
    """

    url: str | None
    transport: Transport
    addresses: Addresses
    leg: CallParams
    warn: Callable[[int, Message], None]
    order: Order = "normal"
    steps: list[Step] = field(default_factory=list)
    _begun_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _held: list[Params] = field(default_factory=list)
    _count: int = 0

    def report(self, status: str, after_s: float, duration_s: float | None = None) -> None:
        """Report a status of the call, after_s seconds after its beginning.

        duration_s: the call's length, once it is over; withheld callbacks are then sent too.
        """
        if self.url is None:
            return
        self._held.append(self._params(status, after_s, duration_s))
        self._count += 1
        if self.order == "normal" or duration_s is not None:
            self._send_held()

    def _params(self, status: str, after_s: float, duration_s: float | None) -> Params:
        at = self._begun_at + timedelta(seconds=after_s)
        length: Params = ()
        if duration_s is not None:
            minutes = math.ceil(duration_s / 60)
            length = (("CallDuration", str(math.ceil(duration_s))), ("Duration", str(minutes)))
        return (
            *self.leg.params(status),
            ("CallbackSource", "call-progress-events"),
            ("SequenceNumber", str(self._count)),
            ("Timestamp", format_datetime(at.replace(microsecond=0))),
            *length,
        )

    def _send_held(self) -> None:
        waiting, self._held = self._held, []
        for params in reversed(waiting):
            self._send(params)

    def _send(self, params: Params) -> None:
        try:
            step = self.transport.send("POST", self.addresses.own(self.url or ""), params)
        except WebhookError as error:
            self.warn(error.code, _("no status callback: {reason}").format(reason=error.message))
            return
        self.steps.append(step)
        if step.error is not None:
            refused = _("the status callback was not accepted: {reason}")
            self.warn(15003, refused.format(reason=step.message))
