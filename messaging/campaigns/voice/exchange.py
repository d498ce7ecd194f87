"""The phone of campaigns: our number, the URLs that Twilio is given for a call, and how many calls it may place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from integrations.twilio.calls import CallState
from messaging.providers.base import Pace
from phone_numbers import ReachAddress, dialable_number

SENDER = "calls"
"""The name under which the pace of calls is kept: Twilio limits those of an account, whatever number they are from."""


@dataclass(frozen=True, slots=True)
class CallUrls:
    """Where Twilio asks, and tells, about one call."""

    answer: str
    fallback: str
    status: str
    machine: str


class Rest(Protocol):
    """The REST API that places calls: Twilio's. Each method raises IntegrationError."""

    def place_call(
        self,
        *,
        to: str,
        sender: str,
        url: str | None = None,
        twiml: str | None = None,
        fallback_url: str | None = None,
        status_callback: str | None = None,
        ring_s: int | None = None,
        detect_machine: bool = False,
        machine_callback: str | None = None,
    ) -> CallState:
        """Place a call. Not repeated: it would ring twice."""
        ...

    def placed(self, *, to: str, sender: str, since: datetime, limit: int = 50) -> Sequence[CallState]:
        """Return the calls to a number since then, newest first."""
        ...

    def fetch_call(self, sid: str) -> CallState:
        """Return a call as it is now."""
        ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """What calls are placed with. number: ours, in E.164. urls: of a call, by its mark.

    per_second: calls that Twilio places. at_once: calls of all campaigns together. ring_s: how long one rings.
    """

    rest: Rest
    number: str
    urls: Callable[[str], CallUrls]
    per_second: float
    at_once: int
    ring_s: int = 30

    def place(self, number: ReachAddress, mark: str) -> CallState:
        """Place the call of a mark, with Twilio telling who answers while it goes on. Raises IntegrationError."""
        urls = self.urls(mark)
        return self.rest.place_call(
            to=dialable_number(number),
            sender=self.number,
            url=urls.answer,
            fallback_url=urls.fallback,
            status_callback=urls.status,
            machine_callback=urls.machine,
            ring_s=self.ring_s,
        )

    @property
    def pace(self) -> Pace:
        """The pace of its calls."""
        return Pace(SENDER, timedelta(seconds=1 / self.per_second))
