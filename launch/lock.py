"""Locks a data directory for one running assistant."""

import fcntl
import os
from pathlib import Path
from typing import TextIO


class AlreadyRunningError(Exception):
    """Another process holds the lock. pid: its process id; "?": not known yet."""

    def __init__(self, pid: str) -> None:
        super().__init__(f"already running as process {pid}")
        self.pid = pid


def take_lock(path: Path) -> TextIO:
    """Lock a file until the returned object is closed. Raises AlreadyRunningError, and OSError as open() does.

    flock(2) ends with the process: a leftover file is not locked. The file stays, as otherwise two processes could
    each lock a file of the same name.
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
