"""Fixtures that several modules of this folder share."""

import threading

import pytest
from flask import Flask
from werkzeug.serving import make_server

from people.elevenlabs import views
from people.elevenlabs.post_calls import PostCalls
from people.elevenlabs.views import PATH, ElevenLabsGuard
from tests.fakes.elevenlabs import FakeElevenLabs
from tests.people.elevenlabs.calls import NOW, SECRET, Watcher
from web.guards import GuardedBlueprints


@pytest.fixture
def watcher():
    return Watcher()


@pytest.fixture
def postcalls(database, work, watcher):
    return PostCalls(database, work, observer=watcher, clock=lambda: NOW)


@pytest.fixture
def serve(postcalls):
    """Serve the route with a secret; return ElevenLabs on the other side of it."""
    servers = []

    def serve(secret):
        app = Flask(__name__)
        app.config["MAX_CONTENT_LENGTH"] = 256 * 1024
        views.postcalls.bind(app, lambda: postcalls)
        GuardedBlueprints(app).register(views.bp, ElevenLabsGuard(secret, lambda: NOW))
        servers.append(make_server("127.0.0.1", 0, app, threaded=True))
        threading.Thread(target=servers[-1].serve_forever, args=(0.02,), daemon=True).start()
        return FakeElevenLabs(f"http://127.0.0.1:{servers[-1].server_port}{PATH}", SECRET, NOW.timestamp)

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def elevenlabs(serve):
    return serve(SECRET)
