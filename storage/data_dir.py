"""The data folder, private to its owner, with the secrets that this installation makes for itself."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

LENGTH = 64


def prepare(data_dir: Path) -> None:
    """Create the folder if it is missing, and close it to others (0700); new files are 0600 from here on."""
    os.umask(0o077)
    data_dir.mkdir(parents=True, exist_ok=True)
    if data_dir.stat().st_uid == os.getuid():
        data_dir.chmod(0o700)


def kept_secret(data_dir: Path, name: str) -> str:
    """Return the secret of that name, created at the first call; two processes that race get the same one.

    Raises ValueError if the file's content is invalid, so that the damage is noticed.
    """
    path = data_dir / f"{name}.key"
    if not path.exists():
        _make(path)
    value = path.read_text(encoding="ascii")
    if len(value) != LENGTH:
        raise ValueError(f"{path} is damaged: delete it, and a new one is made")
    return value


def _make(path: Path) -> None:
    # Written apart and then linked: the link is made whole or, where another was quicker, not at all.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(LENGTH // 2))
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
