"""The answer: what the model is writing to one utterance, a row as well as a running thread.

Its writer puts each sentence into the row and then wakes who waits in this process; readers in another process
poll the row. Whoever claimed the turn owns it under an epoch, and beats once a second; an answer whose owner
fell silent is taken over by the next one who asks for it, and goes on after the sentences that are there.
When the database cannot be written the answer is spoken from RAM, and the log says so.
"""

import contextlib
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from storage import turns
from storage.base import utc_now
from storage.database import Database
from storage.models import Ending, TurnState
from storage.turns import ServedRecord, TurnRecord

log = structlog.get_logger()

BEAT_S = 1.0
CHECK_S = 0.5
STALE_S = 3.0
POLL_S = 0.05
FORGET_OWED_S = 900.0
"""How long it is tried to keep one that could only be spoken from RAM."""
FORGET_S = 60.0
"""How long a finished answer stays readable from RAM; after that it is read from its row."""


class AnswerStopped(Exception):
    """The answer is no longer this writer's: superseded, cancelled, failed by a reader, or taken over."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Sentences from a position on. complete: there will be no more, and the ending says what comes next."""

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
        """Whether the answer has come to its end, whatever end that was."""
        return self.state is not TurnState.WRITING


@dataclass
class Timing:
    """When things happened to an answer, in seconds of the monotonic clock."""

    started: float = field(default_factory=time.monotonic)
    first_token: float | None = None
    first_sentence: float | None = None
    ended: float | None = None

    def since_start_ms(self, moment: float | None) -> int | None:
        """Milliseconds from the claim to a moment."""
        return None if moment is None else round((moment - self.started) * 1000)


