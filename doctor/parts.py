"""Defines what can be looked at, and what can be mended."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from doctor.findings import Finding
from translations import Message


class Part(Protocol):
    """A part that calls or messages need."""

    @property
    def name(self) -> str:
        """A short name in lower case, such as "model"; unique."""

    def check(self) -> list[Finding]:
        """Look at the part, changing nothing.

        Runs in a thread of its own. What it raises becomes a line, and so does an answer that is too late.
        """


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that a part can make.

    name: as Finding.fix has it; unique among all parts. service: who is asked to make it, such as "Twilio".
    what_stands_now, what_would_stand: shown before it is made.
    needs_replace: True if it replaces what somebody else has set, and is only made when asked for with --replace.
    apply: makes the change; raises IntegrationError.
    """

    name: str
    service: str
    what_stands_now: Message
    what_would_stand: Message
    needs_replace: bool
    apply: Callable[[], None]


@runtime_checkable
class Mendable(Part, Protocol):
    """A part with fixes."""

    def fixes(self) -> list[Fix]:
        """Return what could be changed now; asks the service anew, and raises IntegrationError."""
