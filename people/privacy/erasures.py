"""Erases people: from the database at once, then from Chatwoot, 360dialog's contact book and the CRM by jobs.

The erasure is noted first, as keyed hashes in a file and in a table. A backup that is put back is older than the notes
that the file has and it has not: whoever is in them is erased again.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from jobs.queue import Work
from storage.after_commit import after_commit
from storage.base import utc_now
from storage.database import Database
from storage.privacy import tasks
from storage.privacy.digests import Digests
from storage.privacy.erasing import begin_erasing, finish_erasing
from storage.privacy.erasures import every_erasure, note_erasure
from storage.privacy.people import Person, is_shown, people_after, person
from storage.privacy.record_file import Erased, RecordFile
from storage.privacy.tasks import Place, TaskState

log = structlog.get_logger()

JOB, ELSEWHERE, CRM_JOB = "erase", "erase_elsewhere", "crm"
FINISHED_WITHIN_S = 60.0
"""Seconds after which a worker finishes an erasure that was begun."""
PAGE = 500


class Erasures:
    """Erases contacts. places: where they are erased besides here, as far as it is set up."""

    def __init__(
        self,
        database: Database,
        work: Work,
        digests: Digests,
        record: RecordFile,
        *,
        places: Collection[Place] = (),
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._work, self._digests, self._record = database, work, digests, record
        self._places, self._clock = frozenset(places), clock

    def erase(self, contact_ids: Sequence[int]) -> list[int]:
        """Erase contacts; return the ids of the tasks that are left to jobs. Raises OSError and SQLAlchemyError.

        It may be called again after an error.
        """
        now = self._clock()
        with self._database.read() as connection:
            people = [found for each in contact_ids if (found := person(connection, each)) is not None]
        for each in people:
            self.record(each, now)
        left: list[int] = []
        for each in people:
            with self._database.write() as connection:
                self.note(connection, each, now)
                begun = self.begin(connection, each, now)
                left += self._tell(connection, each, now)
            self.finish({"task_id": begun})
        return left

    def begin(self, connection: Connection, erased: Person, now: datetime, *, is_known: bool = True) -> int:
        """Take a contact out of reach in the caller's transaction; return the id of the task that deletes the rest.

        is_known: others may have been told of them: their number and name are looked for everywhere.
        """
        nobody = begin_erasing(connection, erased.contact_id, now)
        details: dict[str, Any] = {"nobody": nobody, "texts": [], "words": []}
        if is_known:
            details |= {"texts": list(erased.texts), "words": list(_words(erased))}
        task_id = tasks.add_task(connection, Place.HERE, erased.contact_id, details, now)
        self._work.enqueue(connection, JOB, {"task_id": task_id}, key=f"{task_id}", delay_s=FINISHED_WITHIN_S)
        after_commit(connection, log.info, "contact_erased", contact_id=erased.contact_id)
        return task_id

    def finish(self, payload: dict[str, Any]) -> None:
        """Delete what is left of a contact. Raises SQLAlchemyError."""
        with self._database.read() as connection:
            task = tasks.waiting_task(connection, int(payload["task_id"]))
        if task is None:
            return
        details = task.details
        finish_erasing(
            self._database, task.contact_id, details["nobody"], words=details["words"], texts=details["texts"]
        )
        with self._database.write() as connection:
            tasks.end_task(connection, task.id, TaskState.DONE, self._clock())

    def reconcile(self) -> int:
        """Make the file and the table one, and erase again whoever came back with a backup; return how many.

        What the table has was erased with it: people are compared with what it lacks, and with nothing otherwise.
        Raises OSError and SQLAlchemyError.
        """
        in_file = self._record.read()
        with self._database.read() as connection:
            in_table = every_erasure(connection)
        missing = _newer(in_file, in_table)
        self._record.add(_newer(in_table, in_file))
        again = self._erase_again({entry.digest: entry for entry in missing})
        if missing:  # noted last: whoever dies before has everybody compared again
            with self._database.write() as connection:
                for entry in missing:
                    note_erasure(connection, entry)
        if again:
            log.warning("erased_again", count=again)
        return again

    def reconcile_at_start(self) -> None:
        """Do the same, and log what fails: the program starts all the same."""
        try:
            self.reconcile()
        except (OSError, ValueError, SQLAlchemyError) as error:
            log.error("erasures_not_reconciled", error=type(error).__name__)

    def note(self, connection: Connection, erased: Person, now: datetime) -> None:
        """Note an erasure in the table; `record` has it by then."""
        for entry in self._entries(erased, now):
            note_erasure(connection, entry)

    def record(self, erased: Person, now: datetime) -> None:
        """Note an erasure in the file. Raises OSError."""
        self._record.add(self._entries(erased, now))

    def _erase_again(self, known: dict[str, Erased]) -> int:
        after = again = 0
        while known:
            with self._database.read() as connection:
                people = people_after(connection, after, PAGE)
            if not people:
                break
            for each in people:
                if self._was_erased(each, known):
                    again += self._erase_now(each.contact_id)
            after = people[-1].contact_id
        return again

    def _was_erased(self, found: Person, known: dict[str, Erased]) -> bool:
        entries = [known.get(digest) for digest in self._digests.of_all(found.identities)]
        return any(entry is not None and found.created_at <= entry.erased_at for entry in entries)

    def _erase_now(self, contact_id: int) -> bool:
        with self._database.write() as connection:
            found = person(connection, contact_id)
            if found is None:
                return False
            task_id = self.begin(connection, found, self._clock())
        self.finish({"task_id": task_id})
        return True

    def _entries(self, erased: Person, now: datetime) -> list[Erased]:
        opted_out = erased.opted_out_at is not None
        return [Erased(digest, now, opted_out) for digest in self._digests.of_all(erased.identities)]

    def _tell(self, connection: Connection, erased: Person, now: datetime) -> list[int]:
        """Queue the jobs that erase a contact elsewhere; return their tasks."""
        details: dict[Place, dict[str, Any]] = {}
        if erased.source_id:
            details[Place.CHATWOOT] = {"source_id": erased.source_id}
        if erased.user_id:
            details[Place.DIALOG360] = {"user_id": erased.user_id}
        details[Place.CRM] = {
            "name": erased.name, "phone": erased.address if is_shown(erased.address) else None
        }  # fmt: skip
        if erased.simulated:
            details = {}
        return [
            self._queue(connection, place, erased.contact_id, each, now)
            for place, each in details.items()
            if place in self._places
        ]

    def _queue(
        self, connection: Connection, place: Place, contact_id: int, details: dict[str, Any], now: datetime
    ) -> int:
        task_id = tasks.add_task(connection, place, contact_id, details, now)
        if place is Place.CRM:
            self._work.enqueue(
                connection, CRM_JOB, {"kind": "erased", "id": task_id}, key=f"erased:{task_id}"
            )
        else:
            # After whatever is being shown of them: it would make the contact anew
            self._work.enqueue(
                connection,
                ELSEWHERE,
                {"task_id": task_id},
                key=f"{task_id}",
                partition=f"mirror:{contact_id}",
            )
        return task_id


def _words(erased: Person) -> list[str]:
    """Return what tells a seller's message about somebody from other messages."""
    return [word for word in (erased.name, *erased.texts) if len(word) > 1]


def _newer(entries: dict[str, Erased], known: dict[str, Erased]) -> list[Erased]:
    """Return the entries that others do not know, or know an older one of."""
    return [
        entry
        for digest, entry in entries.items()
        if digest not in known or known[digest].erased_at < entry.erased_at
    ]
