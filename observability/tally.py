"""The tally: what the processes of an application count together.

Each process counts in two files of its own, in a folder that all share; whoever is asked adds them up. The files'
format and their sum are those of prometheus_client's multiprocess mode. Whose they are is said here and not by its
environment variable and process ids: counts stay with their application's data, and a process that takes the place of
a dead one goes on with its files.
"""

import fcntl
import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import BinaryIO

import structlog
from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.utils import INF, floatToGoString

from conversation.meter import Measure

log = structlog.get_logger()

MOST_SERIES = 1000
"""Of a file. Label values are few; should that ever be wrong, no more is counted than there is room for."""
MOST_LABEL = 60
FILE_BYTES = 512 * MOST_SERIES


class Tally:
    """A process's counts: a Meter. Thread-safe; takes its files at the first count, or by `open`.

    Where they cannot be had, the log says so once and nothing is counted: no call fails for it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._series: dict[tuple[str, tuple[str, ...]], _Series] = {}
        self._slot: _Slot | None = None
        self._is_off = self._is_full = False

    def open(self) -> bool:
        """Take the files, which costs a few milliseconds; say whether there are any."""
        with self._lock:
            return self._open() is not None

    def count(self, measure: Measure, *labels: str, by: float = 1) -> None:
        """Add to a count."""
        with self._lock:
            if (series := self._series_of(measure, labels)) is not None:
                series.add(0, by)

    def observe(self, measure: Measure, *labels: str, seconds: float) -> None:
        """Add how long something took."""
        with self._lock:
            if (series := self._series_of(measure, labels)) is not None:
                series.add(bisect_left(measure.buckets, seconds), 1)
                series.add(-1, seconds)

    def sums(self) -> Iterable[Metric]:
        """Return what all processes counted."""
        if not self.open():  # nobody clears the folder away while this process has files in it
            return []
        files = [str(path) for path in self._folder.glob("*.db")]
        merged: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
        return merged

    def close(self) -> None:
        """Count no more, and let another process go on with the files."""
        with self._lock:
            self._is_off = True
            self._series.clear()
            if self._slot is not None:
                self._slot.close()

    def _series_of(self, measure: Measure, labels: tuple[str, ...]) -> "_Series | None":
        return self._series.get((measure.name, labels)) or self._begin(measure, labels)

    def _begin(self, measure: Measure, labels: tuple[str, ...]) -> "_Series | None":
        slot = self._open()
        if slot is None or self._is_full:
            return None
        pages, keys = slot.times if measure.buckets else slot.counts, tuple(_keys(measure, labels))
        if not pages.begin(keys):
            self._is_full = True
            log.error("metrics_full", measure=measure.name)
            return None
        return self._series.setdefault((measure.name, labels), _Series(pages, keys))

    def _open(self) -> "_Slot | None":
        if self._slot is None and not self._is_off:
            try:
                self._slot = _take_slot(self._folder)
            except OSError as error:
                self._is_off = True
                log.error("metrics_not_kept", error=type(error).__name__)
        return None if self._is_off else self._slot


class _Pages:
    """A file of counts. Its bytes are all written when it is made, so that a full disk is found out then: later,
    writing through memory into a block that is not there would end the process (SIGBUS).
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        if not path.exists():
            _write_zeros(path)
        self._values = MmapedDict(str(path))  # type: ignore[no-untyped-call]
        self._keys = {key for key, _, _ in self._values.read_all_values()}  # type: ignore[no-untyped-call]

    def begin(self, keys: Sequence[str]) -> bool:
        """Let these be counted, from 0 or where they were left; say whether there was room."""
        if len(self._keys.union(keys)) > MOST_SERIES:
            return False
        self._keys.update(keys)
        for key in keys:
            self.add(key, 0)
        return True

    def add(self, key: str, by: float) -> None:
        value, _ = self._values.read_value(key)  # type: ignore[no-untyped-call]
        self._values.write_value(key, value + by, 0.0)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        self._values.close()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class _Series:
    """Where a measure is counted for some label values: the bucket of each bound and the sum, or the count alone."""

    pages: _Pages
    keys: tuple[str, ...]

    def add(self, index: int, by: float) -> None:
        self.pages.add(self.keys[index], by)


def _keys(measure: Measure, labels: tuple[str, ...]) -> Iterator[str]:
    values = [label[:MOST_LABEL] for label in labels]
    if not measure.buckets:
        yield _key(measure, "_total", measure.labels, values)
        return
    for bound in (*measure.buckets, INF):
        le: str = floatToGoString(bound)  # type: ignore[no-untyped-call]
        yield _key(measure, "_bucket", (*measure.labels, "le"), [*values, le])
    yield _key(measure, "_sum", measure.labels, values)


def _key(measure: Measure, suffix: str, names: Sequence[str], values: Sequence[str]) -> str:
    return mmap_key(measure.name, measure.name + suffix, list(names), list(values), measure.help)


@dataclass(frozen=True, slots=True)
class _Slot:
    """The files of one process. The lock ends with the process, whatever ended that."""

    lock: BinaryIO
    counts: _Pages
    times: _Pages

    def close(self) -> None:
        self.counts.close()
        self.times.close()
        self.lock.close()


def _take_slot(folder: Path) -> _Slot:
    """Return the first slot that no living process has. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("ab") as door:
        fcntl.flock(door, fcntl.LOCK_EX)  # slots are taken by one process at a time
        _clear_if_abandoned(folder)
        lock, number = next(
            (lock, number) for number in count() if (lock := _try_lock(folder / f"{number}.slot")) is not None
        )
        try:
            # The names say what is in them to whoever adds them up
            counts, times = folder / f"counter_{number}.db", folder / f"histogram_{number}.db"
            return _Slot(lock, _Pages(counts), _Pages(times))
        except OSError:
            lock.close()
            raise


def _clear_if_abandoned(folder: Path) -> None:
    """Begin anew where no process lives: Prometheus takes it for the restart that it is.

    So what a crash of the machine left half written, and what older versions counted, is not dragged along.
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
