"""Lines of several processes that share one pipe."""

import json
import os
import subprocess
import sys

from settings import ROOT

PROGRAM = """
import sys, structlog
from observability.logging import configure_logging
from settings import load_settings
configure_logging(load_settings(None, log_format="json"))
log = structlog.get_logger()
sys.stdin.readline()
for number in range(2000):
    log.info("line", number=number)
"""


def test_lines_of_two_processes_are_never_glued_together():
    reading, writing = os.pipe()
    processes = [
        subprocess.Popen(
            [sys.executable, "-u", "-c", PROGRAM], cwd=ROOT, stdin=subprocess.PIPE, stderr=writing, text=True
        )
        for _ in range(3)
    ]
    os.close(writing)
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.close()
    with os.fdopen(reading) as log:
        lines = log.read().splitlines()

    assert [process.wait() for process in processes] == [0] * 3
    assert len([json.loads(line) for line in lines]) == 6000
