"""The public address that a running assistant has taken from a tunnel, for the commands that run beside it."""

import fcntl
from contextlib import AbstractContextManager
from pathlib import Path

from common.told_files import told_in

LOCK = "start.lock"
"""The file in DATA_DIR that is locked while an assistant runs."""
_FILE = "public_url"


def told_to_others(data_dir: Path, url: str) -> AbstractContextManager[None]:
    """Let taken_address() return the URL inside the block."""
    return told_in(data_dir / _FILE, url)


def taken_address(data_dir: Path) -> str | None:
    """Return the URL; None if the assistant that runs in this folder has taken none, or none runs."""
    try:
        url = (data_dir / _FILE).read_text(encoding="ascii").strip()
        with (data_dir / LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return url  # somebody holds the lock: the file is no leftover of a process that was killed
    except (OSError, ValueError):
        return None
    return None
