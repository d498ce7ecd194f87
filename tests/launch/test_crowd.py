"""The program itself among clients who take their time: calls and health are answered as if there were none."""

import socket
import threading
import time
import urllib.request
from contextlib import suppress
from types import SimpleNamespace

import pytest

from launch.descriptors import raise_descriptor_limit
from tests.fakes.openai.replies import text
from tests.launch.clients import HALF_A_LINE, HALF_THE_HEADERS, HEADERS, IDLE, KINDS, LARGE
from tests.launch.gunicorn_server import OTHERS_WAIT_AT_MOST_S
from tests.processes import a_phone, web

SLOW_READER = b"GET /dashboard/static/vendor/htmx-2.0.11.min.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
ROUNDS = 5


@pytest.mark.parametrize(
    ("slow", "idle", "threads"),
    [(60, 40, "8"), pytest.param(800, 2_000, "400", marks=pytest.mark.bench)],
    ids=["a few", "thousands"],
)
def test_calls_are_answered_within_a_second(environment, make_settings, openai, connect, slow, idle, threads):
    raise_descriptor_limit()
    openai.default = text("Abrimos a las nueve.")
    crowd = environment | {"WEB_THREADS": threads, "WEB_CONCURRENCY": "2"}
    server = SimpleNamespace(address=("127.0.0.1", int(environment["PORT"])))
    with web(crowd), a_phone(environment, make_settings()) as first:
        first.dial()
        waits = []
        for part in range(ROUNDS):
            clients = [connect(server, said, **options) for said, options in _crowd(slow, idle, part)]
            with _trickling(clients[:20]), a_phone(environment, make_settings()) as phone:
                waits += [
                    _seconds_for(phone.dial),
                    _seconds_for(
                        lambda phone=phone: phone.post(
                            "/gather?turn=1", {"SpeechResult": "¿A qué hora abren?"}
                        )
                    ),
                    _seconds_for(
                        lambda: urllib.request.urlopen(
                            f"http://127.0.0.1:{environment['PORT']}/health", timeout=30
                        )
                    ),
                ]

    assert max(waits) < OTHERS_WAIT_AT_MOST_S, waits


def _crowd(slow, idle, part):
    """What one part of the crowd says, and how it listens."""
    kinds = [(said, {}) for said in (*KINDS[1:], HALF_A_LINE, HALF_THE_HEADERS, HEADERS)]
    kinds += [(SLOW_READER, {"SO_RCVBUF": 4096})] * 2
    if part == 0:
        kinds.append((LARGE, {}))
    yield from (kinds[number % len(kinds)] for number in range(slow // ROUNDS))
    yield from ((IDLE, {}) for _ in range(idle // ROUNDS))


def _seconds_for(action):
    began = time.monotonic()
    action()
    return time.monotonic() - began


class _trickling:
    """Clients that say another byte now and then, for as long as the block lasts."""

    def __init__(self, clients):
        self._clients, self._ended = clients, threading.Event()
        self._thread = threading.Thread(target=self._say)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _say(self):
        while not self._ended.wait(0.2):
            for client in self._clients:
                with suppress(OSError):
                    client.send(b"x", socket.MSG_DONTWAIT)
