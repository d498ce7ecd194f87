"""The job that deletes what is old: words after KEEP_DAYS, bookkeeping after a month."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from people.privacy.erasures import Erasures
from storage.base import utc_now
from storage.campaigns import drafts
from storage.database import Database
from storage.privacy import aging
from storage.privacy.people import person
from storage.reports.browser_sessions import forget_old

log = structlog.get_logger()

JOB = "forget_old"
EVERY_S = 6 * 3600.0


class Retention:
    """Deletes what is old. keep: the age of people's words; None: they are kept for ever."""

    def __init__(
        self,
        database: Database,
        erasures: Erasures,
        keep: timedelta | None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._erasures, self._keep, self._clock = database, erasures, keep, clock

    def run(self, _payload: dict[str, Any]) -> None:
        """Delete what is old by now, in short transactions. Raises SQLAlchemyError; it may be run again."""
        now = self._clock()
        for step in aging.bookkeeping_steps():
            aging.run_step(self._database, step, now - aging.BOOKKEPT)
        with self._database.write() as connection:
            aging.forget_tries(connection, now)
            forget_old(connection, now)
            drafts.forget_old(connection, now)
        if self._keep is not None:
            self._delete_words(now, now - self._keep)
        self._database.empty_log()

    def _delete_words(self, now: datetime, before: datetime) -> None:
        steps = [*aging.words_steps(now), *aging.summary_steps(before, now)]
        rows = sum(aging.run_step(self._database, step, before) for step in steps)
        contacts = self._forget_contacts(before, now)
        log.info("old_words_deleted", rows=rows, contacts=contacts)

    def _forget_contacts(self, before: datetime, now: datetime) -> int:
        """Delete the contacts who have said nothing for so long; whoever opted out stays so."""
        after = forgotten = 0
        while True:
            with self._database.read() as connection:
                ids = aging.idle_contacts(connection, before, now, after=after)
            if not ids:
                return forgotten
            forgotten += sum(self._forget(contact_id, before, now) for contact_id in ids)
            after = ids[-1]

    def _forget(self, contact_id: int, before: datetime, now: datetime) -> bool:
        with self._database.read() as connection:
            found = person(connection, contact_id)
        if found is None:
            return False
        opted_out = found.opted_out_at is not None
        if opted_out:
            self._erasures.record(found, now)
        with self._database.write() as connection:
            if not aging.is_idle(connection, contact_id, before, now):
                return False
            if opted_out:
                self._erasures.note(connection, found, now)
            task_id = self._erasures.begin(connection, found, now, is_known=False)
        self._erasures.finish({"task_id": task_id})
        return True
