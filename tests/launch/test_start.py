import os
import re
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from launch.listener import PORTS_TRIED, PortTakenError, open_listener
from tests.launch.installation import PATIENCE_S, Installation
from tests.postgres import free_port as any_free_port

pytestmark = pytest.mark.quick


def wait_for_end_of(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while Path(f"/proc/{pid}").exists() and state_of(pid) != "Z":
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.05)


def state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return "Z"


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


# What it says and does when all is well


def test_it_prepares_the_database_runs_web_and_worker_and_says_how_to_call(started):
    port = started.installation.port_file.read_text().strip()

    assert (started.installation.folder / "migrated").exists()
    assert started.health()["port"] == port
    assert state_of(started.installation.worker_pid()) != "Z"
    assert f"http://127.0.0.1:{port}/dashboard/phone" in started.said
    assert ".venv/bin/flask --app app phone" in started.said


def test_the_last_screen_is_six_lines_at_most_and_all_warnings_stand_above_it(started):
    warnings, screen = started.said.rsplit("\n\n", 1)

    assert screen.count("\n") <= 6
    for setting in ("OPENAI_API_KEY", "TWILIO_AUTH_TOKEN", "DASHBOARD_PASSWORD"):
        assert (warnings.count(setting), screen.count(setting)) == (1, 0)


def test_the_command_it_gives_can_be_pasted_into_a_terminal(started):
    command = re.search(r"cd .* && .venv/bin/flask", started.said)[0]

    assert subprocess.run(f"{command} --version", shell=True, cwd="/", capture_output=True).returncode == 0


def test_it_speaks_english_where_the_terminal_does(installation):
    start = installation.start(LANG="en_US.UTF-8")

    assert "Hear it in a browser" in start.read_until("Ctrl+C")
    assert start.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_ends_both_with_code_0_when_told_to_and_takes_its_port_file_along(started, number):
    web = started.health()["pid"]

    code = started.end(number)

    assert code == 0
    assert "worker ended well" in started.said
    assert not started.installation.port_file.exists()
    wait_for_end_of(web)


def test_a_request_in_progress_is_finished_before_it_ends(started):
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(started.get, "/slow?seconds=1.5")
        started.read_until("slow begins")
        code = started.end()

    assert answer.result() == "finished"
    assert code == 0


def test_a_terminals_ctrl_c_which_reaches_the_whole_group_cuts_off_no_request(started):
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(started.get, "/slow?seconds=1.5")
        started.read_until("slow begins")
        os.killpg(started.process.pid, signal.SIGINT)
        started.read_to_end()

    assert answer.result() == "finished"
    assert started.process.returncode == 0


def test_a_second_ctrl_c_waits_for_nobody(started):
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(started.get, "/slow?seconds=60")
        started.read_until("slow begins")
        started.process.send_signal(signal.SIGINT)
        started.read_until("Parando")
        started.process.send_signal(signal.SIGINT)
        began = time.monotonic()
        started.read_to_end()

    assert time.monotonic() - began < 9  # gunicorn alone would wait 10 s
    assert isinstance(answer.exception(), OSError)
    assert started.process.returncode == 0


def test_what_it_keeps_is_readable_by_its_owner_alone(started):
    assert oct((started.installation.folder / "data").stat().st_mode)[-3:] == "700"
    assert oct(started.installation.port_file.stat().st_mode)[-3:] == "600"


def test_an_env_file_is_read_and_left_as_it_was(installation, free_port):
    env_file = installation.folder / ".env"
    env_file.write_text(f"PORT={free_port}\n# mine\n")

    start = installation.start().until_ready()
    port = installation.port_file.read_text().strip()
    start.end()

    assert port == str(free_port)
    assert env_file.read_text() == f"PORT={free_port}\n# mine\n"


def test_no_env_file_is_made(started):
    assert not (started.installation.folder / ".env").exists()


# The port


@pytest.fixture
def free_port():
    return any_free_port()


def test_a_port_that_was_set_and_is_taken_ends_it_with_one_sentence(installation, taken_port):
    said = installation.fail_to_start(PORT=str(taken_port))

    assert said == f"PORT={taken_port} está ocupado por otro programa: ciérrelo o ponga otro PORT.\n"


def test_a_port_set_in_the_env_file_counts_as_set(installation, taken_port):
    (installation.folder / ".env").write_text(f"PORT={taken_port}\n")

    assert f"PORT={taken_port} está ocupado" in installation.fail_to_start()


