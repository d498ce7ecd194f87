"""Leaving a Chatwoot in peace that does not answer: one job finds out whether it does again, the others wait.

Without it every job would hang for as long as a request may, and what is sent to customers would wait behind them.
"""

import threading
import time
from collections.abc import Callable

from integrations.errors import IntegrationError

REST_S = 5.0
PROBE_S = 30.0
"""How long whoever finds out may take."""
RESTING = "resting"


class Rest:
    """Of one process. Thread-safe. monotonic: seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._until: float | None = None
        self._lock = threading.Lock()

    def check(self) -> None:
        """Let the caller ask Chatwoot. Raises IntegrationError (RESTING) where that is to wait."""
        now = self._monotonic()
        with self._lock:
            if self._until is None:
                return
            if now < self._until:
                raise IntegrationError("Chatwoot is left in peace", permanent=False, code=RESTING)
            self._until = now + PROBE_S

    def begin(self, seconds: float | None = None) -> None:
        """It did not answer. seconds: for how long it asked to be left alone."""
        with self._lock:
            self._until = self._monotonic() + (REST_S if seconds is None else max(seconds, 0.0))

    def end(self) -> None:
        """It answered."""
        self._until = None
