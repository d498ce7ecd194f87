"""Clients who take their time have no thread, and an end; all others are served as if they were alone."""

import socket
import time
from contextlib import ExitStack

import pytest

from tests.launch.gunicorn_server import OTHERS_WAIT_AT_MOST_S, seconds_for_a_request
from tests.waiting import LATE_S, PATIENCE_S

IDLE = b""
HALF_A_LINE = b"GET /hea"
HALF_THE_HEADERS = b"POST /length HTTP/1.1\r\nHost: localhost\r\n"
HEADERS = HALF_THE_HEADERS + b"Content-Length: 100\r\n\r\n"
HALF_A_BODY = HEADERS + b"x" * 50
HALF_A_CHUNK = HALF_THE_HEADERS + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel"
KINDS = (IDLE, HALF_A_LINE, HALF_THE_HEADERS, HEADERS, HALF_A_BODY, HALF_A_CHUNK)
HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
DEADLINE_S = 10


@pytest.fixture
def connect():
    """Call it to have a client who says this much."""
    with ExitStack() as clients:

        def one(server, said, **options):
            client = clients.enter_context(socket.create_connection(server.address, timeout=PATIENCE_S))
            for name, value in options.items():
                client.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
            client.sendall(said)
            return client

        yield one


def read_to_end(client):
    return b"".join(iter(lambda: client.recv(65536), b""))


def read_reply(client):
    """Return a reply's status and body; the connection may be kept."""
    reply = client.makefile("rb", buffering=0)
    status = int(reply.readline().split()[1])
    headers = dict(line.rstrip().lower().split(b": ", 1) for line in iter(reply.readline, b"\r\n"))
    return status, reply.read(int(headers.get(b"content-length", 0)))


@pytest.mark.parametrize("said", KINDS)
def test_half_a_request_takes_no_thread(serve, connect, said):
    server = serve(WEB_THREADS="4")

    for _ in range(40):
        connect(server, said)

    assert seconds_for_a_request(server) < OTHERS_WAIT_AT_MOST_S


def test_after_ten_seconds_an_unfinished_request_is_ended(serve, connect):
    server, began = serve(WEB_THREADS="4"), time.monotonic()
    begun = [connect(server, said) for said in KINDS if said]
    idle = connect(server, IDLE)
    trickling = connect(server, HALF_THE_HEADERS)
    trickling.settimeout(0.25)
    while time.monotonic() - began < DEADLINE_S + LATE_S:
        try:
            trickling.sendall(b"X")
            if trickling.recv(100):
                break
        except TimeoutError:
            pass

    replies = [read_to_end(client) for client in begun]

    assert all(reply.startswith(b"HTTP/1.1 408 ") for reply in replies)
    assert read_to_end(idle) == b""
    assert DEADLINE_S - 1 < time.monotonic() - began < DEADLINE_S + LATE_S


def test_a_client_who_leaves_in_the_middle_is_no_trouble(serve, connect):
    server = serve(WEB_THREADS="4")

    for said in KINDS:
        client = connect(server, said)
        client.shutdown(socket.SHUT_WR)
        assert read_to_end(client) == b""

    assert seconds_for_a_request(server) < OTHERS_WAIT_AT_MOST_S


@pytest.mark.parametrize(
    ("pieces", "body"),
    [
        ([b"GET /heal", b"th HTTP/1.1\r", b"\nHost: localhost\r\n\r", b"\n"], b'"pid"'),
        ([HEADERS, b"x" * 99, b"x"], b"100"),
        ([HALF_A_CHUNK, b"lo\r", b"\n0\r\n", b"\r\n"], b"5"),
        ([HALF_A_CHUNK, b"lo\r\n0;last\r\nSum: 1\r", b"\n\r\n"], b"5"),
        ([HALF_THE_HEADERS, b"Content-Length: 1000000\r\n\r\n", b"x" * 400_000, b"x" * 600_000], b"1000000"),
    ],
)  # fmt: skip
def test_a_request_in_pieces_is_answered_when_it_is_whole(serve, connect, pieces, body):
    server = serve(WEB_THREADS="4")
    client = connect(server, b"")
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    for piece in pieces:
        client.sendall(piece)
        time.sleep(0.02)
    status, answer = read_reply(client)

    assert (status, body in answer) == (200, True)


def test_who_asks_before_sending_a_body_is_told_to_go_on(serve, connect):
    client = connect(serve(), HALF_THE_HEADERS + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")

    assert client.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
    client.sendall(b"abc")
    client.shutdown(socket.SHUT_WR)

    assert read_to_end(client).endswith(b"\r\n\r\n3")


def test_requests_that_come_together_are_all_answered(serve, connect):
    client = connect(serve(WEB_THREADS="4"), HEALTH * 3 + HEALTH[:20])

    assert [read_reply(client)[0] for _ in range(3)] == [200] * 3
    client.sendall(HEALTH[20:])
    assert read_reply(client)[0] == 200


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\nHost: localhost\n\n", 400),
        (HALF_THE_HEADERS + b"Content-Length: many\r\n\r\n", 400),
        (HALF_THE_HEADERS + b"Transfer-Encoding: chunked\r\n\r\nmany\r\n", 500),
        (HALF_THE_HEADERS + b"X: " + b"x" * 70_000, 431),
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused_at_once(serve, connect, said, status):
    began = time.monotonic()

    reply = read_to_end(connect(serve(), said))

    assert reply.startswith(b"HTTP/1.1 %d " % status), reply
    assert time.monotonic() - began < LATE_S


def test_who_does_not_read_the_reply_is_let_go(serve, connect):
    server = serve(WEB_THREADS="4")

    for _ in range(8):
        connect(server, b"GET /large?bytes=8000000 HTTP/1.1\r\nHost: localhost\r\n\r\n", SO_RCVBUF=4096)

    assert seconds_for_a_request(server) < 2 * DEADLINE_S + LATE_S


def test_ordinary_replies_take_no_thread_while_they_are_not_read(serve, connect):
    server = serve(WEB_THREADS="4")

    for _ in range(40):
        connect(server, b"GET /large?bytes=100000 HTTP/1.1\r\nHost: localhost\r\n\r\n", SO_RCVBUF=4096)

    assert seconds_for_a_request(server) < OTHERS_WAIT_AT_MOST_S


def test_more_clients_than_descriptors_end_nothing(serve, connect):
    server = serve(limit=256)
    process = server.health()["pid"]

    for number in range(400):
        connect(server, KINDS[number % len(KINDS)])

    assert seconds_for_a_request(server) < OTHERS_WAIT_AT_MOST_S
    assert server.health()["pid"] == process


@pytest.mark.bench
def test_eight_hundred_halves_and_two_thousand_idle_clients(serve, connect):
    server = serve()

    for number in range(2_800):
        connect(server, KINDS[1 + number % (len(KINDS) - 1)] if number < 800 else IDLE)
        if number % 100 == 0:
            assert seconds_for_a_request(server) < OTHERS_WAIT_AT_MOST_S

    assert max(seconds_for_a_request(server) for _ in range(20)) < OTHERS_WAIT_AT_MOST_S


def test_told_to_end_it_does_not_wait_for_unfinished_requests(serve, connect):
    server = serve()
    for said in KINDS:
        connect(server, said)
    began = time.monotonic()

    assert server.end() == 0
    assert time.monotonic() - began < DEADLINE_S - 2
