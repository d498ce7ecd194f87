"""Pauses requests to a Chatwoot that fails: one job probes it, the others wait.

Without it every job would hang for as long as a request may, delaying messages to customers.
"""

import threading
import time
from collections.abc import Callable

from integrations.errors import IntegrationError

REST_S = 5.0
PROBE_S = 30.0
"""The longest that a probe may take."""
RESTING = "resting"


class Rest:
    """Of one process. Thread-safe. monotonic: seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._until: float | None = None
        self._lock = threading.Lock()

    def check(self) -> None:
        """Admit a request to Chatwoot. Raises IntegrationError (RESTING) if it has to wait."""
        now = self._monotonic()
        with self._lock:
            if self._until is None:
                return
            if now < self._until:
                raise IntegrationError("Chatwoot is left in peace", permanent=False, code=RESTING)
            self._until = now + PROBE_S

    def begin(self, seconds: float | None = None) -> None:
        """Open the circuit after a failure. seconds: from Chatwoot's Retry-After."""
        with self._lock:
            self._until = self._monotonic() + (REST_S if seconds is None else max(seconds, 0.0))

    def end(self) -> None:
        """It answered."""
        self._until = None
