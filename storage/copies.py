"""Copies an SQLite database beside it, before it is migrated; the last few copies are kept.

The copy is made by SQLite's own backup (https://sqlite.org/backup.html), which holds what is still in the WAL, and is
whole or not there.
"""

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

KEPT = 3
"""Copies of a database that are kept, the newest."""


class NoRoomError(Exception):
    """The disk has no room for a copy."""

    def __init__(self, folder: Path, needed_mb: int) -> None:
        super().__init__(f"{needed_mb} MB needed in {folder}")
        self.folder, self.needed_mb = folder, needed_mb


def copy(
    path: Path,
    revision: str,
    now: datetime,
    *,
    room: Callable[[Path], int] = lambda on: shutil.disk_usage(on).free,
) -> Path:
    """Return the copy of a database, named after its revision and the time.

    room: the free bytes of a folder. Raises NoRoomError, OSError and sqlite3.Error.
    """
    target = path.with_name(f"{path.stem}-{revision}-{now:%Y%m%dT%H%M%S}{path.suffix}")
    draft = target.with_name(f".{target.name}.new")
    with closing(sqlite3.connect(path)) as source:
        needed = _size(source)
        if room(path.parent) < needed:
            raise _no_room(path, needed)
        try:
            os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
            with closing(sqlite3.connect(draft)) as copied:
                source.backup(copied)
            draft.replace(target)
        except (OSError, sqlite3.OperationalError) as error:
            if _is_full(error):
                raise _no_room(path, needed) from error
            raise
        finally:
            draft.unlink(missing_ok=True)
    for old in copies_of(path)[:-KEPT]:
        old.unlink(missing_ok=True)
    return target


def copies_of(path: Path) -> list[Path]:
    """Return the copies of a database, oldest first."""
    time = "[0-9]" * 8 + "T" + "[0-9]" * 6
    return sorted(path.parent.glob(f"{path.stem}-*-{time}{path.suffix}"), key=lambda copy: copy.stem[-15:])


def _size(source: sqlite3.Connection) -> int:
    pages, each = (source.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages) * int(each)


def _is_full(error: Exception) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _no_room(path: Path, needed: int) -> NoRoomError:
    return NoRoomError(path.parent, -(-needed // 1_000_000))
