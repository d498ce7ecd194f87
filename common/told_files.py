"""Files in DATA_DIR that tell the commands beside a running assistant something of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def told_in(path: Path, words: str) -> Iterator[None]:
    """Have a file hold the words inside the block: whole or not at all for who reads it, and gone afterwards."""
    draft = path.with_suffix(".new")
    draft.write_text(f"{words}\n", encoding="ascii")
    draft.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
