"""Counts with prometheus_client, in one process or in several that share a folder.

Several use the library's multiprocess mode. Its files are named after a slot, locked by its process, instead
of the process id: a process continues a dead one's files, and there are never more files than processes at
once. The files are made at full size: the library maps files that are still empty, and then a full disk ends
the process with SIGBUS.
"""

import fcntl
import struct
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

import prometheus_client as library
import structlog
from prometheus_client import CollectorRegistry, Metric, disable_created_metrics, values
from prometheus_client.multiprocess import MultiProcessCollector

from conversation.metrics import Counter, Histogram

log = structlog.get_logger()

MOST_VALUES = 1000
"""The most counter series, and the most histogram values (one for each bucket of a series, and two).

Label values are few; should that ever be wrong, further series are not counted.
"""
MOST_LABEL = 60
FILE_BYTES = 512 * MOST_VALUES
_KINDS = ("counter", "histogram")
_UNREADABLE = (OSError, RuntimeError, ValueError, struct.error)

_making = threading.Lock()
"""Guards the library's single global choice of file, while a value is made."""


class PrometheusMetrics:
    """A process's metrics: the Metrics of conversation/metrics.py. Thread-safe.

    folder: shared with other processes, and named by PROMETHEUS_MULTIPROC_DIR as well; taken at the first
    count, or by `open`. None: the process counts alone. So it does if the folder cannot be used, and the log
    says so once: no call fails for it.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._registry = CollectorRegistry()
        self._counters: dict[tuple[str, tuple[str, ...]], library.Counter] = {}
        self._histograms: dict[tuple[str, tuple[str, ...]], library.Histogram] = {}
        self._families: dict[str, Any] = {}
        self._slot: _Slot | None = None
        self._values: Any = values.MutexValue
        self._room = _Room()
        self._is_open = self._is_full = self._is_closed = False
        disable_created_metrics()  # type: ignore[no-untyped-call]  # alone it would add a gauge to each counter

    def open(self) -> None:
        """Take the files, which costs a few milliseconds."""
        with self._lock:
            self._open()

    def count(self, counter: Counter, *labels: str, by: float = 1) -> None:
        """Add to a counter."""
        with self._lock:
            series = self._counters.get((counter.name, labels)) or self._begin(counter, labels)
            if series is not None:
                series.inc(by)

    def observe(self, histogram: Histogram, *labels: str, seconds: float) -> None:
        """Add a duration in seconds."""
        with self._lock:
            series = self._histograms.get((histogram.name, labels)) or self._begin(histogram, labels)
            if series is not None:
                series.observe(seconds)

    def collect(self) -> Iterable[Metric]:
        """Return the metrics of all processes that share the folder; without one, this process's."""
        with self._lock:
            self._open()
            if self._is_closed:  # somebody may clear the folder away
                return []
            if self._slot is None:
                return list(self._registry.collect())
        shared: Iterable[Metric] = MultiProcessCollector(None, str(self._folder)).collect()  # type: ignore[no-untyped-call]
        return shared

    def close(self) -> None:
        """Count no more, and let another process go on with the files."""
        with self._lock:
            self._is_closed = True
            self._counters.clear()
            self._histograms.clear()
            if self._slot is not None:
                self._values.close_all_files()
                self._slot.lock.close()
                self._slot = None

    def _begin(self, measure: Counter | Histogram, labels: tuple[str, ...]) -> Any:
        """Return the child for these label values, from 0 or its last value; None if there is no room."""
        self._open()
        if self._is_closed or self._is_full:
            return None
        short = tuple(label[:MOST_LABEL] for label in labels)
        if not self._room.take(measure, short):
            self._is_full = True
            log.error("metrics_full", measure=measure.name)
            return None
        with _making:
            values.ValueClass = self._values
            family = self._families.get(measure.name) or self._families.setdefault(
                measure.name, _family(measure, None if self._slot else self._registry)
            )
            series = family.labels(*short) if short else family
        kept: dict[Any, Any] = self._histograms if isinstance(measure, Histogram) else self._counters
        return kept.setdefault((measure.name, labels), series)

    def _open(self) -> None:
        if self._is_open or self._is_closed:
            return
        self._is_open = True
        if self._folder is None:
            return
        try:
            slot = _take_slot(self._folder)
        except _UNREADABLE as error:
            log.error("metrics_not_kept", error=type(error).__name__)
            return
        self._slot, self._room = slot, slot.room
        self._values = values.MultiProcessValue(process_identifier=lambda: slot.number)  # type: ignore[no-untyped-call]


def _family(
    measure: Counter | Histogram, registry: CollectorRegistry | None
) -> library.Counter | library.Histogram:
    if isinstance(measure, Histogram):
        return library.Histogram(
            measure.name, measure.help, measure.labels, buckets=measure.buckets, registry=registry
        )
    return library.Counter(measure.name, measure.help, measure.labels, registry=registry)


class _Room:
    """The series of counters and of histograms that fit into a file."""

    def __init__(self, there: Iterable[Metric] = ()) -> None:
        self._series: set[tuple[str, frozenset[tuple[str, str]]]] = set()
        self._taken = dict.fromkeys(_KINDS, 0)
        for metric in there:
            self._taken[metric.type] += len(metric.samples)
            self._series |= {
                (
                    metric.name,
                    frozenset((name, value) for name, value in sample.labels.items() if name != "le"),
                )
                for sample in metric.samples
            }

    def take(self, measure: Counter | Histogram, labels: tuple[str, ...]) -> bool:
        """Return True if a series is known, or there was room for it."""
        key = (measure.name, frozenset(zip(measure.labels, labels, strict=True)))
        kind, size = (
            ("histogram", len(measure.buckets) + 2) if isinstance(measure, Histogram) else ("counter", 1)
        )
        if key not in self._series:
            if self._taken[kind] + size > MOST_VALUES:
                return False
            self._series.add(key)
            self._taken[kind] += size
        return True


@dataclass(frozen=True, slots=True)
class _Slot:
    """A process's slot in the folder. The lock ends with the process, however it ends."""

    lock: BinaryIO
    number: int
    room: _Room


def _take_slot(folder: Path) -> _Slot:
    """Return the first slot that no living process holds. Raises one of _UNREADABLE."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("ab") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)  # slots are taken by one process at a time
        _clear_if_abandoned(folder)
        lock, number = next(
            (lock, number) for number in count() if (lock := _try_lock(folder / f"{number}.slot")) is not None
        )
        try:
            files = [folder / f"{kind}_{number}.db" for kind in _KINDS]  # as the library calls them
            for file in files:
                if not file.exists():
                    _write_zeros(file)
            there = MultiProcessCollector.merge([str(file) for file in files], accumulate=False)  # type: ignore[no-untyped-call]
            return _Slot(lock, number, _Room(there))
        except _UNREADABLE:
            lock.close()
            raise


def _clear_if_abandoned(folder: Path) -> None:
    """Delete the files if no process is alive: Prometheus sees the reset of a restart.

    Values half written in a crash of the machine, or counted by older versions, are not carried on.
    """
    locks = [_try_lock(path) for path in folder.glob("*.slot")]
    if all(lock is not None for lock in locks):
        for path in folder.glob("*.db"):
            path.unlink()
    for lock in locks:
        if lock is not None:
            lock.close()


def _try_lock(path: Path) -> BinaryIO | None:
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _write_zeros(path: Path) -> None:
    draft = path.with_suffix(".new")
    try:
        draft.write_bytes(bytes(FILE_BYTES))
        draft.rename(path)  # whoever adds up finds it whole
    except OSError:
        draft.unlink(missing_ok=True)
        raise
