"""Waiting for the worker: until it has written conversations' summaries, prompts are longer than they will be."""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

WITHIN_S = 60.0


def wait_for_summaries(database: Path, keys: Sequence[str], upto: int) -> bool:
    """Wait until the summary of each of these conversations covers so many turns; False where they are late."""
    marks = ",".join("?" * len(keys))
    question = f"SELECT count(*) FROM conversations WHERE summary_upto >= ? AND key IN ({marks})"
    deadline = time.monotonic() + WITHIN_S
    connection = sqlite3.connect(database)
    try:
        while connection.execute(question, [upto, *keys]).fetchone()[0] < len(keys):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.5)
    finally:
        connection.close()
    return True


def whatsapp_keys(database: Path, numbers: Sequence[str]) -> list[str]:
    """Return the keys of the conversations with these people, E.164."""
    connection = sqlite3.connect(database)
    marks = ",".join("?" * len(numbers))
    rows = connection.execute(
        "SELECT key FROM conversations JOIN contacts ON contacts.id = contact_id "
        f"WHERE channel = 'whatsapp' AND address IN ({marks})",
        list(numbers),
    ).fetchall()
    connection.close()
    return [key for (key,) in rows]
