"""Clients who take their time have no thread, and an end; all others are served as if they were alone."""

import os
import signal
import socket
import time

import pytest

from tests.launch.clients import (
    HALF_A_CHUNK,
    HALF_THE_HEADERS,
    HEADERS,
    HEALTH,
    IDLE,
    KINDS,
    read_reply,
    read_to_end,
)
from tests.launch.gunicorn_server import OTHERS_WAIT_AT_MOST_S, seconds_for_a_request
from tests.waiting import LATE_S, PATIENCE_S

DEADLINE_S = 10


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


def test_whoever_sends_many_requests_at_once_takes_few_threads(serve, connect):
    server = serve(WEB_THREADS="4")
    slow = b"GET /slow?seconds=2 HTTP/1.1\r\nHost: localhost\r\n\r\n"

    clients = [connect(server, HEALTH + slow) for _ in range(4)]
    server.read_until("slow begins")

    assert seconds_for_a_request(server) < OTHERS_WAIT_AT_MOST_S
    assert all(read_reply(client)[0] == 200 for client in clients)
    assert read_reply(clients[0]) == (200, b"finished")


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


def test_large_replies_that_are_not_read_take_one_thread_of_four(serve, connect):
    server = serve(WEB_THREADS="4")

    for _ in range(8):
        connect(server, b"GET /large?bytes=8000000 HTTP/1.1\r\nHost: localhost\r\n\r\n", SO_RCVBUF=4096)

    assert seconds_for_a_request(server) < OTHERS_WAIT_AT_MOST_S


def test_replies_to_many_requests_that_are_not_read_take_one_thread_of_four(serve, connect):
    server = serve(WEB_THREADS="4")

    for _ in range(8):
        asked = b"GET /large?bytes=100000 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50
        connect(server, asked, SO_RCVBUF=4096)

    assert seconds_for_a_request(server) < OTHERS_WAIT_AT_MOST_S


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


def test_large_requests_in_threads_have_a_bound_together(serve, connect):
    server = serve(WEB_THREADS="200")
    slow, size = b"GET /slow?seconds=60 HTTP/1.1\r\nHost: localhost\r\n", 250_000
    large = slow + b"Content-Length: %d\r\n\r\n" % size + b"x" * size
    clients = [connect(server, large) for _ in range(32 * 1024 * 1024 // size)]

    refused = connect(server, large)

    assert read_reply(refused)[0] == 503
    assert seconds_for_a_request(server) < OTHERS_WAIT_AT_MOST_S
    assert len(clients) > 100
    worker = server.health()["pid"]
    server.process.kill()
    os.kill(worker, signal.SIGKILL)  # the slow ones are in no hurry
    server.process.wait(PATIENCE_S)


def test_told_to_end_it_does_not_wait_for_unfinished_requests(serve, connect):
    server = serve()
    for said in KINDS:
        connect(server, said)
    began = time.monotonic()

    assert server.end() == 0
    assert time.monotonic() - began < DEADLINE_S - 2
