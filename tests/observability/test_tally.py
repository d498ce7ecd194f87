"""Counting together: processes that share a folder, die, come back, or find no room."""

import subprocess
import sys
import threading
from collections import Counter

import pytest
from structlog.testing import capture_logs

import observability.tally as tally
from conversation.meter import Measure
from observability.tally import MOST_SERIES, Tally
from settings import ROOT

CALLS = Measure("calls", "Calls.", ("route",))
WAITS = Measure("waits", "Waits.", (), (0.5, 1))

ANOTHER_PROCESS = """
import sys
from pathlib import Path
from conversation.meter import Measure
from tally import Tally
tally = Tally(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    tally.count(Measure("calls", "Calls.", ("route",)), "/voice")
print("counted", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "metrics"


@pytest.fixture
def start(folder):
    """Start another process that counts so often, and lives until it is killed."""
    started = []

    def start(times):
        process = subprocess.Popen(
            [sys.executable, "-c", ANOTHER_PROCESS, str(folder), str(times)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        assert process.stdout.readline() == "counted\n"
        return process

    yield start
    for process in started:
        kill(process)


def kill(process):
    process.kill()
    process.communicate()


def told(tally):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for metric in tally.sums()
        for sample in metric.samples
    }


def files(folder):
    return sorted(path.name for path in folder.glob("*.db"))


def test_what_processes_count_is_added_up(folder, start):
    mine = Tally(folder)
    mine.count(CALLS, "/voice", by=3)
    start(4)

    assert told(mine) == {("calls_total", "/voice"): 7}


def test_times_go_into_the_first_bucket_that_holds_them(folder):
    mine, other = Tally(folder), Tally(folder)
    mine.observe(WAITS, seconds=0.5)
    other.observe(WAITS, seconds=0.6)
    other.observe(WAITS, seconds=7)

    assert told(other) == {
        ("waits_bucket", "0.5"): 1, ("waits_bucket", "1.0"): 2, ("waits_bucket", "+Inf"): 3,
        ("waits_count",): 3, ("waits_sum",): pytest.approx(8.1),
    }  # fmt: skip


def test_a_killed_process_is_still_counted_and_the_next_one_goes_on_with_its_files(folder, start):
    mine = Tally(folder)
    mine.open()
    kill(start(5))
    there = files(folder)

    start(2)

    assert told(mine) == {("calls_total", "/voice"): 7}
    assert files(folder) == there


def test_where_no_process_lives_counting_begins_anew(folder, start):
    kill(start(5))
    (folder / "counter_0.db").write_bytes(b"half written when the machine went down")

    mine = Tally(folder)
    mine.count(CALLS, "/voice")

    assert told(mine) == {("calls_total", "/voice"): 1}


@pytest.fixture
def restless():
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_threads_lose_no_count(folder, restless):
    mine = Tally(folder)
    threads = [
        threading.Thread(target=lambda: [mine.count(CALLS, "/voice") for _ in range(500)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told(mine) == {("calls_total", "/voice"): 4000}


def test_more_series_than_there_is_room_for_are_left_out_and_said_once(folder):
    mine = Tally(folder)

    with capture_logs() as logs:
        for number in range(MOST_SERIES + 50):
            mine.count(CALLS, f"/{number}-{'x' * 200}")
    mine.count(CALLS, "/0-" + "x" * 200)

    counted = told(mine)
    assert (len(counted), max(counted.values())) == (MOST_SERIES, 2)
    assert Counter(line["event"] for line in logs) == {"metrics_full": 1}
    assert {path.stat().st_size for path in folder.glob("*.db")} == {tally.FILE_BYTES}


def test_a_folder_that_cannot_be_had_is_said_once_and_stops_nobody(tmp_path):
    (tmp_path / "metrics").write_text("a file, where the folder should be")
    mine = Tally(tmp_path / "metrics")

    with capture_logs() as logs:
        mine.count(CALLS, "/voice")
        mine.observe(WAITS, seconds=1)

    assert told(mine) == {}
    assert [line["event"] for line in logs] == ["metrics_not_kept"]


def test_nothing_is_touched_before_the_first_count(folder):
    Tally(folder)

    assert not folder.exists()


def test_after_its_end_it_counts_nothing_and_its_files_are_the_next_ones(folder):
    first, watching = Tally(folder), Tally(folder)
    first.count(CALLS, "/voice")
    watching.open()

    first.close()
    first.count(CALLS, "/voice")
    Tally(folder).count(CALLS, "/voice")

    assert told(watching) == {("calls_total", "/voice"): 2}
    assert len(files(folder)) == 4
