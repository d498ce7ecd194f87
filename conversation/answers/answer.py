"""An answer that the model is writing to one utterance, as a running thread and as a row.

Readers in the same process get each sentence at once; the row gets it within a tenth of a second, and before it is
spoken (see Answers). While the database cannot be written, the answer is spoken from memory, the log says so, and the
row is written later.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from conversation.answers.late_writes import Tries
from storage.base import utc_now
from storage.database import Database
from storage.models import Ending, TurnState
from storage.queries import turns
from storage.queries.turns import ServedRecord, TurnRecord

log = structlog.get_logger()


class AnswerStopped(Exception):
    """The answer no longer belongs to this writer: superseded, cancelled, failed by a reader, or taken over."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Sentences from a position on. complete: no more will come, and `ending` says how the answer ends."""

    sentences: tuple[str, ...]
    start: int
    state: TurnState
    ending: Ending | None
    turn_id: int | None

    @property
    def upto(self) -> int:
        """The position after the last sentence."""
        return self.start + len(self.sentences)

    @property
    def complete(self) -> bool:
        """True once the answer has come to an end of any kind."""
        return self.state is not TurnState.WRITING


@dataclass
class Timing:
    """The moments in an answer's life, in seconds of the monotonic clock."""

    started: float = field(default_factory=time.monotonic)
    first_token: float | None = None
    first_sentence: float | None = None
    ended: float | None = None

    def since_start_ms(self, moment: float | None) -> int | None:
        """Milliseconds from the claim to a moment."""
        return None if moment is None else round((moment - self.started) * 1000)


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An answer's row, as its writer found it. turn_id None: not written yet. epoch: the writer's, of those it had."""

    key: str
    number: int
    turn_id: int | None
    epoch: int = 1
    failures_before: int = 0
    sentences: Sequence[str] = ()

    @classmethod
    def of(cls, key: str, turn: TurnRecord, epoch: int) -> "AnswerRow":
        """Return the row of a turn that was begun before."""
        return cls(key, turn.number, turn.id, epoch, turn.failures, turn.sentences)


class Answer:
    """An answer being written in this process. Written by one thread, read and stopped by any."""

    def __init__(
        self,
        database: Database,
        row: AnswerRow,
        *,
        whole: bool = False,
        keep_late: "Callable[[Connection, Answer], None] | None" = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """whole: no reader needs to be woken before the answer is complete."""
        self.key, self.number, self.whole = row.key, row.number, whole
        self.turn_id, self.epoch = row.turn_id, row.epoch
        self.failures_before = row.failures_before
        self.timing = Timing()
        self._database, self._clock = database, clock
        self._changed = threading.Condition()
        self._sentences = list(row.sentences)
        self._state = TurnState.WRITING
        self._ending: Ending | None = None
        self._servings: dict[tuple[int, int], ServedRecord] = {}
        self._on_stop: Callable[[], None] | None = None
        self._kept = len(self._sentences)
        self._on_words: Callable[[Answer], None] = lambda _: None
        self._keep_late = keep_late
        self._late: Callable[[Connection], Any] | None = None
        self._tries = Tries()

    # What readers do

    def read(self, start: int, wait_s: float) -> Reading:
        """Return the sentences from `start` on, waiting up to `wait_s` seconds for the first of them."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._state is not TurnState.WRITING or self._has_words(start), wait_s
            )
            return Reading(tuple(self._sentences[start:]), start, self._state, self._ending, self.turn_id)

    def served(self, serving: ServedRecord) -> ServedRecord:
        """Remember the reply to a request in this process; the first one stands."""
        with self._changed:
            return self._servings.setdefault((serving.start, serving.wait), serving)

    def stop(self, state: TurnState, sentences: Sequence[str] = (), ending: Ending | None = None) -> bool:
        """End the answer now with these last words, already in its row; its writer is woken and stops.

        Return False if it had already ended.
        """
        with self._changed:
            if self._state is not TurnState.WRITING:
                return False
            self._sentences.extend(sentences)
            if sentences:
                self._kept = len(self._sentences)
            self._settle(state, ending)
            on_stop = self._on_stop
        if on_stop is not None:
            on_stop()
        return True

    # What its writer does

    @property
    def sentences(self) -> tuple[str, ...]:
        """The sentences written so far."""
        with self._changed:
            return tuple(self._sentences)

    @property
    def state(self) -> TurnState:
        """The state of its turn."""
        return self._state

    @property
    def ending(self) -> Ending | None:
        """The action that follows its words, once it is complete."""
        return self._ending

    @contextlib.contextmanager
    def stopping(self, cancel: Callable[[], None]) -> Iterator[None]:
        """Make `stop` also call `cancel`, which must wake the writer, within this context.

        Raises AnswerStopped if the answer was already stopped.
        """
        with self._changed:
            if self._state is not TurnState.WRITING:
                raise AnswerStopped
            self._on_stop = cancel
        try:
            yield
        finally:
            with self._changed:
                self._on_stop = None

    def add(self, sentences: Sequence[str]) -> None:
        """Publish sentences to readers. Raises AnswerStopped if the answer is no longer ours."""
        with self._changed:
            self._extend(sentences)
            if not self.whole:
                self._changed.notify_all()
        self._on_words(self)

    def when_words_come(self, tell: "Callable[[Answer], None]") -> None:
        """Call `tell` after each `add`."""
        self._on_words = tell

    def keep_words(self, connection: Connection, upto: int | None = None) -> int | None:
        """Write the sentences so far; with `upto`, only if the row may have fewer than that.

        Return the number of sentences in the row, to be passed to `kept` after the commit; None if the answer is no
        longer ours.
        """
        with self._changed:
            words, kept = list(self._sentences), self._kept
        needed = len(words) if upto is None else upto
        if self.turn_id is None or kept >= needed:
            return kept
        ours = turns.keep_sentences(connection, self.turn_id, self.epoch, words, self._clock())
        if ours or turns.has_sentences(connection, self.turn_id, self.epoch, needed):
            return len(words)
        return None

    def kept(self, count: int) -> None:
        """Record the number of sentences in the row."""
        with self._changed:
            self._kept = max(self._kept, count)

    def finish(
        self,
        state: TurnState,
        ending: Ending,
        sentences: Sequence[str] = (),
        also: Callable[[Connection], None] | None = None,
        **values: Any,
    ) -> None:
        """Write the ending and the last sentences, and run `also` in the same transaction.

        Raises AnswerStopped, and writes nothing, if the answer is no longer ours.
        """
        values |= {"state": state, "ending": ending, "sentences": [*self.sentences, *sentences]}

        def write(connection: Connection, turn_id: int) -> bool:
            ours = turns.finish_turn(connection, turn_id, self.epoch, finished_at=self._clock(), **values)
            if ours and also is not None:
                also(connection)
            return ours

        kept = self._keep(write)
        with self._changed:
            self._extend(sentences)
            self._kept = len(self._sentences) if kept else self._kept
            self._settle(state, ending)
        if not kept:
            self._late = self._late_write(write)

    def _has_words(self, start: int) -> bool:
        return not self.whole and len(self._sentences) > start

    def _extend(self, sentences: Sequence[str]) -> None:
        if self._state is not TurnState.WRITING:
            raise AnswerStopped
        if sentences:
            self.timing.first_sentence = self.timing.first_sentence or time.monotonic()
        self._sentences.extend(sentences)

    def _settle(self, state: TurnState, ending: Ending | None) -> None:
        self._state, self._ending = state, ending
        self.timing.ended = time.monotonic()
        self._changed.notify_all()

    # Keeping

    def _keep(self, write: Callable[[Connection, int], bool]) -> bool:
        """Write in a transaction; return False if there is no row yet, or the database cannot be written."""
        turn_id = self.turn_id
        if turn_id is None:
            return False
        try:
            ours = self._database.run(lambda connection: write(connection, turn_id))
        except SQLAlchemyError as error:
            log.error("answer_not_kept", turn=self.number, error=type(error).__name__)
            return False
        if not ours:
            self.stop(TurnState.CANCELLED)
            raise AnswerStopped
        return True

    def _late_write(self, write: Callable[[Connection, int], bool]) -> Callable[[Connection], Any] | None:
        turn_id, keep_late = self.turn_id, self._keep_late
        if turn_id is not None:
            return lambda connection: write(connection, turn_id)
        return None if keep_late is None else lambda connection: keep_late(connection, self)

    @property
    def is_unkept(self) -> bool:
        """True while some of its sentences are missing from its row."""
        with self._changed:
            return self._kept < len(self._sentences)

    @property
    def is_owed(self) -> bool:
        """True while it has been spoken from memory and is not in the database."""
        return self._late is not None

    def keep_what_is_owed(self, *, is_last: bool = False) -> None:
        """Try to write the part that could not be written in time; is_last: though it failed a moment ago.

        Raises SQLAlchemyError where the database is locked, full or away.
        """
        if self._late is not None and self._tries.attempt(self._database, self._late, is_last=is_last):
            self._late = None
            log.info("answer_kept_late", turn=self.number)
