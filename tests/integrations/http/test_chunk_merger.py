"""Chunks merged into the same body, however its bytes arrive."""

import itertools

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.http.deadline_sockets import ChunkMerger

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunked(pieces):
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def read(pieces, *, ended=False):
    """What a reader of HTTP makes of these bytes: the pieces of the body, and whether it came to its end."""
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method="GET", target="/", headers=[("Host", "model.example")]))
    reader.send(h11.EndOfMessage())
    data = []
    for piece in (*pieces, b"") if ended else pieces:
        reader.receive_data(piece)
        while (event := reader.next_event()) is not h11.NEED_DATA:
            if isinstance(event, h11.Data):
                data.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                return data, True
    return data, False


def cut(data, places):
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges) if a < b]


def through(pieces):
    merger = ChunkMerger()
    return [merger.feed(piece) for piece in pieces]


@given(
    st.lists(st.binary(min_size=1, max_size=40) | st.sampled_from([b"3\r\n", b"\r\n0\r\n\r\n", b"a" * 300])),
    st.lists(st.integers(0, 2000), max_size=12),
)
def test_a_body_is_the_same_however_it_is_cut(pieces, places):
    passed_on = through(cut(HEAD + chunked(pieces), places))

    assert all(passed_on)
    data, complete = read(passed_on)
    assert (b"".join(data), complete) == (b"".join(pieces), True)


def test_chunks_that_come_together_are_read_as_one():
    pieces = [b'data: {"n":%d}\n\n' % n for n in range(80)]

    data, complete = read(through([HEAD, chunked(pieces)]))

    assert (data, complete) == ([b"".join(pieces)], True)


def test_a_chunk_that_has_begun_is_not_held_back():
    merger = ChunkMerger()

    assert merger.feed(HEAD + b"5\r\nhol") == HEAD + b"5\r\nhol"
    assert merger.feed(b"a.\r\n2\r\nde\r\n3\r\nque\r\n4") == b"a.\r\n5\r\ndeque\r\n4"
    assert merger.feed(b"\r\ntal?\r\n0\r\n\r\n") == b"\r\ntal?\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    "body",
    [
        b"5;name=value\r\nhola.\r\n3\r\nque\r\n3\r\nque\r\n0\r\n\r\n",
        b"3\r\nque\r\nno chunk at all",
        b"fffffffff\r\n",
        b"3\nque\n",
        b"3\r\nqueso\r\n3\r\nque\r\n0\r\n\r\n",
        b"3\r\nque\r\n0\r\nTrailer: 3\r\n\r\n",
    ],
)
def test_what_is_not_understood_is_passed_on_as_it_is(body):
    for size in range(1, len(body)):
        pieces = [HEAD, *(body[at : at + size] for at in range(0, len(body), size))]
        assert b"".join(through(pieces)) in (
            HEAD + body,
            HEAD + body.replace(b"3\r\nque\r\n3\r\nque", b"6\r\nqueque"),
        )


def test_a_body_of_a_known_length_is_left_alone():
    response = b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n3\r\nque\r\n3\r\nque\r\n0\r\n\r\n"

    for size in range(1, len(response)):
        pieces = [response[at : at + size] for at in range(0, len(response), size)]
        assert through(pieces) == pieces


def test_a_head_or_a_chunk_without_end_is_not_kept():
    merger = ChunkMerger()
    for _ in range(100):
        merger.feed(b"X" * 1000)
    assert len(merger._head) < 70_000

    merger = ChunkMerger()
    merger.feed(HEAD + b"fffffff\r\n")
    for _ in range(200):
        assert merger.feed(b"x" * 1000) == b"x" * 1000
    assert len(merger._begun) < 70_000
