"""A message of the fake Twilio, and the receipts for it."""

from collections import deque
from dataclasses import dataclass, field


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
