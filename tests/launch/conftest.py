"""Installations to start, and servers."""

import shutil
import socket
from contextlib import ExitStack

import pytest

from tests.launch.gunicorn_server import ROOT, Gunicorn
from tests.launch.installation import Installation
from tests.waiting import PATIENCE_S


@pytest.fixture
def bare_house(tmp_path):
    """Nothing is installed in it."""
    installation = Installation(tmp_path / "una carpeta con espacios")
    yield installation
    installation.clear()


@pytest.fixture
def installation(bare_house):
    bare_house.furnish()
    return bare_house


@pytest.fixture
def started(installation):
    start = installation.start().until_ready()
    installation.worker_pid()  # ready is said as soon as calls are answered
    return start


@pytest.fixture
def folder(tmp_path):
    for name in ("phone_numbers.py", "gunicorn.conf.py"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("common", "integrations", "launch", "observability", "settings", "storage", "translations"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "tests" / "launch" / "toy_app.py", tmp_path / "app.py")
    return tmp_path


@pytest.fixture
def serve(folder):
    served = []

    def start(*options: str, limit: int | None = None, **environment: str) -> Gunicorn:
        served.append(Gunicorn(folder, *options, limit=limit, **environment))
        return served[-1]

    yield start
    for server in served:
        if server.process.poll() is None:
            server.end()


@pytest.fixture
def connect():
    """Call it to have a client who says this much."""
    with ExitStack() as clients:

        def one(server, said=b"", **options):
            client = clients.enter_context(socket.create_connection(server.address, timeout=PATIENCE_S))
            for name, value in options.items():
                client.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
            client.sendall(said)
            return client

        yield one
