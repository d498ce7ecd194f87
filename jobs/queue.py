"""The queue of durable jobs: enqueued inside the transaction that requires them, and run by a worker.

It uses DBOS Transact (https://docs.dbos.dev/python), whose tables are in the application's own database: in the same
file on SQLite, in the schema "dbos" on Postgres. Only this module, jobs/job.py (retries), jobs/executor.py
(execution) and jobs/dbos_engine.py know of it.

A job may run twice, and must be harmless then. Jobs do not run in the order of enqueueing: a job names a subject to
look after ("the unsent messages of this contact"), and our tables keep the order.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from dbos import DBOS, DBOSClient, EnqueueOptions, WorkflowSerializationFormat, WorkflowStatus
from dbos import error as dbos_errors
from sqlalchemy import Connection, bindparam, column, literal_column, select, table, update

from jobs.dbos_engine import make_engine, unixepoch_everywhere
from storage.base import SKEW
from storage.database import Database

APPLICATION = "assistant"
WORKFLOW = "job"
QUEUE = "jobs"
ORDERED_QUEUE = "jobs-one-at-a-time"
QUEUES = {QUEUE: None, ORDERED_QUEUE: 1}
"""The queues, and the number of jobs of a partition that run at once."""
POLL_S = 0.2
CONCURRENCY = 8
"""Jobs of a queue that one worker runs at once."""
UNFINISHED = ("ENQUEUED", "DELAYED", "PENDING")
DONE = ("SUCCESS", "CANCELLED")
FAILED = ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")

# As much as we need of DBOS's table of jobs (https://docs.dbos.dev/explanations/system-tables).
_COLUMNS = (
    "workflow_uuid",
    "status",
    "queue_name",
    "queue_partition_key",
    "deduplication_id",
    "executor_id",
    "owner_xid",
    "started_at_epoch_ms",
    "created_at",
    "delay_until_epoch_ms",
)


class JobFailed(Exception):
    """A job was given up. The message names it and the error, without any words of its payload."""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as stored: its name, payload and attempt."""

    job: str
    payload: dict[str, Any]
    key: str | None = None
    partition: str | None = None
    attempt: int = 1

    @property
    def queue(self) -> str:
        """Its queue; partitions have one of their own."""
        return QUEUE if self.partition is None else ORDERED_QUEUE


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A job that was given up. why: the error's type, and the provider's code if there was one."""

    job_id: str
    order: JobRecord
    at: datetime
    why: str


class Work:
    """Enqueues jobs. Thread-safe; opens nothing until the first job, and starts no thread."""

    def __init__(self, database: Database) -> None:
        quieten_dbos()
        self.database = database
        self.client = DBOSClient(
            system_database_engine=database.engine, application_name=APPLICATION, lazy=True
        )
        schema = None if database.is_sqlite else "dbos"
        self._rows = table("workflow_status", *map(column, _COLUMNS), schema=schema)
        self._holder = (
            select(self._rows.c.workflow_uuid)
            .where(
                self._rows.c.queue_name == bindparam("queue"),
                self._rows.c.deduplication_id == bindparam("deduplication_id"),
            )
            .with_for_update(read=True)
        )

    def enqueue(
        self,
        connection: Connection,
        job: str,
        payload: dict[str, Any],
        *,
        key: str | None = None,
        partition: str | None = None,
        delay_s: float = 0,
    ) -> None:
        """Enqueue a job in the caller's transaction: it runs if that commits, and not if it rolls back.

        payload: plain JSON; ids only, for everything else belongs in our tables.
        key: while a job of this name and key waits, enqueueing another changes nothing. The key is free again when the
        job starts, so that later events are not overlooked.
        partition: jobs with the same value run one at a time, over all workers.
        delay_s: seconds before it starts, to within one second.
        Raises TypeError if the payload is not JSON.
        """
        order = JobRecord(job, payload, key, partition)
        self._hand_over(connection, order, delay_s)

    def enqueue_again(self, job_id: str, order: JobRecord, *, delay_s: float) -> None:
        """Put a job back, in its own transaction. Idempotent."""
        first, _, times = job_id.partition(".")
        with self.database.write() as connection:
            self._hand_over(connection, order, delay_s, job_id=f"{first}.{int(times or 0) + 1}")

    def free_key(self, job_id: str) -> None:
        """Free a job's key: the next job of the same key is enqueued separately."""
        mine = self._rows.c.workflow_uuid == job_id
        with self.database.write() as connection:
            connection.execute(update(self._rows).where(mine).values(deduplication_id=None))

    def is_partition_busy(self, job_id: str, partition: str) -> bool:
        """Return whether another job of the partition is running, on any worker."""
        rows = self._rows
        others = select(rows.c.workflow_uuid).where(
            rows.c.queue_name == ORDERED_QUEUE,
            rows.c.queue_partition_key == partition,
            rows.c.status == "PENDING",
            rows.c.workflow_uuid != job_id,
        )
        with self.database.read() as connection:
            return connection.scalar(others.limit(1)) is not None

    def has_jobs(self, connection: Connection, partition: str) -> bool:
        """Return whether a job of a partition waits or runs."""
        rows = self._rows
        theirs = select(rows.c.workflow_uuid).where(
            rows.c.queue_name == ORDERED_QUEUE,
            rows.c.queue_partition_key == partition,
            rows.c.status.in_(UNFINISHED),
        )
        return connection.scalar(theirs.limit(1)) is not None

    def slots_with_jobs(self, connection: Connection) -> list[str]:
        """Return the slots with running jobs, including those of dead workers."""
        in_hand = select(self._rows.c.executor_id).where(self._rows.c.status == "PENDING")
        return list(connection.scalars(in_hand.distinct()))

    def put_back(self, connection: Connection, slot: str) -> int:
        """Put the running jobs of a slot back in the queue; return their number. Only for the lease's holder."""
        in_hand = (self._rows.c.status == "PENDING", self._rows.c.executor_id == slot)
        waiting = {"status": "ENQUEUED", "owner_xid": None, "started_at_epoch_ms": None}
        put_back = update(self._rows).where(*in_hand).values(waiting).returning(self._rows.c.workflow_uuid)
        return len(connection.scalars(put_back).all())

    def bring_forward(self, now: datetime) -> int:
        """Have delayed jobs wait for as long as they were to, since the clock was put back; return their number."""
        rows, now_ms = self._rows, int(now.timestamp() * 1000)
        from_the_future = (
            rows.c.status == literal_column("'DELAYED'"),
            rows.c.created_at > now_ms + int(SKEW.total_seconds() * 1000),
        )
        with self.database.read() as connection:
            if connection.scalar(select(rows.c.workflow_uuid).where(*from_the_future).limit(1)) is None:
                return 0
        due_ms = rows.c.delay_until_epoch_ms - rows.c.created_at + now_ms
        brought = update(rows).where(*from_the_future).values(delay_until_epoch_ms=due_ms, created_at=now_ms)
        with self.database.write() as connection:
            return connection.execute(brought).rowcount

    def delete_finished(self, statuses: Sequence[str], *, before: datetime, limit: int = 100) -> int:
        """Delete jobs that ended before a time; return their number. One short transaction: call it until 0."""
        ended = self.client.list_workflows(
            status=list(statuses),
            completed_before=before.isoformat(),
            limit=limit,
            load_input=False,
            load_output=False,
        )
        if ended:
            self.client.delete_workflows([row.workflow_id for row in ended])
        return len(ended)

    def dead_letters(self, job: str) -> list[DeadLetter]:
        """Return the stored jobs of a name that were given up, oldest first."""
        rows = self.client.list_workflows(status=list(FAILED), name=WORKFLOW)
        return [found for row in rows if row.input and (found := _given_up(row)).order.job == job]

    def take_up_again(self, dead_letter: DeadLetter) -> None:
        """Put a job that was given up back in the queue, with its full number of attempts."""
        order = dead_letter.order
        with self.database.write() as connection:
            self.enqueue(connection, order.job, order.payload, key=order.key, partition=order.partition)
        self.client.delete_workflow(dead_letter.job_id)

    def close(self) -> None:
        """Close DBOS's resources; leave the database open."""
        self.client.destroy()

    def _hand_over(
        self, connection: Connection, order: JobRecord, delay_s: float, job_id: str | None = None
    ) -> None:
        options = _options(order, delay_s, job_id)
        if order.key is None:
            self.client.enqueue_in_transaction(connection, options, **asdict(order))
            return
        # Usually one waits already, and a look costs a tenth of a refused insert.
        while not self._is_waiting(connection, options):
            if self._claim_key(connection, options, order):
                return

    def _claim_key(self, connection: Connection, options: EnqueueOptions, order: JobRecord) -> bool:
        # In a savepoint, because on Postgres the error would take the caller's transaction with it. SQLite has one
        # writer at a time: a key that nobody was seen to hold is free.
        if self.database.is_sqlite:
            self.client.enqueue_in_transaction(connection, options, **asdict(order))
            return True
        try:
            with connection.begin_nested():
                self.client.enqueue_in_transaction(connection, options, **asdict(order))
        except dbos_errors.DBOSQueueDeduplicatedError:
            return False
        return True

    def _is_waiting(self, connection: Connection, options: EnqueueOptions) -> bool:
        # The lock keeps the job that has the key from starting before this transaction ends: it then finds
        # what this transaction writes. SQLite has one writer at a time, and needs none.
        which = {"queue": options["queue_name"], "deduplication_id": options["deduplication_id"]}
        return connection.scalar(self._holder, which) is not None


