"""Measures a call's time with a virtual or a real clock."""

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """A clock that counts the seconds since the beginning of a call; one call at a time."""

    def start(self) -> None:
        """Begin at zero."""
        ...

    def now(self) -> float:
        """Return the seconds since the start."""
        ...

    def let_pass(self, seconds: float) -> None:
        """Wait for speech or silence of this length. Returns early once stopped."""
        ...

    def count(self, seconds: float) -> None:
        """Count seconds spent waiting for the server."""
        ...

    def stop(self) -> None:
        """End every let_pass: the call is over. May be called from any thread."""
        ...


class VirtualClock:
    """A clock for tests: speech takes no real time, and its length is added to the server's real seconds.

    By the server's own clock, all speech is instantaneous.
    """

    def __init__(self) -> None:
        self._now = 0.0

    def start(self) -> None:
        """Begin at zero."""
        self._now = 0.0

    def now(self) -> float:
        """Return the sum of the seconds since the start."""
        return self._now

    def let_pass(self, seconds: float) -> None:
        """Add the seconds; return at once."""
        self._now += max(0.0, seconds)

    def count(self, seconds: float) -> None:
        """Add the server's seconds."""
        self._now += seconds

    def stop(self) -> None:
        """Do nothing: nothing ever waits for this clock."""


class RealClock:
    """A clock on which speech takes real time."""

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
        """Wait for the seconds, or until stopped."""
        if seconds > 0:
            self._over.wait(seconds)

    def count(self, seconds: float) -> None:
        """Do nothing: this clock has counted them already."""

    def stop(self) -> None:
        """Wake waiting threads."""
        self._over.set()
