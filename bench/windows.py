"""Windows of the dashboard as browsers have them open: a page, the stream that says "look again", and looking again.

What htmx does there is done as sparingly as can be, for it runs on the processor that what is measured runs on.
"""

import asyncio
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from html import unescape

OPENS_WITHIN_S = 30.0
FIRST_RETRY_S, LONGEST_RETRY_S = 0.5, 64.0
"""After how long htmx asks again for a stream that it did not get: twice as long each time."""

_STREAM = re.compile(r'sse-connect="([^"]+)"')
_LOOK = re.compile(r'hx-get="([^"]+)" hx-trigger="sse:changed, every (\d+)s"')
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class PageFailed(Exception):
    """A page was not shown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page request's result and duration."""

    status: int
    html: str
    seconds: float


class Browser:
    """One kept connection on which pages are asked for. cookie: an operator's."""

    def __init__(self, port: int, cookie: str) -> None:
        self._port, self._cookie = port, cookie
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def get(self, path: str) -> Shown:
        """Ask for a page. Raises PageFailed where nothing comes."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(OPENS_WITHIN_S):
                status, body = await self._exchange(path)
        except (OSError, EOFError, TimeoutError, asyncio.IncompleteReadError) as error:
            self.close()
            raise PageFailed(f"{path}: {type(error).__name__}") from error
        return Shown(status, body.decode(), time.monotonic() - began)

    async def _exchange(self, path: str) -> tuple[int, bytes]:
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(request(path, self._port, self._cookie))
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await self._reader.readexactly(int(length[1]) if length else 0)
        return int(head[9:12]), body

    def close(self) -> None:
        """Leave."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


@dataclass
class Seen:
    """The results of all windows. streams: open now; most: the maximum so far."""

    streams: int = 0
    most: int = 0
    looks: Counter[int] = field(default_factory=Counter)
    """Number of refreshes by HTTP status: 204 is nothing new."""
    errors: Counter[str] = field(default_factory=Counter)

    def stream_began(self) -> None:
        """A window has a stream."""
        self.streams += 1
        self.most = max(self.most, self.streams)


class Window:
    """A page that is open and follows what it shows, until it is closed."""

    def __init__(self, port: int, cookie: str, path: str, seen: Seen) -> None:
        self._port, self._cookie, self._path, self._seen = port, cookie, path, seen
        self._browser = Browser(port, cookie)
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Load the page, and follow it from here on. Raises PageFailed."""
        page = await self._browser.get(self._path)
        look = _LOOK.search(page.html)
        if page.status != 200 or look is None:
            raise PageFailed(f"{self._path}: HTTP {page.status}")
        self._tasks = [asyncio.create_task(self._look_again(unescape(look[1]), float(look[2])))]
        if stream := _STREAM.search(page.html):
            self._tasks.append(asyncio.create_task(self._listen(unescape(stream[1]))))

    async def close(self) -> None:
        """Close it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._browser.close()

    async def _look_again(self, url: str, every_s: float) -> None:
        while True:
            try:
                async with asyncio.timeout(every_s):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()
            try:
                found = await self._browser.get(url)
            except PageFailed as error:
                self._seen.errors[str(error)] += 1
                continue
            self._seen.looks[found.status] += 1
            if found.status == 200 and (look := _LOOK.search(found.html)):
                url = unescape(look[1])

    async def _listen(self, url: str) -> None:
        retry_s = FIRST_RETRY_S
        while True:
            if await self._read_stream(url):
                retry_s = FIRST_RETRY_S
            await asyncio.sleep(retry_s)
            retry_s = min(2 * retry_s, LONGEST_RETRY_S)

    async def _read_stream(self, url: str) -> bool:
        """Read a stream to its end; return whether there was one."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(request(url, self._port, self._cookie, "text/event-stream"))
            if (await reader.readuntil(b"\r\n\r\n"))[9:12] != b"200":
                return False
            self._seen.stream_began()
            try:
                while line := await reader.readline():
                    if line.startswith(b"event: changed"):
                        self._changed.set()
            finally:
                self._seen.streams -= 1
        finally:
            writer.close()
        return True


def request(path: str, port: int, cookie: str, accept: str = "text/html") -> bytes:
    """Return the request of an operator's browser on this machine itself."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: {accept}\r\nAccept-Language: es\r\n"
        f"Cookie: {cookie}\r\n\r\n"
    ).encode()
