"""An answer in progress: attempts within their deadlines, and none after the first word."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx2

from integrations.errors import RETRYABLE_STATUSES, IntegrationError, is_filtered
from integrations.http.deadline_sockets import CancelScope
from integrations.language_model import Event
from integrations.openai.client import integration_errors
from integrations.openai.question import Question
from integrations.openai.reading.answer import AnswerReader
from integrations.openai.reading.server_sent_events import UnreadableStreamError, payloads

_DRAIN_S = 0.1
"""Longest wait for the remainder after [DONE]; the connection is then closed."""

_ENDING_S = 1.0
"""Longest wait for what may follow the end of an answer, where the server does not say [DONE]."""

_RETRY_PAUSES_S = (0.1, 0.4)

_PASSING = RETRYABLE_STATUSES | {503, 529}
"""Statuses that say "later". After any other failure the server will most likely say the same again."""


class OpenAIStream:
    """An answer in progress; see ModelStream. Iterated once."""

    def __init__(
        self, question: Question, first_event_s: float, total_s: float, *, asks_again: bool = True
    ) -> None:
        self._question, self._asks_again = question, asks_again
        self._first_event_s = first_event_s
        self._total_s = total_s
        self._ends_at = float("inf")
        self._scope = CancelScope(float("inf"))
        self._begun = False

    def cancel(self) -> None:
        self._scope.cancel()

    def unhurry(self) -> None:
        self._scope.unhurried = True

    def gather(self) -> None:
        self._scope.gathers = True

    def __iter__(self) -> Iterator[Event]:
        now = time.monotonic()
        self._ends_at = now + self._total_s
        self._scope.deadline = now + min(self._first_event_s, self._total_s)
        pauses = iter(_RETRY_PAUSES_S)
        last: IntegrationError | None = None
        while not self._scope.is_cancelled:
            try:
                yield from self._attempt()
            except IntegrationError as error:
                if self._scope.is_cancelled:
                    return
                error.repeats = last is not None and error.says_the_same_as(last)
                if self._begun or not self._wait_for_retry(error, next(pauses, None)):
                    raise
                last = error
            else:
                return

    def _attempt(self) -> Iterator[Event]:
        with integration_errors(self._question.words), self._opened() as (response, reader):
            groups = payloads(response.iter_bytes())
            yield from self._words(reader, groups)
            if not self._scope.is_cancelled:
                yield from reader.end()
                if reader.is_done:
                    self._drain(groups)
            self._question.learn(reader)  # from one that was stopped, too
        if reader.usage and not self._scope.is_cancelled:
            yield reader.usage

    def _words(self, reader: AnswerReader, groups: Iterator[list[bytes]]) -> Iterator[Event]:
        """Yield the words up to the answer's end. What breaks after the model has ended breaks nothing."""
        try:
            for group in groups:
                yield from self._read(reader, group)
                if reader.is_done or self._scope.is_cancelled:
                    return
        except httpx2.HTTPError:
            if not reader.is_over:
                raise

    def _read(self, reader: AnswerReader, group: list[bytes]) -> Iterator[Event]:
        try:
            yield from reader.read(group)
        finally:
            if reader.begun:
                self._begun = True
                self._scope.gathering = self._scope.gathers
                ends_at = time.monotonic() + _ENDING_S if reader.is_ending else self._ends_at
                self._scope.deadline = min(ends_at, self._ends_at)

    @contextmanager
    def _opened(self) -> Iterator[tuple[httpx2.Response, AnswerReader]]:
        with self._scope.active():
            response, reader = self._question.open(may_hold=self._scope.gathers)
        try:
            yield response, reader
        finally:
            response.close()

    def _drain(self, rest: Iterator[list[bytes]]) -> None:
        """Read to the end of the body, so that the connection can be reused."""
        self._scope.deadline = min(self._scope.deadline, time.monotonic() + _DRAIN_S)
        with suppress(httpx2.HTTPError, UnreadableStreamError):
            for _ in rest:
                pass

    def _wait_for_retry(self, error: IntegrationError, pause: float | None) -> bool:
        """Wait before a retry; return False if none would help or fit."""
        says_later = error.status in _PASSING or error.retry_after_s is not None or error.code == "connection"
        if error.permanent or is_filtered(error) or pause is None:
            return False
        if not says_later and (error.repeats or not self._asks_again):
            return False
        if error.retry_after_s is not None:
            pause = error.retry_after_s
        elif error.code == "connection" and pause == _RETRY_PAUSES_S[0]:
            pause = 0.0  # most likely an idle connection closed by the server
        else:
            pause *= random.uniform(0.75, 1.25)  # noqa: S311  # spreads callers out, hides nothing
        if pause >= self._scope.remaining_s:
            return False
        self._scope.wait(pause)
        return True
