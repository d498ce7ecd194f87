"""Runs functions over and over in threads of this process, whatever they raise, and tells which are late."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb
from typing import Any

import structlog

log = structlog.get_logger()

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
LATE_AFTER_S = 60.0
STANDSTILL = 10
"""A loop stands still that has ended no round, not even with an error, for so many times LATE_AFTER_S."""


@dataclass(frozen=True, slots=True)
class LateLoop:
    """A loop without a successful round for too long. for_s: for how long. stands_still: no round ends at all."""

    name: str
    for_s: float
    stands_still: bool


class Loop:
    """A function that a thread of its own runs again and again, until it returns False or the loop is stopped.

    run: one round, with its own waiting if every_s is 0. longest_pause_s: between rounds that fail; the pauses grow
    up to it. late_after_s: seconds without a round that succeeded, after which the loop is late. is_vital: False for a
    loop whose lateness concerns nobody but whoever waits for it.
    """

    def __init__(
        self,
        name: str,
        run: Callable[[], object],
        *,
        every_s: float = 0,
        longest_pause_s: float = LONGEST_PAUSE_S,
        late_after_s: float = LATE_AFTER_S,
        is_vital: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._run, self._every_s, self._longest_pause_s = run, every_s, longest_pause_s
        self._late_after_s, self._is_vital, self._monotonic = late_after_s, is_vital, monotonic
        self._ended = threading.Event()
        self._succeeded_at = self._tried_at = monotonic()
        self._thread = threading.Thread(target=self._go_on, name=name, daemon=True)

    @property
    def is_alive(self) -> bool:
        """Return whether its thread is running."""
        return self._thread.is_alive()

    def start(self) -> "Loop":
        """Start the thread, and return the loop."""
        self._succeeded_at = self._tried_at = self._monotonic()
        if self._is_vital:
            with _lock:
                _running.add(self)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Let it end after the current round. The round itself is not woken."""
        self._ended.set()

    def wait(self, seconds: float) -> bool:
        """Wait within a round; return True if the loop was stopped meanwhile."""
        return self._ended.wait(seconds)

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        self._thread.join(timeout)

    def lateness(self) -> LateLoop | None:
        """Return for how long it has had no successful round; None if that is not too long."""
        now = self._monotonic()
        for_s = now - self._succeeded_at
        if for_s < self._late_after_s:
            return None
        return LateLoop(self.name, for_s, now - self._tried_at >= STANDSTILL * self._late_after_s)

    def _go_on(self) -> None:
        pause_s = FIRST_PAUSE_S
        try:
            while not self._ended.is_set():
                try:
                    goes_on = self._run()
                except Exception as error:  # noqa: BLE001  (a loop that ends is missed by nobody)
                    log.error("loop_failed", loop=self.name, again_in_s=pause_s, **about(error))
                    self._tried_at = self._monotonic()
                    self._ended.wait(pause_s)
                    pause_s = min(2 * pause_s, self._longest_pause_s)
                    continue
                pause_s = min(FIRST_PAUSE_S, self._longest_pause_s)
                self._succeeded_at = self._tried_at = self._monotonic()
                if goes_on is False:
                    return
                if self._every_s:
                    self._ended.wait(self._every_s)
        finally:
            with _lock:
                _running.discard(self)


_lock = threading.Lock()
_running: set[Loop] = set()
"""The vital ones of this process."""


def late_loops() -> list[LateLoop]:
    """Return the loops of this process that are late, the one that has been so for longest first."""
    with _lock:
        running = list(_running)
    late = filter(None, (loop.lateness() for loop in running))
    return sorted(late, key=lambda loop: loop.for_s, reverse=True)


def about(error: BaseException) -> dict[str, Any]:
    """Describe an error without its text: its type, the provider's code, the line that raised it."""
    frames = extract_tb(error.__traceback__)
    code = getattr(error, "code", None)
    facts: dict[str, Any] = {"error": type(error).__name__}
    if frames:
        facts["at"] = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
    return facts | ({"code": code} if isinstance(code, str | int) else {})
