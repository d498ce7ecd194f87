"""The answers of one process: lookup, heartbeats, and takeover of abandoned answers.

Readers in the process that writes an answer wait on it; readers in another one poll its row. New sentences of all
answers are written to their rows together, at most ten times a second; the reply to a request is written before it is
sent. The process that claimed a turn owns it under an epoch and sends a heartbeat every second. If the owner falls
silent, the next reader takes the answer over and continues after its last sentence.
"""

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from conversation.answers.answer import Answer, AnswerRow, Reading
from storage.base import utc_now
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
FORGET_S = 60.0
"""Seconds for which a finished answer stays readable from memory; afterwards it is read from its row."""
FORGET_WHOLE_S = 5.0
"""The same for an answer that is read once, when complete."""
FORGET_OWED_S = 900.0
"""Seconds of retrying to write an answer that could only be spoken from memory."""

Revive = Callable[[Answer, TurnRecord], None]
"""Continues writing an answer that was taken over, in its own thread."""


class Answers:
    """The answers of this process: finds them for readers, sends their heartbeats, takes over abandoned ones."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._database, self._clock = database, clock
        self._lock = threading.Lock()
        self._live: dict[tuple[str, int], Answer] = {}
        self._unkept: set[Answer] = set()
        self._new_words = threading.Event()
        self._beating = False
        self._closed = threading.Event()

    def add(self, answer: Answer) -> Answer:
        """Register an answer; return the existing one if another request was quicker."""
        with self._lock:
            there = self._live.setdefault((answer.key, answer.number), answer)
            there.when_words_come(self._words_came)
            if not self._beating:
                self._beating = True
                threading.Thread(target=self._beat_forever, name="answers-beat", daemon=True).start()
        return there

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
        return turn.state is TurnState.WRITING and self._clock() - turn.beat_at > timedelta(seconds=STALE_S)

    def _revive(self, key: str, turn: TurnRecord, revive: Revive) -> bool:
        with self._database.write() as connection:
            epoch = turns.take_over(connection, turn, self.owner, self._clock())
        if epoch is None:
            return False
        log.warning("answer_taken_over", turn=turn.number, epoch=epoch)
        answer = Answer(self._database, AnswerRow.of(key, turn, epoch), clock=self._clock)
        revive(self.add(answer), turn)
        return True

    def close(self) -> None:
        """Release unfinished answers, so that another process can take them over without waiting."""
        self._closed.set()
        self._new_words.set()
        writing = self._writing()
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

    def _beat_forever(self) -> None:
        checked_at = beat_at = time.monotonic()
        while not self._closed.is_set():
            if self._new_words.wait(max(0.0, checked_at + CHECK_S - time.monotonic())):
                self._closed.wait(KEEP_S)
                self._new_words.clear()
            now = time.monotonic()
            due = now - beat_at >= BEAT_S
            try:
                self._keep_words()
                if now - checked_at >= CHECK_S:
                    checked_at, beat_at = now, now if due else beat_at
                    self._beat_once(due)
            except SQLAlchemyError as error:
                log.warning("beat_failed", error=type(error).__name__)

    def _beat_once(self, due: bool) -> None:
        self._forget_old()
        writing = [answer for answer in self._writing() if answer.turn_id is not None]
        if writing:
            self.check(writing, heartbeat=due)
        for answer in self._owed() if due else ():
            answer.keep_what_is_owed()

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
                ended = answer.timing.ended
                if ended is not None and now - ended > _kept_s(answer):
                    del self._live[answer.key, answer.number]


def _kept_s(answer: Answer) -> float:
    """Return the seconds for which a finished answer stays in memory."""
    if answer.is_owed:
        return FORGET_OWED_S
    return FORGET_WHOLE_S if answer.whole else FORGET_S
