"""What is no request, or only looks like one, has one refusal and one line in the log, which repeats nothing of it."""

import socket
import struct
import time

import pytest

from tests.launch.clients import HALF_THE_HEADERS, HEALTH, read_to_end
from tests.launch.gunicorn_server import OTHERS_WAIT_AT_MOST_S, seconds_for_a_request
from tests.waiting import LATE_S

WORD = b"palabras-de-alguien"
GET = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
HIDDEN = b"GET /length?" + WORD + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = HALF_THE_HEADERS + b"Transfer-Encoding: chunked\r\n"
REFUSED = {
    "no request line": (b"nonsense " + WORD + b"\r\n\r\n", 400),
    "the request line of HTTP/0.9": (b"GET /health\r\n\r\n", 400),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "a version that is none": (b"GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n", 400),
    "lines that end otherwise": (b"GET /health?" + WORD + b" HTTP/1.1\nHost: localhost\n\n", 400),
    "NUL in the path": (b"GET /health?" + WORD + b"\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "NUL in a header": (GET + b"X: " + WORD + b"\0\r\n\r\n", 400),
    "bytes beyond ASCII in the path": (b"GET /health?" + WORD + b"\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a long request line": (b"GET /health?" + WORD * 1000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
    "a long header": (GET + b"X: " + WORD * 1000 + b"\r\n\r\n", 431),
    "headers without an end": (GET + b"X: " + b"x" * 70_000, 431),
    "ten thousand headers": (GET + b"X: x\r\n" * 10_000 + b"\r\n", 431),
    "a folded header": (GET + b"X: x\r\n " + WORD + b"\r\n\r\n", 400),
    "a space before a colon": (HALF_THE_HEADERS + b"Content-Length : 5\r\n\r\nhello", 400),
    "a length in words": (HALF_THE_HEADERS + b"Content-Length: many\r\n\r\n", 400),
    "a negative length": (HALF_THE_HEADERS + b"Content-Length: -5\r\n\r\nhello", 400),
    "a length with a sign": (HALF_THE_HEADERS + b"Content-Length: +5\r\n\r\nhello", 400),
    "two lengths": (HALF_THE_HEADERS + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n" + HIDDEN, 400),
    "a length and chunks": (CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n" + HIDDEN, 400),
    "chunks twice": (CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN, 400),
    "chunks that are not last": (
        HALF_THE_HEADERS + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n" + HIDDEN, 400
    ),
    "an unknown coding": (HALF_THE_HEADERS + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN, 501),
    "a coding with a control character": (
        HALF_THE_HEADERS + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + HIDDEN, 400
    ),
    "chunks in HTTP/1.0": (CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"\r\n0\r\n\r\n" + HIDDEN, 400),
    "a chunk without a size": (CHUNKED + b"\r\nmany\r\n" + HIDDEN, 400),
    "a chunk that is longer than it says": (CHUNKED + b"\r\n3\r\nhello\r\n0\r\n\r\n" + HIDDEN, 400),
    "a chunk's size after white space": (CHUNKED + b"\r\n 5\r\nhello\r\n0\r\n\r\n" + HIDDEN, 400),
    "an extension of a chunk that is none": (CHUNKED + b'\r\n5;a="\r\nhello\r\n0\r\n\r\n' + HIDDEN, 400),
    "a bad trailer": (CHUNKED + b"\r\n5\r\nhello\r\n0\r\n: " + WORD + b"\r\n\r\n" + HIDDEN, 400),
    "an expectation that is none": (HALF_THE_HEADERS + b"Expect: " + WORD + b"\r\n\r\n", 417),
}  # fmt: skip


def test_each_is_refused_once_and_the_log_repeats_nothing(serve, connect):
    server, statuses = serve(), {}
    for name, (said, _) in REFUSED.items():
        began = time.monotonic()
        reply = read_to_end(connect(server, said))
        assert time.monotonic() - began < LATE_S, name
        assert WORD not in reply, name
        statuses[name] = [
            int(line.split()[1]) for line in reply.split(b"\r\n") if line.startswith(b"HTTP/1.")
        ]
    log = server.end_and_read()

    assert {name: [status for status in found if status != 100] for name, found in statuses.items()} == {
        name: [status] for name, (_, status) in REFUSED.items()
    }
    assert "Traceback" not in log and WORD.decode() not in log


@pytest.mark.parametrize(
    "said",
    [
        GET.replace(b"/health", b"http://example.com/health") + b"\r\n",
        b"\r\n" + HEALTH,
        GET + b"X: x\r\n" * 90 + b"\r\n",
        HALF_THE_HEADERS + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
    ],
    ids=["absolute", "after an empty line", "many headers", "expecting"],
)
def test_what_is_odd_and_allowed_is_answered(serve, connect, said):
    client = connect(serve(), said.replace(b"Host:", b"Connection: close\r\nHost:", 1))

    assert b"HTTP/1.1 200 OK" in read_to_end(client)


def test_who_says_hello_in_tls_or_leaves_at_once_is_no_trouble(serve, connect):
    server = serve(WEB_THREADS="4")

    for _ in range(20):
        connect(server, bytes.fromhex("16030100c8010000c40303") + b"\x01" * 190)
        vanishing = socket.create_connection(server.address)
        vanishing.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        vanishing.sendall(HEALTH)
        vanishing.close()

    assert seconds_for_a_request(server) < OTHERS_WAIT_AT_MOST_S
