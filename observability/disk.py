"""Finds how much room the disks have that the program writes to, and which of them cannot be written."""

import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

PROBE = bytes(4096)
LOW_MB = 200
_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class DiskState:
    """unwritable: the names of folders and files that take no more. free_mb: on the fullest disk; None: unknown."""

    unwritable: tuple[str, ...] = ()
    free_mb: int | None = None

    @property
    def is_low(self) -> bool:
        """True if a disk is nearly full."""
        return self.free_mb is not None and self.free_mb < LOW_MB


NOTHING_FOUND = DiskState()


def look_at_disks(folders: Mapping[str, Path], log_file: TextIO | None) -> DiskState:
    """Write a little to each of `folders`, by name, and delete it; look at the log's disk, if it is a file."""
    unwritable = [name for name, folder in folders.items() if not _can_write(folder)]
    free = [_free_bytes(os.statvfs(folder)) for folder in folders.values() if folder.is_dir()]
    of_log = _log_bytes(log_file)
    if of_log is not None:
        free.append(of_log)
        if of_log < len(PROBE):
            unwritable.append("log")
    return DiskState(tuple(unwritable), min(free) // _MB if free else None)


def _can_write(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            file.write(PROBE)
            os.fsync(file.fileno())
    except OSError:
        return False
    return True


def _free_bytes(disk: os.statvfs_result) -> int:
    return disk.f_bavail * disk.f_frsize


def _log_bytes(log_file: TextIO | None) -> int | None:
    """Return the room left for the log; None where it is no file, as on a terminal or in a pipe."""
    try:
        descriptor = -1 if log_file is None else log_file.fileno()
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return _free_bytes(os.fstatvfs(descriptor))
    except (OSError, ValueError):
        return None
