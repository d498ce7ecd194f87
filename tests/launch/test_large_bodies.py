"""Requests that are too large to be waited for without a thread take few threads, whatever their clients do."""

from tests.launch.clients import BUFFERED, HALF_THE_HEADERS, HEALTH, LARGE, LARGE_IN_CHUNKS, read_reply
from tests.launch.gunicorn_server import OTHERS_WAIT_AT_MOST_S, seconds_for_a_request

UNREAD = LARGE.replace(b"POST /length", b"GET /health")


def test_half_a_large_body_takes_one_thread_of_four(serve, connect):
    server = serve(WEB_THREADS="4")

    for said in (LARGE, LARGE_IN_CHUNKS, UNREAD) * 5:
        connect(server, said)

    assert seconds_for_a_request(server) < OTHERS_WAIT_AT_MOST_S


def test_a_length_beyond_all_numbers_takes_no_thread(serve, connect):
    server = serve(WEB_THREADS="4")

    for path in (b"POST /length", b"GET /health"):
        for _ in range(8):
            said = HALF_THE_HEADERS.replace(b"POST /length", path)
            connect(server, said + b"Content-Length: " + b"9" * 25 + b"\r\n\r\n")
            connect(server, said + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\nhello")

    assert seconds_for_a_request(server) < OTHERS_WAIT_AT_MOST_S


def test_one_large_body_too_many_is_refused_and_the_next_is_taken(serve, connect):
    server = serve(WEB_THREADS="4")
    first = connect(server, LARGE)

    refused, _ = read_reply(connect(server, LARGE))
    first.sendall(b"x" * (1_000_000 - BUFFERED))
    taken = read_reply(first)
    first.sendall(HEALTH)  # it is answered when the thread has let the first one go
    read_reply(first)
    next_one = connect(server, LARGE)
    next_one.sendall(b"x" * (1_000_000 - BUFFERED))

    assert refused == 503
    assert taken == read_reply(next_one) == (200, b"1000000")