class Answer:
    """An answer being written in this process. Written by one thread, read and stopped by any."""

    def __init__(
        self,
        database: Database,
        key: str,
        number: int,
        *,
        turn_id: int | None,
        epoch: int = 1,
        failures_before: int = 0,
        sentences: Sequence[str] = (),
        keep_late: "Callable[[Session, Answer], None] | None" = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.key, self.number = key, number
        self.turn_id, self.epoch = turn_id, epoch
        self.failures_before = failures_before
        self.timing = Timing()
        self._database, self._clock = database, clock
        self._changed = threading.Condition()
        self._sentences = list(sentences)
        self._state = TurnState.WRITING
        self._ending: Ending | None = None
        self._servings: dict[tuple[int, int], ServedRecord] = {}
        self._on_stop: Callable[[], None] | None = None
        self._keep_late, self._kept = keep_late, turn_id is not None
        self._late: Callable[[Session], Any] | None = None

    # What readers do

    def read(self, start: int, wait_s: float) -> Reading:
        """Return what there is from `start` on, waiting up to `wait_s` seconds for the first of it."""
        with self._changed:
            self._changed.wait_for(
                lambda: len(self._sentences) > start or self._state is not TurnState.WRITING, wait_s
            )
            return Reading(tuple(self._sentences[start:]), start, self._state, self._ending, self.turn_id)

    def served(self, serving: ServedRecord) -> ServedRecord:
        """Remember what a request is given in this process; the first one stands."""
        with self._changed:
            return self._servings.setdefault((serving.start, serving.wait), serving)

    def stop(self, state: TurnState, sentences: Sequence[str] = (), ending: Ending | None = None) -> bool:
        """End it now with these last words; whoever writes it is woken and stops. False: it had ended."""
        with self._changed:
            if self._state is not TurnState.WRITING:
                return False
            self._sentences.extend(sentences)
            self._settle(state, ending)
            on_stop = self._on_stop
        if on_stop is not None:
            on_stop()
        return True

    # What its writer does

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was written so far."""
        with self._changed:
            return tuple(self._sentences)

    @property
    def state(self) -> TurnState:
        """Where it stands."""
        return self._state

    @property
    def ending(self) -> Ending | None:
        """What comes after its words, once it is complete."""
        return self._ending

    @contextlib.contextmanager
    def stopping(self, cancel: Callable[[], None]) -> Any:
        """While this lasts, `stop` also calls `cancel`, which must wake the writer.

        Raises AnswerStopped where the answer was stopped already.
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
        """Keep sentences, then let readers have them. Raises AnswerStopped where it is no longer ours."""
        written = [*self.sentences, *sentences]
        if self._kept:
            self._keep(
                lambda session, turn_id: turns.keep_sentences(
                    session, turn_id, self.epoch, written, self._clock()
                )
            )
        with self._changed:
            self._extend(sentences)
            self._changed.notify_all()

    def finish(
        self,
        state: TurnState,
        ending: Ending,
        sentences: Sequence[str] = (),
        also: Callable[[Session], None] | None = None,
        **values: Any,
    ) -> None:
        """Keep the end and the last sentences, with whatever else belongs in that transaction (`also`).

        Raises AnswerStopped where it is no longer ours; then nothing of this is kept.
        """
        values |= {"state": state, "ending": ending, "sentences": [*self.sentences, *sentences]}

        def write(session: Session, turn_id: int) -> bool:
            ours = turns.finish_turn(session, turn_id, self.epoch, finished_at=self._clock(), **values)
            if ours and also is not None:
                also(session)
            return ours

        self._keep(write)
        with self._changed:
            self._extend(sentences)
            self._settle(state, ending)
        if not self._kept:
            self._late = self._late_write(write)

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

    def _keep(self, write: Callable[[Session, int], bool]) -> None:
        if self.turn_id is None:
            return
        try:
            with self._database.write() as session:
                ours = write(session, self.turn_id)
        except SQLAlchemyError as error:
            self._kept = False
            log.error("answer_not_kept", turn=self.number, error=type(error).__name__)
            return
        self._kept = True
        if not ours:
            self.stop(TurnState.CANCELLED)
            raise AnswerStopped

    def _late_write(self, write: Callable[[Session, int], bool]) -> Callable[[Session], Any] | None:
        turn_id, keep_late = self.turn_id, self._keep_late
        if turn_id is not None:
            return lambda session: write(session, turn_id)
        return None if keep_late is None else lambda session: keep_late(session, self)

    @property
    def is_owed(self) -> bool:
        """Whether it was spoken from RAM and the database does not have it yet."""
        return self._late is not None

    def keep_what_is_owed(self) -> None:
        """Write what could not be written when it was said. Raises SQLAlchemyError while it still cannot."""
        if self._late is not None:
            with self._database.write() as session:
                self._late(session)
            self._late = None
            log.info("answer_kept_late", turn=self.number)


Revive = Callable[[Answer, TurnRecord], None]
"""Goes on writing an answer that was taken over, in a thread of its own."""


class Answers:
    """The answers of this process: finds them for readers, beats for them, takes over those left behind."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._database, self._clock = database, clock
        self._lock = threading.Lock()
        self._live: dict[tuple[str, int], Answer] = {}
        self._beating = False
        self._closed = threading.Event()

    def add(self, answer: Answer) -> Answer:
        """Take an answer in; return the one that is there where another request was quicker."""
        with self._lock:
            there = self._live.setdefault((answer.key, answer.number), answer)
            if not self._beating:
                self._beating = True
                threading.Thread(target=self._beat_forever, name="answers-beat", daemon=True).start()
        return there

    def find(self, key: str, number: int) -> Answer | None:
        """Return the answer where it is in this process."""
        return self._live.get((key, number))

    def of_conversation(self, key: str) -> list[Answer]:
        """Return this process's answers of a conversation."""
        with self._lock:
            return [answer for (owner, _), answer in self._live.items() if owner == key]

    def read(self, key: str, number: int, start: int, wait_s: float, revive: Revive) -> Reading | None:
        """Read an answer wherever it is written; None where nobody ever claimed that turn.

        `revive` continues one whose owner died.
        """
        deadline = time.monotonic() + wait_s
        while True:
            answer = self.find(key, number)
            if answer is not None:
                return answer.read(start, max(0.0, deadline - time.monotonic()))
            with self._database.read() as session:
                turn = turns.find_turn(session, key, number)
            if turn is None:
                return None
            if self._is_stale(turn) and self._revive(key, turn, revive):
                continue
            if turn.state is not TurnState.WRITING or len(turn.sentences) > start:
                return Reading(turn.sentences[start:], start, turn.state, turn.ending, turn.id)
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return Reading((), start, turn.state, None, turn.id)
            self._closed.wait(min(POLL_S, remaining))

    def serve(self, key: str, number: int, turn_id: int | None, serving: ServedRecord) -> ServedRecord:
        """Keep what a request is about to be given; return what the same request was given before, if it was."""
        answer = self.find(key, number)
        if answer is not None:
            serving = answer.served(serving)
        if turn_id is None:
            return serving
        try:
            with self._database.write() as session:
                return turns.serve_once(session, turn_id, serving)
        except SQLAlchemyError as error:
            log.error("serving_not_kept", turn=number, error=type(error).__name__)
            return serving

    def _is_stale(self, turn: TurnRecord) -> bool:
        return turn.state is TurnState.WRITING and self._clock() - turn.beat_at > timedelta(seconds=STALE_S)

    def _revive(self, key: str, turn: TurnRecord, revive: Revive) -> bool:
        with self._database.write() as session:
            epoch = turns.take_over(session, turn, self.owner, self._clock())
        if epoch is None:
            return False
        log.warning("answer_taken_over", turn=turn.number, epoch=epoch)
        answer = Answer(
            self._database,
            key,
            turn.number,
            turn_id=turn.id,
            epoch=epoch,
            failures_before=turn.failures,
            sentences=turn.sentences,
            clock=self._clock,
        )
        revive(self.add(answer), turn)
        return True

    def close(self) -> None:
        """Let go of what is being written, so that whoever is asked next need not wait for it to go stale."""
        self._closed.set()
        writing = self._writing()
        if not writing:
            return
        long_ago = self._clock() - timedelta(hours=1)
        try:
            with self._database.write() as session:
                turns.beat(session, [a.turn_id for a in writing if a.turn_id], self.owner, long_ago)
        except SQLAlchemyError as error:
            log.error("answers_not_released", count=len(writing), error=type(error).__name__)

    # The beat

    def _beat_forever(self) -> None:
        beat_at = 0.0
        while not self._closed.wait(CHECK_S):
            due = time.monotonic() - beat_at >= BEAT_S
            try:
                self._beat_once(due)
            except SQLAlchemyError as error:
                log.warning("beat_failed", error=type(error).__name__)
            if due:
                beat_at = time.monotonic()

    def _beat_once(self, due: bool) -> None:
        self._forget_old()
        writing = [answer for answer in self._writing() if answer.turn_id is not None]
        if writing:
            self.check(writing, beat=due)
        for answer in self._owed() if due else ():
            answer.keep_what_is_owed()

    def check(self, writing: Sequence[Answer], *, beat: bool) -> None:
        """Beat for these answers, and stop those that were stopped or taken over elsewhere."""
        by_id = {answer.turn_id: answer for answer in writing if answer.turn_id is not None}
        if beat:
            with self._database.write() as session:
                turns.beat(session, by_id, self.owner, self._clock())
        with self._database.read() as session:
            rows = turns.turns_by_id(session, by_id)
        for row in rows:
            if row.epoch != by_id[row.id].epoch:
                self._stopped_elsewhere(by_id[row.id], row)

    def _stopped_elsewhere(self, answer: Answer, row: TurnRecord) -> None:
        state = TurnState.CANCELLED if row.state is TurnState.WRITING else row.state
        answer.stop(state, row.sentences[len(answer.sentences) :], row.ending)
        with self._lock:
            self._live.pop((answer.key, answer.number), None)

    def _writing(self) -> list[Answer]:
        with self._lock:
            return [answer for answer in self._live.values() if answer.state is TurnState.WRITING]

    def _owed(self) -> list[Answer]:
        with self._lock:
            return [answer for answer in self._live.values() if answer.is_owed]

    def _forget_old(self) -> None:
        now = time.monotonic()
        with self._lock:
            for answer in list(self._live.values()):
                ended, keep_s = answer.timing.ended, FORGET_OWED_S if answer.is_owed else FORGET_S
                if ended is not None and now - ended > keep_s:
                    del self._live[answer.key, answer.number]
