"""Lines of several processes that share one pipe or file."""

import json
import os
import subprocess
import sys

import pytest

from settings import ROOT

PROGRAM = """
import sys, structlog
from observability.logging import configure_logging
from settings import load_settings
configure_logging(load_settings(None, log_format="json"))
log = structlog.get_logger()
sys.stdin.readline()
for number in range(5000):
    log.info("line", number=number)
"""


@pytest.mark.parametrize("kind", ["pipe", "file"])
@pytest.mark.parametrize("options", [[], ["-u"]], ids=["buffered", "unbuffered"])
def test_lines_of_two_processes_are_never_glued_together(tmp_path, kind, options):
    if kind == "pipe":
        reading, writing = os.pipe()
    else:
        writing = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
        reading = os.open(tmp_path / "log", os.O_RDONLY)
    processes = [
        subprocess.Popen(
            [sys.executable, *options, "-c", PROGRAM],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stderr=writing,
            text=True,
        )
        for _ in range(2)
    ]
    os.close(writing)
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.close()
    if kind == "file":
        assert [process.wait() for process in processes] == [0, 0]
    with os.fdopen(reading) as log:
        lines = log.read().splitlines()

    assert [process.wait() for process in processes] == [0, 0]
    assert len([json.loads(line) for line in lines]) == 10_000
