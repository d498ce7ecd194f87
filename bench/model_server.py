"""The model of the bench: a loopback server that speaks Chat Completions' stream, cheaply and on time.

`python -m bench.model_server PORT`. Bare asyncio, so that it takes as little as can be of the processor that what is
measured runs on. It notes when it sent what, by the number in the question ("Pregunta 17"), on the machine's
monotonic clock, which every process here shares:

    GET /times       {"17": [asked, first token, first sentence certain, ended, late by, bytes], ...}, once
    GET /pace?first_s=0.4&tokens_per_s=40    for the answers from then on; tokens_per_s=0 is all at once
"""

import asyncio
import json
import re
import sys
import time
from urllib.parse import parse_qs, urlsplit

FIRST_TOKEN_S = 0.4
TOKENS_PER_S = 40.0

# Five sentences of sixteen tokens, as a model writes them: a word takes its space with it, a stop stands alone.
ANSWER = (
    "Claro| que| sí|,| mañana| abrimos| a| las| nueve| de| la| mañ|ana| sin| falta|.",
    " La| primera| visita| dura| una| hora| y| cuesta| cuarenta| y| cinco| euros| en| to|tal|.",
    " Puede| venir| con| ropa| cóm|oda| y| traer| los| inform|es| que| ya| tenga| usted|.",
    " Si| no| puede| venir|,| avi|se| con| un| día| de| antel|ación|,| por favor|.",
    " ¿|Quiere| que| le| pida| a| recepción| que| le| llame| para| darle| una| cita| nueva|?",
)
TOKENS = [token for sentence in ANSWER for token in sentence.split("|")]
CERTAIN_AFTER = len(ANSWER[0].split("|"))
"""The index of the token after which the end of the first sentence is certain: the next sentence's first."""
ANSWER_TOKENS = len(TOKENS)

_QUESTION = re.compile(rb"Pregunta (\d+)")
_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    b"Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _event(**values: object) -> bytes:
    chunk = {
        "id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1_760_000_000,
        "model": "bench", "service_tier": "default", "system_fingerprint": None, **values,
    }  # fmt: skip
    return _chunk(b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n")


def _delta(finish_reason: str | None = None, **delta: str) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return _event(choices=[choice], usage=None)


_PIECES = [_delta(content=token) for token in TOKENS]
_PIECES[0] = _delta(role="assistant", content="") + _PIECES[0]
_USAGE = _event(
    choices=[],
    usage={"prompt_tokens": 900, "completion_tokens": len(TOKENS), "total_tokens": 900 + len(TOKENS)},
)
_DONE = _chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"
_PIECES.append(_delta(finish_reason="stop"))


class Pace:
    """How fast the model is, and when it said what."""

    def __init__(self) -> None:
        self.first_s = FIRST_TOKEN_S
        self.tokens_per_s = TOKENS_PER_S
        self.times: dict[str, list[float]] = {}

    def set(self, query: dict[str, list[str]]) -> None:
        """Take what a request says."""
        self.first_s = float(query["first_s"][0])
        self.tokens_per_s = float(query["tokens_per_s"][0])

    def take_times(self) -> dict[str, list[float]]:
        """Return the times of answers that have ended, and forget them."""
        ended = {number: times for number, times in self.times.items() if times[3]}
        for number in ended:
            del self.times[number]
        return ended


class Connection(asyncio.Protocol):
    """One kept connection: a request, its stream, the next request."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._loop = asyncio.get_running_loop()
        self._received = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_ends = self._received.find(b"\r\n\r\n")
        if head_ends < 0:
            return
        length = _LENGTH.search(self._received, 0, head_ends)
        ends = head_ends + 4 + (int(length[1]) if length else 0)
        if len(self._received) < ends:
            return
        request, self._received = self._received[:ends], self._received[ends:]
        self._answer(request[:head_ends].split(b" ", 2), request[head_ends + 4 :])

    def _answer(self, head: list[bytes], body: bytes) -> None:
        url = urlsplit(head[1].decode())
        if head[0] == b"POST":
            self._stream(body)
        elif url.path == "/times":
            self._json(self._pace.take_times())
        elif url.path == "/pace":
            self._pace.set(parse_qs(url.query))
            self._json({})
        else:
            self._json({"id": "bench", "object": "model"})

    def _json(self, value: object) -> None:
        body = json.dumps(value).encode()
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (len(body), body)
        )

    def _stream(self, body: bytes) -> None:
        asked = self._loop.time()
        found = _QUESTION.findall(body)
        # The first time counts: a summary made later quotes the question.
        self._times = [asked, 0.0, 0.0, 0.0, 0.0, len(body)]
        if found:
            self._pace.times.setdefault(found[-1].decode(), self._times)
        self._is_usage_wanted = b'"include_usage"' in body
        self._transport.write(_HEAD)
        self._from = asked + self._pace.first_s
        self._step_s = 1 / self._pace.tokens_per_s if self._pace.tokens_per_s else 0.0
        self._timer = self._loop.call_at(self._from, self._send, 0)

    def _send(self, index: int) -> None:
        times = self._times
        if index == 0:
            times[1] = time.monotonic()
        elif index == CERTAIN_AFTER:
            times[2] = time.monotonic()
            times[4] = times[2] - (self._from + index * self._step_s)
        if not self._step_s:
            times[1] = times[2] = time.monotonic()
            self._transport.write(b"".join(_PIECES))
            self._end()
            return
        self._transport.write(_PIECES[index])
        if index + 1 == len(TOKENS):
            self._transport.write(_PIECES[-1])
            self._end()
        else:
            self._timer = self._loop.call_at(self._from + (index + 1) * self._step_s, self._send, index + 1)

    def _end(self) -> None:
        self._times[3] = time.monotonic()
        self._transport.write(_USAGE + _DONE if self._is_usage_wanted else _DONE)


async def serve(port: int) -> None:
    """Serve until the process is told to end."""
    pace = Pace()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(pace), "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
