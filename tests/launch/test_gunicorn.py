import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.launch.gunicorn_server import OTHERS_WAIT_AT_MOST_S, ROOT, seconds_for_a_request
from tests.waiting import PATIENCE_S

REQUEST = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
SLOW_START = """

def post_fork(_server, _worker):
    if (ROOT / "slow").exists():
        print("starts slowly", file=sys.stderr)
        __import__("time").sleep(20)
"""


@pytest.fixture
def clients_that_never_close():
    """Call it to have three clients answered, who then keep their side of the connection open."""
    clients = []

    def connect(address) -> None:
        for _ in range(3):
            client = socket.create_connection(address)
            clients.append(client)
            client.sendall(REQUEST)
        for client in clients:
            while client.recv(4096):
                pass  # until the server has closed its side

    yield connect
    for client in clients:
        client.close()


def test_clients_that_never_close_hold_nobody_up(serve, clients_that_never_close):
    server = serve()

    clients_that_never_close(server.address)

    assert seconds_for_a_request(server) < OTHERS_WAIT_AT_MOST_S


def test_gunicorns_own_worker_still_needs_ours(serve, clients_that_never_close):
    # When this fails, gunicorn has mended it and launch/gthread_worker.py can go.
    server = serve("--worker-class", "gthread")

    clients_that_never_close(server.address)

    assert seconds_for_a_request(server) > OTHERS_WAIT_AT_MOST_S


def test_a_client_is_let_go_in_the_end(serve):
    server = serve()

    with socket.create_connection(server.address, timeout=10) as client:
        client.sendall(REQUEST)
        answer = b"".join(iter(lambda: client.recv(4096), b""))

    assert answer.startswith(b"HTTP/1.1 200")


def test_connections_are_kept_for_the_next_request(serve):
    server = serve()

    connection = http.client.HTTPConnection(*server.address, timeout=10)
    addresses = set()
    for _ in range(3):
        connection.request("GET", "/health")
        addresses.add(connection.sock.getsockname())
        connection.getresponse().read()
    connection.close()

    assert len(addresses) == 1


def test_told_to_end_it_finishes_the_request_in_progress(serve):
    server = serve()

    with ThreadPoolExecutor() as pool:
        answer = pool.submit(server.get, "/slow?seconds=1.5")
        server.read_until("slow begins")
        server.process.send_signal(signal.SIGTERM)

        assert answer.result() == "finished"
    assert server.process.wait(PATIENCE_S) == 0


def test_more_requests_wait_at_once_than_one_thread_could_serve(serve):
    server = serve(WEB_THREADS="40")

    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(server.get, ["/together"] * 40))

    assert answers == ["all 40 came"] * 40


def test_the_number_of_processes_is_web_concurrencys(serve):
    server = serve(WEB_CONCURRENCY="3")

    for _ in range(3):
        server.read_until("Booting worker")


def test_nothing_a_peer_says_of_itself_is_believed(serve):
    server = serve()

    environ = json.loads(server.get("/environ", **{"X-Forwarded-Proto": "https", "PATH_INFO": "/health"}))

    assert environ["wsgi.url_scheme"] == "http"
    assert environ["PATH_INFO"] == "/environ"
    assert environ["REMOTE_ADDR"] == "127.0.0.1"


def test_a_setting_that_cannot_be_right_is_one_sentence(folder):
    environment = {"PATH": os.environ["PATH"], "WEB_THREADS": "none"}

    ended = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "app:create_app()"],
        cwd=folder, env=environment, capture_output=True, text=True,
    )  # fmt: skip

    assert ended.returncode == 1
    assert ended.stderr.startswith("WEB_THREADS ")
    assert ended.stderr.count("\n") == 1


def test_the_app_is_told_before_the_first_call_and_after_the_last(serve):
    web = serve()

    web.process.terminate()
    _, said = web.process.communicate(timeout=30)

    assert said.index("serving begins") < said.index("serving ends")


def test_the_app_is_imported_once_and_before_the_workers_are_forked(serve, folder):
    with (folder / "app.py").open("a") as app:
        app.write("\nwith Path('imported-by').open('a') as note:\n    print(os.getpid(), file=note)\n")
        app.write("\ndef load_to_share(settings):\n    Path('loaded-by').write_text(f'{os.getpid()}')\n")

    server = serve(WEB_CONCURRENCY="2")

    assert server.health()["pid"] != server.process.pid
    assert (folder / "imported-by").read_text().split() == [str(server.process.pid)]
    assert (folder / "loaded-by").read_text() == str(server.process.pid)


def test_told_to_end_while_a_worker_starts_it_waits_for_nobody(serve, folder):
    with (folder / "gunicorn.conf.py").open("a") as settings:
        settings.write(SLOW_START)
    server = serve()
    (folder / "slow").touch()
    os.kill(server.health()["pid"], signal.SIGKILL)
    server.read_until("starts slowly")
    told_at = time.monotonic()

    server.end()

    assert time.monotonic() - told_at < 8


def test_what_is_shared_starts_no_thread_and_opens_nothing():
    """What does not survive a fork must not be there before it."""
    program = (
        "import gc, socket, threading, sqlalchemy\n"
        "from launch.forked import import_to_share\n"
        "from settings import load_settings\n"
        "import_to_share('app', load_settings(None))\n"
        "gc.unfreeze()\n"
        "opened = [o for o in gc.get_objects() if isinstance(o, (socket.socket, sqlalchemy.Engine))]\n"
        "assert threading.active_count() == 1 and not opened, (threading.enumerate(), opened)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
