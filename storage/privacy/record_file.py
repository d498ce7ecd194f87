"""The record of erasures outside the database: a backup that is put back knows nothing of those made after it.

A file of lines, each a time, a keyed hash and 1 for somebody who had opted out; lines are only added.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Erased:
    """An identity that was erased."""

    digest: str
    erased_at: datetime
    opted_out: bool


class RecordFile:
    """The file. It is made at the first line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, entries: Iterable[Erased]) -> None:
        """Add lines, and return once the disk has them. Raises OSError."""
        lines = "".join(_line(entry) for entry in entries)
        if not lines:
            return
        is_cut = self._is_cut()
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, f"{chr(10) if is_cut else ''}{lines}".encode("ascii"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self) -> dict[str, Erased]:
        """Return the last entry of each hash; lines that were cut off are passed over. Raises OSError."""
        if not self._path.exists():
            return {}
        lines = self._path.read_text(encoding="ascii", errors="replace").splitlines()
        entries = [entry for entry in map(_entry, lines) if entry is not None]
        return {entry.digest: entry for entry in sorted(entries, key=lambda entry: entry.erased_at)}

    def _is_cut(self) -> bool:
        """Return True if the last line has no end: the machine stopped while it was written."""
        if not self._path.exists() or self._path.stat().st_size == 0:
            return False
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"


def _line(entry: Erased) -> str:
    return f"{entry.erased_at.isoformat()} {entry.digest} {int(entry.opted_out)}\n"


def _entry(line: str) -> Erased | None:
    parts = line.split(" ")
    if len(parts) != 3 or len(parts[1]) != 64 or parts[2] not in ("0", "1"):
        return None
    try:
        at = datetime.fromisoformat(parts[0])
    except ValueError:
        return None
    return None if at.tzinfo is None else Erased(parts[1], at, parts[2] == "1")
