#!/usr/bin/env python3
"""Copy the data folder's database, keys and erasures while the assistant runs: backup.py DATA_DIR BACKUP_DIR [DAYS].

Makes BACKUP_DIR/YYYY-MM-DD (UTC) and removes those older than DAYS (14). The standard library alone. For SQLite;
with PostgreSQL the database is pg_dump's, and the keys are still copied.
"""

import os
import re
import shutil
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path


def main(data: Path, backups: Path, days: int = 14) -> None:
    """Back up `data` in a folder of today's, and drop what is older than `days`."""
    os.umask(0o077)
    today = datetime.now(UTC).date()
    folder = backups / today.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    if (data / "assistant.db").exists():
        copy_database(data / "assistant.db", folder / "assistant.db")
    for kept in [*data.glob("*.key"), *data.glob("erasures")]:
        shutil.copy2(kept, folder)
    for old in folders_before(backups, today - timedelta(days=days)):
        shutil.rmtree(old)


def copy_database(source: Path, target: Path) -> None:
    """Copy by SQLite's own means: a file copy would lack what is still in the -wal file."""
    draft = target.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(source, timeout=10)) as database, closing(sqlite3.connect(draft)) as copy:
        database.backup(copy)
    draft.replace(target)


def folders_before(backups: Path, day: date) -> list[Path]:
    """Return the folders of days before `day`; whatever else lies there is somebody else's."""
    return [
        folder
        for folder in backups.iterdir()
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", folder.name) and folder.name < day.isoformat()
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
