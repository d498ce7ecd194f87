"""Pauses between the tries of what goes on failing: each twice as long as the one before."""

import time
from collections.abc import Callable


class Backoff:
    """When something is to be tried again, in seconds. monotonic: the clock."""

    def __init__(
        self, *, first_s: float, longest_s: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._first_s, self._longest_s, self._monotonic = first_s, longest_s, monotonic
        self._pause_s, self._due_at = 0.0, monotonic()

    @property
    def is_due(self) -> bool:
        """True unless the pause after the last failure is still going on."""
        return self._monotonic() >= self._due_at

    @property
    def has_failed(self) -> bool:
        """True since the first failure after a success."""
        return self._pause_s > 0

    def failed(self) -> None:
        """Begin a pause."""
        self._pause_s = min(2 * self._pause_s or self._first_s, self._longest_s)
        self._due_at = self._monotonic() + self._pause_s

    def succeeded(self) -> None:
        """Begin anew."""
        self._pause_s, self._due_at = 0.0, self._monotonic()
