"""Asks a model's server while nobody waits for it, and gives way as soon as somebody does."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog

from integrations.errors import IntegrationError
from integrations.language_model import ModelStream

log = structlog.get_logger()

T = TypeVar("T")

LOOK_EVERY_S = 0.25
LONGEST_WAIT_S = 60.0
"""After so long it is asked although somebody waits."""
MOST_TRIES = 4


class GivingWay:
    """Asks after those who wait. is_waited_for: whether anybody waits for an answer now."""

    def __init__(self, is_waited_for: Callable[[], bool]) -> None:
        self._is_waited_for = is_waited_for

    def run(self, ask: Callable[[Callable[[ModelStream], None]], T]) -> T:
        """Return what `ask` does, which is interrupted and called again when somebody waits. Raises IntegrationError.

        ask: gets a function to call with its stream, and raises IntegrationError when that is cancelled.
        """
        for _ in range(MOST_TRIES):
            self._wait_until_free()
            watch = _Watch(self._is_waited_for)
            try:
                return ask(watch.begin)
            except IntegrationError:
                if not watch.has_cancelled:
                    raise
                log.info("background_gave_way")
            finally:
                watch.end()
        raise IntegrationError(
            "people wait for the model's server all the time", permanent=False, code="people_wait"
        )

    def _wait_until_free(self) -> None:
        until = time.monotonic() + LONGEST_WAIT_S
        pause = threading.Event()
        while self._is_waited_for() and time.monotonic() < until:
            pause.wait(LOOK_EVERY_S)


class _Watch:
    """Cancels a stream as soon as somebody waits for an answer."""

    def __init__(self, is_waited_for: Callable[[], bool]) -> None:
        self._is_waited_for = is_waited_for
        self._over = threading.Event()
        self.has_cancelled = False

    def begin(self, stream: ModelStream) -> None:
        threading.Thread(target=self._watch, args=(stream,), name="giving-way", daemon=True).start()

    def end(self) -> None:
        self._over.set()

    def _watch(self, stream: ModelStream) -> None:
        while not self._over.wait(LOOK_EVERY_S):
            if self._is_waited_for():
                self.has_cancelled = True
                stream.cancel()
                return
