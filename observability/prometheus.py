"""Counts with prometheus_client, in one process or in several processes with a shared folder.

Several processes use the library's multiprocess mode. Its files are named after a locked slot instead of the process
id: a new process continues the files of a dead one, and the number of files is limited by the number of processes.
The files are made at full size: the library maps empty files into memory, and then a full disk ends the process with
SIGBUS.
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
"""The limit of counter series, and of histogram values (for each series, the number of buckets plus two).

Series beyond the limit are not counted. There are far fewer label values.
"""
MOST_LABEL = 60
FILE_BYTES = 512 * MOST_VALUES
_KINDS = ("counter", "histogram")
_UNREADABLE = (OSError, RuntimeError, ValueError, struct.error)

_making = threading.Lock()
"""Guards the library's global choice of files while a value is made."""


class PrometheusMetrics:
    """A process's metrics: implements Metrics of conversation/metrics.py. Thread-safe.

    folder: shared with other processes, and the value of PROMETHEUS_MULTIPROC_DIR; None: the process counts alone.
    Its files are opened at the first count, or by `open`. If they cannot be, the process counts alone, and logs an
    error once: no call fails for it.
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
        disable_created_metrics()  # type: ignore[no-untyped-call]  # they would add a gauge to each counter

    def open(self) -> None:
        """Open the files, within a few milliseconds."""
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
        """Return the metrics of all processes of the folder; without a folder, of this process."""
        with self._lock:
            self._open()
            if self._is_closed:  # another process may have deleted the folder's files
                return []
            if self._slot is None:
                return list(self._registry.collect())
        shared: Iterable[Metric] = MultiProcessCollector(None, str(self._folder)).collect()  # type: ignore[no-untyped-call]
        return shared

    def close(self) -> None:
        """Stop counting, and leave the files to another process."""
        with self._lock:
            self._is_closed = True
            self._counters.clear()
            self._histograms.clear()
            if self._slot is not None:
                self._values.close_all_files()
                self._slot.lock.close()
                self._slot = None

    def _begin(self, measure: Counter | Histogram, labels: tuple[str, ...]) -> Any:
        """Return the series for these label values, at 0 or its last value; None if there is no room."""
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
    """The remaining room for series in a file."""

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
        """Return True if a series is known or there is room for it."""
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
    """A process's slot in the folder. The lock ends with the process."""

    lock: BinaryIO
    number: int
    room: _Room


def _take_slot(folder: Path) -> _Slot:
    """Return the first slot without a living process. Raises one of _UNREADABLE."""
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
    """Delete the files if no process is alive. Prometheus sees a reset, as after every restart.

    This drops the values of older versions, and values half written in a crash of the machine.
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
        draft.rename(path)  # readers only see the complete file
    except OSError:
        draft.unlink(missing_ok=True)
        raise