def _given_up(row: WorkflowStatus) -> DeadLetter:
    assert row.input is not None
    order = JobRecord(**row.input["kwargs"])
    at = datetime.fromtimestamp((row.updated_at or 0) / 1000, UTC)
    why = str(getattr(row.error, "message", row.error or ""))
    return DeadLetter(row.workflow_id, order, at, why.removeprefix(f"{order.job}: "))


def _options(order: JobRecord, delay_s: float, job_id: str | None) -> EnqueueOptions:
    options: EnqueueOptions = {
        "workflow_name": WORKFLOW,
        "queue_name": order.queue,
        "serialization_type": WorkflowSerializationFormat.PORTABLE,
    }
    if job_id is not None:
        options["workflow_id"] = job_id
    if order.key is not None:
        options["deduplication_id"] = f"{order.job}:{order.key}"
    if order.partition is not None:
        options["queue_partition_key"] = order.partition
    if delay_s > 0:
        options["delay_seconds"] = delay_s
    return options


def prepare(database_url: str) -> None:
    """Create or migrate DBOS's tables, and register our queues. Idempotent; safe beside running processes."""
    quieten_dbos()
    with unixepoch_everywhere():  # DBOS.migrate makes an engine of its own
        DBOS.migrate(database_url)
    engine = make_engine(database_url)
    client = DBOSClient(system_database_engine=engine, application_name=APPLICATION, lazy=True)
    try:
        for queue, partition_concurrency in QUEUES.items():
            client.register_queue(
                queue,
                worker_concurrency=CONCURRENCY,
                partition_concurrency=partition_concurrency,
                polling_interval_sec=POLL_S,
            )
    finally:
        client.destroy()
        engine.dispose()


def quieten_dbos() -> None:
    """Make DBOS log through the program's own logging, from warnings upwards, and without messages' words."""
    logger = logging.getLogger("dbos")
    if logger.handlers:
        return
    logger.addHandler(logging.NullHandler())  # with none, DBOS would add one that writes to the terminal
    logger.setLevel(logging.WARNING)
    logger.addFilter(_without_words)


def _without_words(record: logging.LogRecord) -> bool:
    """Drop errors that we have logged ourselves; of others keep the type, for messages can hold words."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, JobFailed):
        return False
    if error is not None:
        record.msg, record.args = f"{record.getMessage()} {type(error).__name__}", ()
        record.exc_info = record.exc_text = None
    return True
