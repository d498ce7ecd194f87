"""Two machines, or two commands, that prepare a database at the same moment."""

import os
import subprocess
import sys

from jobs.migrate import is_up_to_date
from tests.waiting import PATIENCE_S

PROGRAM = "import sys; from jobs.migrate import upgrade; upgrade(sys.argv[1])"


def upgrade_at_once(url, times=2):
    """Run it in so many processes; return what those said that failed."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, url], stderr=subprocess.PIPE, text=True, env=dict(os.environ)
        )
        for _ in range(times)
    ]
    said = [process.communicate(timeout=PATIENCE_S)[1] for process in running]
    return [words[-500:] for process, words in zip(running, said, strict=True) if process.returncode != 0]


def test_both_succeed_with_a_new_file(tmp_path):
    url = f"sqlite:///{tmp_path / 'assistant.db'}"

    assert upgrade_at_once(url, times=3) == []
    assert is_up_to_date(url)


def test_both_succeed_with_an_empty_postgres(postgres):
    url = postgres.create()

    assert upgrade_at_once(url) == []  # an index that is made concurrently waits for no waiting transaction
    assert is_up_to_date(url)
    postgres.drop(url)
