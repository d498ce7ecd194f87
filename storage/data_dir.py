"""The data folder: private to its owner, and home of the secrets that this installation makes for itself."""

import os
import secrets
from pathlib import Path


def prepare(data_dir: Path) -> None:
    """Make the folder if it is missing, and close it to others (0700); new files are 0600 from here on."""
    os.umask(0o077)
    data_dir.mkdir(parents=True, exist_ok=True)
    if data_dir.stat().st_uid == os.getuid():
        data_dir.chmod(0o700)


def kept_secret(data_dir: Path, name: str) -> str:
    """Return the secret of that name, made at the first call; two processes that race get the same one."""
    path = data_dir / f"{name}.key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_when_written(path)
    with os.fdopen(descriptor, "w") as file:
        value = secrets.token_hex(32)
        file.write(value)
    return value


def _read_when_written(path: Path) -> str:
    value = path.read_text()
    if len(value) == 64:
        return value
    # Whoever made the file died before writing it, or is about to write: take its place with a rename,
    # which is atomic, and let the last one win.
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(secrets.token_hex(32))
    fresh.chmod(0o600)
    fresh.replace(path)
    return path.read_text()
