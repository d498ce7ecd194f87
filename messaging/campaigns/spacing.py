"""Keeps the messages of one number apart, as they leave: what was late is not made up for by a rush."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

from messaging.providers.base import Pace


class Spacing:
    """The times at which a process's messages leave. Thread-safe."""

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._monotonic, self._sleep = monotonic, sleep
        self._lock = threading.Lock()
        self._free_at: dict[str, float] = defaultdict(lambda: float("-inf"))

    def wait(self, pace: Pace) -> None:
        """Wait until a number's last message is far enough ago."""
        with self._lock:
            now = self._monotonic()
            at = max(now, self._free_at[pace.sender])
            self._free_at[pace.sender] = at + pace.interval.total_seconds()
        self._sleep(at - now)


def seconds_until(at: datetime, now: datetime, claimed_at: datetime) -> float:
    """Return the wait until a time that was given by a claim; no longer than then, should the clock be put back."""
    return max(0.0, (at - max(now, claimed_at)).total_seconds())
