"""Locks a data directory for one assistant."""

import fcntl
import os
from pathlib import Path
from typing import TextIO


class AlreadyRunningError(Exception):
    """Another process holds the lock. `pid` is its process id, "?" if it is not known yet."""

    def __init__(self, pid: str) -> None:
        super().__init__(f"already running as process {pid}")
        self.pid = pid


def take_lock(path: Path) -> TextIO:
    """Lock `path` until the returned object is closed; raises AlreadyRunningError, and OSError as open() does.

    flock(2) ends with the process, however it died: a file left behind locks nobody out. The file itself
    stays, as removing it would let two processes each lock one of the same name.
    """
    file = path.open("a+", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with file:
            file.seek(0)
            raise AlreadyRunningError(file.read().strip() or "?") from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
