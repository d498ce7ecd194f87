"""Counting together: processes that share a folder, die, come back, or find no room; and counting alone."""

import resource
import subprocess
import sys
import threading
from collections import Counter as Counted

import pytest
from prometheus_client.exposition import generate_latest
from structlog.testing import capture_logs

import observability.prometheus as prometheus
from conversation.metrics import Counter, Histogram
from observability.prometheus import MOST_VALUES, PrometheusMetrics
from settings import ROOT, metrics_folder, share_metrics

CALLS = Counter("calls", "Calls.", ("route",))
WAITS = Histogram("waits", "Waits.", (), (0.5, 1))

ANOTHER_PROCESS = """
import sys
from pathlib import Path
from conversation.metrics import Counter
from observability.prometheus import PrometheusMetrics
from settings import share_metrics
share_metrics(Path(sys.argv[1]))
metrics = PrometheusMetrics(Path(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    metrics.count(Counter("calls", "Calls.", ("route",)), "/voice")
print("counted", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "what somebody else's processes share")
    folder = tmp_path / "metrics"
    share_metrics(folder)
    return folder


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


def told(metrics):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for metric in metrics.collect()
        for sample in metric.samples
    }


def files(folder):
    return sorted(path.name for path in folder.glob("*.db"))


def test_what_processes_count_is_added_up(folder, start):
    mine = PrometheusMetrics(folder)
    mine.count(CALLS, "/voice", by=3)
    start(4)

    assert told(mine) == {("calls_total", "/voice"): 7}


def test_times_go_into_the_first_bucket_that_holds_them(folder):
    mine, other = PrometheusMetrics(folder), PrometheusMetrics(folder)
    mine.observe(WAITS, seconds=0.5)
    other.observe(WAITS, seconds=0.6)
    other.observe(WAITS, seconds=7)

    assert told(other) == {
        ("waits_bucket", "0.5"): 1, ("waits_bucket", "1.0"): 2, ("waits_bucket", "+Inf"): 3,
        ("waits_count",): 3, ("waits_sum",): pytest.approx(8.1),
    }  # fmt: skip


def test_a_killed_process_is_still_counted_and_the_next_one_goes_on_with_its_files(folder, start):
    mine = PrometheusMetrics(folder)
    mine.open()
    kill(start(5))
    there = files(folder)

    start(2)

    assert told(mine) == {("calls_total", "/voice"): 7}
    assert files(folder) == there


def test_where_no_process_lives_counting_begins_anew(folder, start):
    kill(start(5))
    (folder / "counter_0.db").write_bytes(b"half written when the machine went down")

    mine = PrometheusMetrics(folder)
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
    mine = PrometheusMetrics(folder)
    threads = [
        threading.Thread(target=lambda: [mine.count(CALLS, "/voice") for _ in range(500)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told(mine) == {("calls_total", "/voice"): 4000}


def test_more_series_than_there_is_room_for_are_left_out_and_said_once(folder):
    mine = PrometheusMetrics(folder)

    with capture_logs() as logs:
        for number in range(MOST_VALUES + 50):
            mine.count(CALLS, f"/{number}-{'x' * 200}")
    mine.count(CALLS, "/0-" + "x" * 200)

    counted = told(mine)
    assert (len(counted), max(counted.values())) == (MOST_VALUES, 2)
    assert Counted(line["event"] for line in logs) == {"metrics_full": 1}
    assert {path.stat().st_size for path in folder.glob("*.db")} == {prometheus.FILE_BYTES}


def test_where_the_folder_cannot_be_had_that_is_said_once_and_the_process_counts_alone(tmp_path):
    (tmp_path / "metrics").write_text("a file, where the folder should be")
    mine = PrometheusMetrics(tmp_path / "metrics")

    with capture_logs() as logs:
        mine.count(CALLS, "/voice")
        mine.observe(WAITS, seconds=1)

    counted = told(mine)
    assert (counted["calls_total", "/voice"], counted["waits_count",]) == (1, 1)
    assert [line["event"] for line in logs] == ["metrics_not_kept"]


def test_nothing_is_touched_before_the_first_count(folder):
    PrometheusMetrics(folder)

    assert not folder.exists()


def test_after_its_end_it_counts_nothing_and_its_files_are_the_next_ones(folder):
    first, watching = PrometheusMetrics(folder), PrometheusMetrics(folder)
    first.count(CALLS, "/voice")
    watching.open()

    first.close()
    first.count(CALLS, "/voice")
    PrometheusMetrics(folder).count(CALLS, "/voice")

    assert told(watching) == {("calls_total", "/voice"): 2}
    assert len(files(folder)) == 4


def test_metrics_of_their_own_do_not_count_into_each_other_whichever_was_made_last(folder):
    shared = PrometheusMetrics(folder)
    shared.count(CALLS, "/voice")
    alone = PrometheusMetrics(None)
    alone.count(CALLS, "/gather")

    shared.count(CALLS, "/status")

    assert told(shared) == {("calls_total", "/voice"): 1, ("calls_total", "/status"): 1}
    assert told(alone) == {("calls_total", "/gather"): 1}


def test_a_disk_that_is_full_is_found_out_before_anything_is_counted(folder, tmp_path):
    was, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (prometheus.FILE_BYTES // 2, most))
    try:
        mine = PrometheusMetrics(folder)
        with capture_logs() as logs:
            mine.count(CALLS, "/voice")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (was, most))

    assert told(mine) == {("calls_total", "/voice"): 1}
    assert [line["event"] for line in logs] == ["metrics_not_kept"]
    assert files(folder) == []


def test_the_library_has_no_more_to_ask_of_the_disk_once_the_files_are_there(folder):
    mine = PrometheusMetrics(folder)
    mine.open()
    before = {path.name: path.stat().st_blocks for path in folder.glob("*.db")}

    for number in range(MOST_VALUES):
        mine.count(CALLS, f"/{number}")
    mine.observe(WAITS, seconds=1)

    after = {path.name: path.stat() for path in folder.glob("*.db")}
    assert {name: stat.st_blocks for name, stat in after.items()} == before
    assert all(stat.st_blocks * 512 >= stat.st_size == prometheus.FILE_BYTES for stat in after.values())


def test_series_that_a_dead_process_left_take_no_room_a_second_time(folder):
    watching, first = PrometheusMetrics(folder), PrometheusMetrics(folder)
    watching.open()
    for number in range(MOST_VALUES):
        first.count(CALLS, f"/{number}")
    first.close()
    next_one = PrometheusMetrics(folder)

    with capture_logs() as logs:
        next_one.count(CALLS, "/7")
        assert logs == []
        next_one.count(CALLS, "/one-too-many")

    assert told(watching)["calls_total", "/7"] == 2
    assert [line["event"] for line in logs] == ["metrics_full"]


def test_files_that_cannot_be_read_stop_nobody(folder):
    watching, dead = PrometheusMetrics(folder), PrometheusMetrics(folder)
    watching.open()
    dead.open()
    dead.close()
    (folder / "counter_1.db").write_bytes(b"half written when the disk failed")
    next_one = PrometheusMetrics(folder)

    with capture_logs() as logs:
        next_one.count(CALLS, "/voice")

    assert told(next_one) == {("calls_total", "/voice"): 1}
    assert [line["event"] for line in logs] == ["metrics_not_kept"]


def test_alone_or_together_the_same_is_told(folder):
    kinds = [PrometheusMetrics(None), PrometheusMetrics(folder)]
    for metrics in kinds:
        metrics.count(CALLS, "/voice")
        metrics.observe(WAITS, seconds=0.7)

    alone, together = (sorted(generate_latest(Told(metrics)).splitlines()) for metrics in kinds)

    assert alone == together
    assert b"# TYPE calls_total counter" in alone


class Told:
    def __init__(self, metrics):
        self.collect = metrics.collect


def test_what_a_process_counts_alone_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    mine = PrometheusMetrics(metrics_folder())

    mine.count(CALLS, "/voice")

    assert told(mine) == {("calls_total", "/voice"): 1}
    assert list(tmp_path.iterdir()) == []