def test_with_no_port_set_two_houses_find_a_port_each(installation):
    # other programs of this machine may have some of these: 5000 itself is nobody's to count on
    first = installation.start().until_ready()
    other = Installation(installation.folder.parent / "otra")
    other.furnish()

    second = other.start().until_ready()
    installation.starts.append(second)
    ports = {int(home.port_file.read_text()) for home in (installation, other)}

    assert len(ports) == 2
    assert ports <= set(range(5000, 5050))
    assert {int(start.health()["port"]) for start in (first, second)} == ports
    assert (first.end(), second.end()) == (0, 0)


def test_the_next_free_port_is_the_next_one(taken_port):
    with open_listener("127.0.0.1", taken_port, may_move=True) as listener:
        assert taken_port < listener.getsockname()[1] < taken_port + PORTS_TRIED


def test_where_no_port_is_free_it_says_the_one_asked_for(monkeypatch, taken_port):
    monkeypatch.setattr("launch.listener.PORTS_TRIED", 1)

    with pytest.raises(PortTakenError, match=str(taken_port)):
        open_listener("127.0.0.1", taken_port, may_move=True)


def test_a_port_taken_on_ipv6_alone_is_taken(installation):
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        assert "está ocupado" in installation.fail_to_start(PORT=str(server.getsockname()[1]))


# What cannot be


def test_a_second_start_is_refused_with_one_sentence(started):
    said = started.installation.fail_to_start()

    assert said.count("\n") == 1
    assert f"ya está en marcha en esta carpeta (proceso {started.process.pid})" in said
    assert started.health()


def test_a_setting_that_cannot_be_right_ends_it_with_one_sentence(installation):
    said = installation.fail_to_start(WEB_THREADS="muchos")

    assert said.count("\n") == 1
    assert said.startswith("WEB_THREADS ")


def test_a_database_that_cannot_be_prepared_ends_it(installation):
    said = installation.fail_to_start(TOY_MIGRATION="fails")

    assert "no such table" in said
    assert "La base de datos no se ha podido preparar" in said
    assert not installation.port_file.exists()


def test_an_address_that_is_not_this_machines_ends_it_with_one_sentence(installation):
    said = installation.fail_to_start(HOST="192.0.2.1")

    assert said.startswith("No se puede escuchar en HOST=192.0.2.1, PORT=5000: ")
    assert said.count("\n") == 1


def test_a_data_folder_that_cannot_be_made_ends_it_with_one_sentence(installation):
    said = installation.fail_to_start(DATA_DIR="/proc/data")

    assert said.startswith("No se puede escribir en DATA_DIR=/proc/data: ")
    assert said.count("\n") == 1


# Deaths


@pytest.mark.parametrize("whom", ["pid", "parent"])
def test_a_killed_web_process_comes_back_and_requests_meanwhile_are_answered(started, whom):
    before = started.health()

    os.kill(before[whom], signal.SIGKILL)
    wait_for_end_of(before[whom])
    wait_for_end_of(before["pid"])  # its parent's death is its own, in a moment
    after = started.health()

    assert after["pid"] != before["pid"]


def test_a_killed_worker_comes_back(started):
    pid = started.installation.worker_pid()
    (started.installation.folder / "worker.pid").unlink()

    os.kill(pid, signal.SIGKILL)
    started.read_until("«worker» se ha parado (código -9)")
    started.read_until("worker begins")

    assert started.installation.worker_pid() != pid


def test_five_deaths_of_the_web_process_in_a_minute_end_all(installation):
    said = installation.fail_to_start(TOY_WEB="dies")

    assert said.count("«web» se ha parado (código") == 4
    assert "«web» se ha parado cinco veces en un minuto; se para todo." in said
    assert not installation.port_file.exists()


def test_without_a_worker_requests_are_answered_however_often_it_dies(installation):
    start = installation.start(TOY_WORKER="dies")

    for _ in range(5):
        start.read_until("«worker» se ha parado (código 7)")

    assert start.health()
    assert start.end() == 0


def test_killed_outright_it_leaves_nothing_running_and_locks_nobody_out(started):
    web, worker = started.health()["pid"], started.installation.worker_pid()

    os.killpg(started.process.pid, signal.SIGKILL)
    started.process.wait()
    wait_for_end_of(web)
    wait_for_end_of(worker)
    again = started.installation.start().until_ready()

    assert again.health()
    assert again.end() == 0
