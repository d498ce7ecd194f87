"""Collects the metrics for Prometheus from all processes and the database (docs/metrics.md)."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import structlog
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from conversation.ledger import CEILINGS, COUNTED_ALONE, Ledger
from conversation.metrics import ANSWERS, Counter, Metrics
from conversation.observers import NullObserver
from jobs.backlog import QueueAge, queue_ages
from jobs.leases import is_worker_alive
from observability.prometheus import PrometheusMetrics
from observability.vitals import Findings, Vitals
from storage import model_failures
from storage.after_commit import after_commit
from storage.base import utc_now
from storage.database import Database
from storage.models import MessageStatus, TurnState
from storage.processes import LateProcess, late_processes
from storage.queries.contacts import Recipient
from storage.reports.ceilings import refused_by_kind

log = structlog.get_logger()

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

REQUESTS = Counter("assistant_requests", "Requests by route and HTTP status.", ("route", "status"))
MESSAGES = Counter("assistant_whatsapp_messages", "WhatsApp messages of conversations.", ("direction",))
RECEIPTS = Counter("assistant_receipts", "What became of WhatsApp messages of ours, as told.", ("status",))


class MessageCounts(NullObserver):
    """Counts WhatsApp messages and receipts, as an observer of conversations."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def message(
        self, connection: Connection, message_id: int, now: datetime, *, sender: Recipient | None = None
    ) -> None:
        """Count a message that came in or is about to be sent."""
        after_commit(connection, self._metrics.count, MESSAGES, "out" if sender is None else "in")

    def receipt(
        self, connection: Connection, message_id: int, status: MessageStatus, code: int | None, now: datetime
    ) -> None:
        """Count a receipt."""
        after_commit(connection, self._metrics.count, RECEIPTS, status)


class Exposition(Collector):
    """The metrics for Prometheus: the sums of all processes, and the database's current figures.

    has_model: False: the offline model answers, and what was noted of another one before is not told.
    """

    def __init__(
        self,
        metrics: PrometheusMetrics,
        database: Database,
        ledger: Ledger,
        vitals: Vitals,
        *,
        has_model: bool = True,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.metrics, self._database, self._ledger = metrics, database, ledger
        self._vitals, self._has_model, self._clock = vitals, has_model, clock

    def begin(self) -> None:
        """Open the files before the first call, and set the counters behind alerts to 0.

        Prometheus sees no increase in a counter that first appears as 1.
        """
        begun: list[tuple[Counter, tuple[str, ...]]] = [(RECEIPTS, (status,)) for status in _RECEIPTS]
        begun += [(MESSAGES, (direction,)) for direction in ("in", "out")]
        begun += [(ANSWERS, (channel, state)) for channel in ("phone", "whatsapp") for state in _OUTCOMES]
        for counter, labels in begun:
            self.metrics.count(counter, *labels, by=0)

    def text(self) -> bytes:
        """Return the metrics in Prometheus' text format (CONTENT_TYPE)."""
        return generate_latest(self)

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics, without the queues if the database cannot be read."""
        yield from self.metrics.collect()
        now = self._clock()
        yield from _disk_gauges(self._vitals.found)
        try:
            with self._database.read() as connection:
                queues, is_alive = queue_ages(connection, now), is_worker_alive(connection, now)
                refused = refused_by_kind(connection, self._ledger.day(now))
                late = late_processes(connection, now)
                failing = model_failures.failing(connection) if self._has_model else None
        except SQLAlchemyError as error:
            log.error("metrics_database", error=type(error).__name__)
            yield GaugeMetricFamily("assistant_database_up", _DATABASE_UP, 0)
            return
        yield GaugeMetricFamily("assistant_database_up", _DATABASE_UP, 1)
        yield GaugeMetricFamily("assistant_worker_up", "Whether a worker gives signs of life.", int(is_alive))
        yield GaugeMetricFamily(
            "assistant_model_failing_seconds",
            "Since when no answer of a model succeeded; 0 while they do.",
            (now - failing.since).total_seconds() if failing else 0,
        )
        yield from _queue_gauges(queues)
        reached = GaugeMetricFamily(
            "assistant_ceilings_reached",
            "Contacts who were refused more today, by what they had used up.",
            labels=["kind"],
        )
        for kind in [kind for kind, ceiling in CEILINGS.items() if ceiling is not COUNTED_ALONE]:
            reached.add_metric([kind], refused.get(kind, 0))
        yield reached
        yield _late_gauge(late, now)


_DATABASE_UP = "Whether the database could be read."
_RECEIPTS = (
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.READ,
    MessageStatus.UNDELIVERED,
    MessageStatus.FAILED,
)
_OUTCOMES = (TurnState.COMPLETE, TurnState.FAILED, TurnState.SUPERSEDED, TurnState.CANCELLED)


def _disk_gauges(found: Findings) -> Iterator[Metric]:
    writable = GaugeMetricFamily("assistant_writable", "Whether it can be written.", labels=["what"])
    for what in ("database", "data", "log"):
        writable.add_metric([what], int(what not in found.unwritable))
    yield writable
    if found.disk.free_mb is not None:
        yield GaugeMetricFamily("assistant_disk_free_megabytes", "On the fullest disk.", found.disk.free_mb)


def _late_gauge(late: Sequence[LateProcess], now: datetime) -> Metric:
    gauge = GaugeMetricFamily(
        "assistant_loop_late_seconds",
        "Since when a loop had no successful round.",
        labels=["process", "loop"],
    )
    longest: dict[tuple[str, str], float] = {}
    for each in late:
        longest.setdefault((each.kind, each.late_loop), (now - each.late_since).total_seconds())
    for labels, seconds in longest.items():
        gauge.add_metric(labels, seconds)
    return gauge


def _queue_gauges(queues: Sequence[QueueAge]) -> Iterator[Metric]:
    jobs = GaugeMetricFamily(
        "assistant_jobs", "Durable work, by what it waits for.", labels=["queue", "state"]
    )
    oldest = GaugeMetricFamily(
        "assistant_oldest_job_seconds", "Since when the oldest waiting job could have run.", labels=["queue"]
    )
    for queue in queues:
        jobs.add_metric([queue.queue, "waiting"], queue.waiting)
        jobs.add_metric([queue.queue, "delayed"], queue.delayed)
        jobs.add_metric([queue.queue, "in-hand"], queue.in_hand)
        jobs.add_metric([queue.queue, "given-up"], queue.dead_letters)
        oldest.add_metric([queue.queue], queue.oldest_s)
    yield jobs
    yield oldest
