"""A call of the fake Twilio, and the scripts that it may follow."""

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Step:
    """What a call does next. after_s counts from the step before; it means something with a clock alone.

    verdict: told to AsyncAmdStatusCallback then. sip_code: of a call that fails.
    """

    status: str
    after_s: float = 1
    duration: str | None = None
    price: str | None = None
    answered_by: str | None = None
    verdict: str | None = None
    sip_code: str | None = None


ANSWERED = (
    Step("ringing"),
    Step("in-progress", after_s=4, answered_by="human"),
    Step("completed", after_s=34, duration="34"),
    Step("completed", after_s=5, price="-0.00850"),
)
BUSY = (Step("ringing"), Step("busy"))
NO_ANSWER = (Step("ringing"), Step("no-answer", after_s=60))
FAILED = (Step("failed"),)
CANCELED = (Step("ringing"), Step("canceled"))
RINGS_ON = (Step("ringing"),)
TALKS_ON = (Step("ringing"), Step("in-progress", answered_by="human"))


@dataclass
class FakeCall:
    """A call. params: what it was made with, name -> values."""

    sid: str
    params: dict[str, list[str]]
    steps: deque[Step]
    made_at: float
    status: str = "queued"
    duration: str | None = None
    price: str | None = None
    answered_by: str | None = None
    sip_code: str | None = None
    created_at: float = 0
    redirects: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    def param(self, name: str, default: str | None = None) -> str | None:
        return (self.params.get(name) or [default])[-1]
