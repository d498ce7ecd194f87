"""The dashboard's figures run from end to end; what they say of a tiny run means nothing."""

import asyncio

import pytest

from bench.windows import Browser, PageFailed, Seen, Window
from tests.bench.tables import errors_in, table_of

TINY = (
    "--windows", "3", "--watched-calls", "2", "--watches", "1", "--past-messages", "400", "--opens", "1",
)  # fmt: skip
PAGE = b'<div sse-connect="/live?seen=1"><section hx-get="/look?seen=1" hx-trigger="sse:changed, every 5s">'
AGAIN = b'<section hx-get="/look?seen=2" hx-trigger="sse:changed, every 5s">'


@pytest.mark.bench
@pytest.mark.timeout(240)
def test_a_tiny_run_at_the_dashboard_opens_every_page_and_moves_no_call():
    rows = table_of(*TINY, figures=("dashboard-windows", "dashboard-pages"), within_s=230)

    assert errors_in(rows) == ["0 in 16", "0 in 21"]
    assert [rows[name] for name in rows if name.endswith("streams at once")] == ["3"]


def test_a_window_looks_again_as_soon_as_it_is_told_and_asks_for_what_it_has_not_seen():
    asked, seen = [], Seen()

    async def watch():
        told = asyncio.Event()
        server = await asyncio.start_server(lambda r, w: answer(r, w, asked, told), "127.0.0.1", 0)
        window = Window(server.sockets[0].getsockname()[1], "", "/talk", seen)
        await window.open()
        async with asyncio.timeout(4):  # sooner than it looks by itself
            await told.wait()
        await window.close()
        server.close()

    asyncio.run(watch())

    assert sorted(asked) == ["/live?seen=1", "/look?seen=1", "/look?seen=2", "/talk"]
    assert (seen.most, seen.streams, seen.errors) == (1, 0, {})


def test_a_page_that_nobody_shows_is_an_error():
    async def ask():
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        try:
            await Browser(server.sockets[0].getsockname()[1], "").get("/dashboard/")
        finally:
            server.close()

    with pytest.raises(PageFailed, match="/dashboard/"):
        asyncio.run(ask())


async def answer(reader, writer, asked, told):
    """One connection of a server whose page changes twice."""
    while line := await reader.readline():
        if not line.startswith(b"GET "):
            continue
        path = line.split(b" ")[1].decode()
        asked.append(path)
        if path.startswith("/live"):
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: changed\ndata: 2\n\n"
            )
            while "/look?seen=1" not in asked:
                await asyncio.sleep(0.01)
            writer.write(b"event: changed\ndata: 3\n\n")
            continue
        body = PAGE if path == "/talk" else AGAIN
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        if path == "/look?seen=2":
            told.set()
