"""The answers of one process: lookup, heartbeats, and takeover of abandoned answers.

Readers in the process that writes an answer wait on it; readers in another one poll its row. New sentences of all
answers are written to their rows together, at most ten times a second; the reply to a request is written before it is
sent. The process that claimed a turn owns it under an epoch and sends a heartbeat every second. If the owner falls
silent, the next reader takes the answer over and continues after its last sentence.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from common.backoff import Backoff
from common.loops import Loop
from common.process_name import process_name
from conversation.answers.answer import Answer, AnswerRow, Reading
from conversation.answers.late_writes import FORGET_OWED_S, LateWrites
from storage.base import is_near, utc_now
from storage.database import Database
from storage.models import TurnState
from storage.queries import turns
from storage.queries.turns import ServedRecord, TurnRecord

log = structlog.get_logger()

KEEP_S = 0.1
"""Seconds for which new sentences wait to be written together: one transaction each would form a queue."""
BEAT_S = 1.0
CHECK_S = 0.5
STALE_S = 3.0
POLL_S = 0.05
LATE_AFTER_S = 30.0
LONGEST_SILENCE_S = 60.0
"""Seconds between two lines of the log about rounds that fail."""
FORGET_S = 60.0
"""Seconds for which a finished answer stays readable from memory; afterwards it is read from its row."""
FORGET_WHOLE_S = 5.0
"""The same for an answer that is read once, when complete."""

Revive = Callable[[Answer, TurnRecord], None]
"""Continues writing an answer that was taken over, in its own thread."""


class Answers:
    """The answers of this process: finds them for readers, sends their heartbeats, takes over abandoned ones."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.owner = process_name()
        self._database, self._clock = database, clock
        self._lock = threading.Lock()
        self._live: dict[tuple[str, int], Answer] = {}
        self._unkept: set[Answer] = set()
        self._late, self._keeping = LateWrites(database), threading.Lock()
        self._new_words = threading.Event()
        self._loop: Loop | None = None
        self._silence = Backoff(first_s=BEAT_S, longest_s=LONGEST_SILENCE_S)
        self._checked_at = self._beat_at = 0.0
        self._closed = threading.Event()

    def add(self, answer: Answer) -> Answer:
        """Register an answer; return the existing one if another request was quicker."""
        with self._lock:
            self._begin_beating()
            there = self._live.setdefault((answer.key, answer.number), answer)
            there.when_words_come(self._words_came)
        return there

    @contextmanager
    def beginning(self, answer: Answer) -> Iterator[None]:
        """Forget an answer whose beginning fails: without heartbeats, its next reader takes it over."""
        try:
            yield
        except BaseException:
            self._forget(answer)
            raise

    def _begin_beating(self) -> None:
        if self._loop is None:
            self._checked_at = self._beat_at = time.monotonic()
            loop = Loop("answers-beat", self._beat, longest_pause_s=BEAT_S, late_after_s=LATE_AFTER_S)
            self._loop = loop.start()

    def keep_later(self, key: str, write: Callable[[Connection], None]) -> None:
        """Have something of a conversation written once the database can be, after what is owed of its answers."""
        self._late.add(key, write)
        with self._lock:
            self._begin_beating()

    def owes(self, key: str) -> bool:
        """Return True while something of a conversation is to be written later."""
        return self._late.has(key) or any(answer.is_owed for answer in self.of_conversation(key))

    def find(self, key: str, number: int) -> Answer | None:
        """Return the answer if this process has it."""
        return self._live.get((key, number))

    def of_conversation(self, key: str) -> list[Answer]:
        """Return this process's answers of a conversation."""
        with self._lock:
            return [answer for (owner, _), answer in self._live.items() if owner == key]

    def read(self, key: str, number: int, start: int, wait_s: float, revive: Revive) -> Reading | None:
        """Read an answer, whichever process writes it; return None if its turn was never claimed.

        `revive` continues an answer whose owner died.
        """
        deadline = time.monotonic() + wait_s
        while True:
            answer = self.find(key, number)
            if answer is not None:
                return answer.read(start, max(0.0, deadline - time.monotonic()))
            with self._database.read() as connection:
                turn = turns.find_turn(connection, key, number)
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

    def serve(self, key: str, number: int, turn_id: int | None, serving: ServedRecord) -> ServedRecord | None:
        """Write the reply to a request, words included; return the earlier reply if there was one.

        Return None if the words no longer belong to this process: read again.
        """
        answer = self.find(key, number)
        if answer is not None:
            serving = answer.served(serving)
        if turn_id is None:
            return serving
        try:
            return self._serve_row(answer, turn_id, serving)
        except SQLAlchemyError as error:
            log.error("serving_not_kept", turn=number, error=type(error).__name__)
            return serving

    def _serve_row(self, answer: Answer | None, turn_id: int, serving: ServedRecord) -> ServedRecord | None:
        def keep(connection: Connection) -> tuple[int | None, ServedRecord | None]:
            kept = 0 if answer is None else answer.keep_words(connection, serving.upto)
            return kept, turns.serve_once(connection, turn_id, serving) if kept is not None else None

        kept, stands = self._database.run(keep)
        if answer is not None and kept is not None:
            answer.kept(kept)
        elif answer is not None:
            self.check([answer], heartbeat=False)
        return stands

    def _is_stale(self, turn: TurnRecord) -> bool:
        return turn.state is TurnState.WRITING and not is_near(
            turn.beat_at, self._clock(), timedelta(seconds=STALE_S)
        )

    def _revive(self, key: str, turn: TurnRecord, revive: Revive) -> bool:
        with self._database.write() as connection:
            epoch = turns.take_over(connection, turn, self.owner, self._clock())
        if epoch is None:
            return False
        log.warning("answer_taken_over", turn=turn.number, epoch=epoch)
        answer = self.add(Answer(self._database, AnswerRow.of(key, turn, epoch), clock=self._clock))
        with self.beginning(answer):
            revive(answer, turn)
        return True

    def close(self) -> None:
        """Release unfinished answers, so that another process can take them over without waiting."""
        self._closed.set()
        self._new_words.set()
        writing = self._writing()
        try:
            self._keep_owed(is_last=True)
        except SQLAlchemyError as error:
            log.error("owed_not_kept", error=type(error).__name__)
        if not writing:
            return
        long_ago = self._clock() - timedelta(hours=1)
        try:
            self._keep_words()
            with self._database.write() as connection:
                turns.heartbeat(connection, [a.turn_id for a in writing if a.turn_id], self.owner, long_ago)
        except SQLAlchemyError as error:
            log.error("answers_not_released", count=len(writing), error=type(error).__name__)

    # Words

    def _words_came(self, answer: Answer) -> None:
        with self._lock:
            self._unkept.add(answer)
        if not answer.whole:  # else they are kept at the next check: nobody waits for them
            self._new_words.set()

    def _keep_words(self) -> None:
        """Write the new sentences of all answers in one transaction; stop the answers that are no longer ours."""
        with self._lock:
            unkept, self._unkept = {answer for answer in self._unkept if answer.is_unkept}, set()
        if not unkept:
            return
        try:
            with self._database.write() as connection:
                kept = {answer: answer.keep_words(connection) for answer in unkept}
        except SQLAlchemyError:
            with self._lock:
                self._unkept |= {answer for answer in unkept if answer.state is TurnState.WRITING}
            raise
        for answer, count in kept.items():
            if count is not None:
                answer.kept(count)
        self.check([answer for answer, count in kept.items() if count is None], heartbeat=False)

    # The heartbeat

    def _beat(self) -> bool:
        """Do one round: write new words, and at times look at all answers; return False once closed."""
        if self._new_words.wait(max(0.0, self._checked_at + CHECK_S - time.monotonic())):
            self._closed.wait(KEEP_S)
            self._new_words.clear()
        if self._closed.is_set():
            return False
        now = time.monotonic()
        due = now - self._beat_at >= BEAT_S
        try:
            self._keep_words()
            if now - self._checked_at >= CHECK_S:
                self._checked_at, self._beat_at = now, now if due else self._beat_at
                self._beat_once(due)
        except SQLAlchemyError as error:
            if self._silence.is_due:
                log.warning("beat_failed", error=type(error).__name__)
                self._silence.failed()
        else:
            if due:  # other rounds may have nothing to write
                self._silence.succeeded()
        return True

    def _beat_once(self, due: bool) -> None:
        self._forget_old()
        writing = [answer for answer in self._writing() if answer.turn_id is not None]
        if writing:
            self.check(writing, heartbeat=due)
        if due:
            self._keep_owed()

    def _keep_owed(self, *, is_last: bool = False) -> None:
        with self._keeping:  # the loop may be at it when the process ends
            for answer in self._owed():
                answer.keep_what_is_owed(is_last=is_last)
            self._late.run(is_last=is_last)

    def check(self, writing: Sequence[Answer], *, heartbeat: bool) -> None:
        """Send a heartbeat for these answers; stop those that were stopped or taken over elsewhere."""
        by_id = {answer.turn_id: answer for answer in writing if answer.turn_id is not None}
        if heartbeat:
            with self._database.write() as connection:
                turns.heartbeat(connection, by_id, self.owner, self._clock())
        if not by_id:
            return
        with self._database.read() as connection:
            epochs = turns.epochs(connection, by_id)
            lost = [turn_id for turn_id, epoch in epochs.items() if epoch != by_id[turn_id].epoch]
            rows = turns.turns_by_id(connection, lost) if lost else []
        for row in rows:
            self._stopped_elsewhere(by_id[row.id], row)
        for turn_id in by_id.keys() - epochs.keys():
            self._erased(by_id[turn_id])

    def _stopped_elsewhere(self, answer: Answer, row: TurnRecord) -> None:
        state = TurnState.CANCELLED if row.state is TurnState.WRITING else row.state
        answer.stop(state, row.sentences[len(answer.sentences) :], row.ending)
        self._forget(answer)

    def _erased(self, answer: Answer) -> None:
        """Stop an answer whose turn is gone: the person was erased."""
        answer.stop(TurnState.CANCELLED, (), None)
        self._forget(answer)

    def _forget(self, answer: Answer) -> None:
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
                ended = answer.timing.ended
                if ended is not None and now - ended > _kept_s(answer):
                    del self._live[answer.key, answer.number]


def _kept_s(answer: Answer) -> float:
    """Return the seconds for which a finished answer stays in memory."""
    if answer.is_owed:
        return FORGET_OWED_S
    return FORGET_WHOLE_S if answer.whole else FORGET_S
