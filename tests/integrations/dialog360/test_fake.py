"""The stand-in for 360dialog sends webhooks as the real one does."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from integrations.dialog360.client import Dialog360
from integrations.dialog360.webhooks import (
    read_webhook,
)
from tests.fakes.dialog360.fake import FakeDialog360
from tests.integrations.dialog360.bodies import ANA, NOON, only

# --- the fake's own webhooks


class Door(ThreadingHTTPServer):
    """Where webhooks arrive. status: what it answers."""

    def __init__(self):
        self.bodies, self.keys, self.status = [], [], 200
        super().__init__(("127.0.0.1", 0), DoorHandler)
        self.url = f"http://127.0.0.1:{self.server_port}/webhook/360dialog"


class DoorHandler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.server.bodies.append(json.loads(self.rfile.read(length)))
        self.server.keys.append(self.headers.get("X-Token"))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def door():
    server = Door()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def connected(door):
    with FakeDialog360(clock=NOON.timestamp) as fake:
        fake.webhooks.url = door.url
        fake.webhooks.headers = {"X-Token": "secret"}
        yield fake


def test_webhooks_come_with_the_header_that_was_configured(connected, door):
    connected.people.write(ANA, "Hola")
    connected.webhooks.settle()

    assert [only(body).body for body in door.bodies] == ["Hola"]
    assert door.keys == ["secret"]


def test_webhooks_can_come_twice_and_backwards(connected, door):
    connected.webhooks.held = connected.webhooks.doubled = True
    for word in ("uno", "dos"):
        connected.people.write(ANA, word)
    connected.webhooks.release(backwards=True)
    connected.webhooks.settle()

    assert [only(body).body for body in door.bodies] == ["dos", "dos", "uno", "uno"]


def test_what_nobody_acknowledged_comes_again(connected, door):
    door.status = 500
    connected.people.write(ANA, "Hola")
    connected.webhooks.settle()
    door.status = 200
    connected.webhooks.redeliver()
    connected.webhooks.settle()

    assert [delivery.status for delivery in connected.webhooks.sent] == [500, 200]
    assert [only(body).body for body in door.bodies] == ["Hola", "Hola"]


def test_receipts_can_come_before_the_answer_does(connected, door):
    connected.messages.hears(ANA)
    connected.messages.receipts_first = True
    client = Dialog360(connected.api_key, api_url=connected.url)

    wamid = client.send_text(ANA, "Hola")

    assert [read_webhook(body).receipts[0].wamid for body in door.bodies] == [wamid] * 3
    client.close()
