"""What a process finds out about itself, and what /health and the metrics say of it."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from common.loops import LateLoop
from jobs.leases import take_slot
from observability import disk
from observability.disk import look_at_disks
from observability.health import HealthCheck
from observability.vitals import Vitals
from storage import processes
from storage.models import Process
from tests.records import every, the_only
from tests.waiting import PATIENCE_S

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
STUCK = LateLoop("answers-beat", 90.0, stands_still=False)


@pytest.fixture
def late():
    """The loops of this process that are late."""
    return []


@pytest.fixture
def folder(tmp_path):
    """The data folder; the database is elsewhere."""
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def vitals(database, folder, late):
    return Vitals(database, kind="web", folders={"data": folder}, late=lambda: late, clock=lambda: NOW)


@pytest.fixture
def health(database, vitals):
    """Health, where a worker gives signs of life."""
    with database.write() as connection:
        take_slot(connection, "worker-1", "living", now=NOW, lease_s=5)
    return HealthCheck(database, vitals, has_model=True, clock=lambda: NOW)


@pytest.mark.both_databases
def test_a_process_gives_signs_of_life_until_it_ends(database, vitals):
    vitals.check()
    vitals.check()

    process = the_only(database, Process)
    assert (process.kind, process.beat_at, process.late_loop) == ("web", NOW, None)

    vitals.begin(lambda: None)
    vitals.close()
    assert every(database, Process) == []


def test_a_check_in_hand_leaves_no_sign_behind(database, folder):
    is_checking, goes_on = threading.Event(), threading.Event()

    def late():
        is_checking.set()
        goes_on.wait(PATIENCE_S)
        return []

    vitals = Vitals(database, kind="web", folders={"data": folder}, late=late, clock=lambda: NOW)
    vitals.begin(lambda: None)
    assert is_checking.wait(PATIENCE_S)

    threading.Timer(0.1, goes_on.set).start()
    vitals.close()

    assert goes_on.is_set()
    assert every(database, Process) == []


@pytest.mark.both_databases
def test_another_processs_late_loop_is_said(database, vitals, health, late):
    late.append(STUCK)
    vitals.check()
    late.clear()

    said = health.look()

    assert said["status"] == "degraded"
    assert said["late"] == "answers-beat of a web process, since 2026-11-21T11:58:30Z"


def test_a_process_that_has_ended_is_late_no_longer(database, health):
    with database.write() as connection:
        long_ago = NOW - timedelta(minutes=10)
        processes.give_sign(
            connection, "dead", "web", long_ago, late_loop="answers-beat", late_since=long_ago
        )

    assert "late" not in health.look()


def test_its_own_late_loop_is_said_even_if_no_check_runs(health, late):
    late.append(STUCK)

    said = health.look()

    assert (said["status"], said["late"]) == ("degraded", "answers-beat, since 2026-11-21T11:58:30Z")


def test_a_process_that_lacks_nothing_is_well(vitals, health):
    vitals.check()

    said = {"status": "ok", "database": "ok", "worker": "ok", "model": "configured"}
    assert {name: health.look()[name] for name in said} == said


def test_a_process_with_a_loop_that_stands_still_is_ended(vitals, late):
    ended = []
    vitals.begin(lambda: ended.append("ended"))
    vitals.close()
    late.append(STUCK)
    vitals.check()
    assert ended == []

    late[:] = [LateLoop("answers-beat", 900.0, stands_still=True)]
    with capture_logs() as logs:
        vitals.check()

    assert ended == ["ended"]
    assert {"event": "loops_stand_still", "loops": ["answers-beat"], "log_level": "error"} in logs


def test_a_database_that_cannot_be_written_is_said(database, vitals, health, monkeypatch):
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE processes")

    vitals.check()

    assert vitals.found.unwritable == ("database",)
    with database.write() as connection:
        Process.__table__.create(connection)
    assert health.look()["database"] == "cannot be written"
    assert health.look()["status"] == "degraded"


def test_a_folder_that_cannot_be_written_is_said_and_that_it_can_be_again(vitals, health, folder):
    away = folder.rename(folder.with_name("away"))
    with capture_logs() as logs:
        vitals.check()
        vitals.check()
    assert health.look()["disk"] == "cannot be written: data"
    assert [line["what"] for line in logs if line["event"] == "unwritable"] == [("data",)]

    away.rename(folder)
    vitals.check()

    assert "disk" not in health.look()


def test_a_disk_that_is_nearly_full_is_said_in_megabytes(vitals, health, monkeypatch):
    monkeypatch.setattr(disk, "LOW_MB", 10**9)
    with capture_logs() as logs:
        vitals.check()
        vitals.check()

    assert health.look()["disk"] == f"nearly full: {vitals.found.disk.free_mb} MB left"
    assert len([line["free_mb"] for line in logs if line["event"] == "disk_nearly_full"]) == 1


def test_the_room_for_a_log_in_a_file_counts(tmp_path):
    with (tmp_path / "log").open("w") as file:
        assert look_at_disks({}, file).free_mb > 0
    assert look_at_disks({}, None).free_mb is None


def test_a_check_leaves_no_file_behind(vitals, folder):
    vitals.check()

    assert list(folder.iterdir()) == []


def test_the_metrics_say_it_too(line, late):
    line.parts.vitals.check()
    with line.parts.database.write() as connection:
        now = datetime.now(UTC)
        processes.give_sign(
            connection, "other", "worker", now, late_loop="worker-beat", late_since=now - timedelta(minutes=2)
        )

    said = line.app.test_client().get("/metrics").text
    health = json.loads(line.app.test_client().get("/health").text)

    assert 'assistant_writable{what="database"} 1.0' in said
    assert "assistant_disk_free_megabytes " in said
    seconds = float(
        said.split('assistant_loop_late_seconds{loop="worker-beat",process="worker"} ')[1].split()[0]
    )
    assert 120 <= seconds < 180
    assert health["late"].startswith("worker-beat of a worker process")
