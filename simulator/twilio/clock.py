"""Measures a call's time, virtual or real."""

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Seconds since the call began. One call at a time."""

    def start(self) -> None:
        """Begin at zero."""
        ...

    def now(self) -> float:
        """Return the seconds since the start."""
        ...

    def let_pass(self, seconds: float) -> None:
        """Let speech or silence of this length go by. Returns early once stopped."""
        ...

    def count(self, seconds: float) -> None:
        """Take note of seconds that have really gone by, waiting for the server."""
        ...

    def stop(self) -> None:
        """Wake whoever is in let_pass: the call is over. Called from any thread."""
        ...


class VirtualClock:
    """Speech takes no real time: its seconds are added up with those that the server really took.

    The server meanwhile has its own clock, by which everything seems said at once.
    """

    def __init__(self) -> None:
        self._now = 0.0

    def start(self) -> None:
        """Begin at zero."""
        self._now = 0.0

    def now(self) -> float:
        """Return the seconds added up since the start."""
        return self._now

    def let_pass(self, seconds: float) -> None:
        """Add the seconds; return at once."""
        self._now += max(0.0, seconds)

    def count(self, seconds: float) -> None:
        """Add the seconds that the server took."""
        self._now += seconds

    def stop(self) -> None:
        """Nobody ever waits here."""


class RealClock:
    """Speech takes the time it takes."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._over = threading.Event()

    def start(self) -> None:
        """Begin at zero."""
        self._over.clear()
        self._started = time.monotonic()

    def now(self) -> float:
        """Return the real seconds since the start."""
        return time.monotonic() - self._started

    def let_pass(self, seconds: float) -> None:
        """Wait."""
        if seconds > 0:
            self._over.wait(seconds)

    def count(self, seconds: float) -> None:
        """Those seconds have gone by already."""

    def stop(self) -> None:
        """Wake waiting threads."""
        self._over.set()
