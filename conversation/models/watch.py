"""Notes whether the language model answers, where every process sees it, and has the owner told once if it does not."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from integrations.errors import IntegrationError
from jobs.queue import Work
from storage import model_failures
from storage.after_commit import after_commit
from storage.base import utc_now
from storage.database import Database

log = structlog.get_logger()

JOB = "tell_owner"
TOLD_FROM = 3
"""Answers in a row that fail before the owner is told; at once of what does not pass by itself."""
TOLD_AGAIN_AFTER = timedelta(days=1)
LOOK_EVERY_S = 5.0


class Failure(StrEnum):
    """Why no model answers, as far as the owner can do something about it."""

    KEY = "key"
    """The server refuses the key."""
    QUOTA = "quota"
    """The account has no credit left."""
    OTHER = "other"


class ModelWatch(Protocol):
    """Is told how answers end. Neither method raises."""

    def failed(self, error: Exception) -> None:
        """Note an answer that no model gave."""
        ...

    def worked(self) -> None:
        """Note an answer that a model gave."""
        ...


class NullModelWatch:
    """Notes nothing."""

    def failed(self, error: Exception) -> None:
        """Do nothing."""

    def worked(self) -> None:
        """Do nothing."""


NO_WATCH = NullModelWatch()


class ModelFailures:
    """Counts in the database the answers that no model gave, until one does."""

    def __init__(self, database: Database, work: Work, clock: Callable[[], datetime] = utc_now) -> None:
        self._database, self._work, self._clock = database, work, clock
        self._looked_at = float("-inf")
        self._when_away: list[Callable[[], object]] = []

    def when_away(self, do: Callable[[], object]) -> None:
        """Call a function after each answer that failed because the model's server was not there."""
        self._when_away.append(do)

    def failed(self, error: Exception) -> None:
        """Count a failed answer, and have the owner told if it is time."""
        if is_away(error):
            for do in self._when_away:
                do()
        self._looked_at = float("-inf")

        def note(connection: Connection) -> None:
            now = self._clock()
            model_failures.note_failure(connection, kind_of(error), str(error), now)
            found = model_failures.failing(connection)
            is_lasting = isinstance(error, IntegrationError) and error.permanent
            if found is None or not (is_lasting or found.answers >= TOLD_FROM):
                return
            if model_failures.begin_telling(connection, now, again_after=TOLD_AGAIN_AFTER):
                self._work.enqueue(connection, JOB, {}, key="model")

        self._write(note)

    def worked(self) -> None:
        """End what was noted of failures. Looks at the database every few seconds at most."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = now
        try:
            with self._database.read() as connection:
                found = model_failures.failing(connection)
        except SQLAlchemyError as error:
            log.warning("model_failures_not_read", error=type(error).__name__)
            return
        if found is not None:
            self._write(lambda connection: self._end(connection, found.answers))

    def _end(self, connection: Connection, answers: int) -> None:
        model_failures.note_success(connection)
        after_commit(connection, log.info, "model_answers_again", failed=answers)

    def _write(self, note: Callable[[Connection], None]) -> None:
        try:
            with self._database.write() as connection:
                note(connection)
        except SQLAlchemyError as error:
            log.error("model_failures_not_written", error=type(error).__name__)


def is_away(error: Exception) -> bool:
    """Return whether the model's server was not there, or said that it is not ready."""
    return isinstance(error, IntegrationError) and (error.code == "connection" or error.status in (502, 503))


def kind_of(error: Exception) -> Failure:
    """Return why no model answers."""
    if isinstance(error, IntegrationError):
        if error.code == "insufficient_quota" or error.status == 402:
            return Failure.QUOTA
        if error.status in (401, 403):
            return Failure.KEY
    return Failure.OTHER
