"""Fixtures that several modules of this folder share."""

import threading

import pytest

from tests.integrations.http.server import Server, make


@pytest.fixture
def server():
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.closing.set()
        server.shutdown()


@pytest.fixture
def api(server):
    api = make(server.url + "/base")
    yield api
    api.close()
