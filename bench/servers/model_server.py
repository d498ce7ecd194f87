"""The model of the bench: a loopback server that speaks Chat Completions' stream, cheaply and on time.

`python -m bench.servers.model_server PORT`. It notes when it sent what, by the number in the question ("Pregunta 17"),
on the machine's monotonic clock, which every process here shares:

    GET /times       {"17": [asked, first token, first sentence certain, ended, late by, bytes], ...}, once
    GET /pace?first_s=0.4&tokens_per_s=40    for the answers from then on; tokens_per_s=0 is all at once
    GET /pace?first_s=0&tokens_per_s=0&chunks=10    all at once, in so many events, each sent by itself
"""

import asyncio
import json
import re
import sys
import time
from functools import partial
from urllib.parse import parse_qs, urlsplit

from bench.servers.stand_in import StandIn, serve

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


def in_chunks(many: int) -> list[bytes]:
    """The answer in so many events of about as many tokens each, and the end."""
    size = -(-ANSWER_TOKENS // many)
    texts = ["".join(TOKENS[start : start + size]) for start in range(0, ANSWER_TOKENS, size)]
    return [*(_delta(content=text) for text in texts), _PIECES[-1]]


class Pace:
    """The model's speed, and the times of its answers."""

    def __init__(self) -> None:
        self.first_s = FIRST_TOKEN_S
        self.tokens_per_s = TOKENS_PER_S
        self.chunks: list[bytes] = []
        self.times: dict[str, list[float]] = {}

    def set(self, query: dict[str, list[str]]) -> None:
        """Set the pace from a request."""
        self.first_s = float(query["first_s"][0])
        self.tokens_per_s = float(query["tokens_per_s"][0])
        chunks = int(query.get("chunks", ["0"])[0])
        self.chunks = in_chunks(chunks) if chunks else []

    def take_times(self) -> dict[str, list[float]]:
        """Return the times of answers that have ended, and forget them."""
        ended = {number: times for number, times in self.times.items() if times[3]}
        for number in ended:
            del self.times[number]
        return ended


class Connection(StandIn):
    """One kept connection: a request, its stream, the next request."""

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self._pace = pace
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.Handle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def asked(self, method: str, target: str, body: bytes) -> None:
        url = urlsplit(target)
        if method == "POST":
            self._stream(body)
        elif url.path == "/times":
            self.reply(self._pace.take_times())
        elif url.path == "/pace":
            self._pace.set(parse_qs(url.query))
            self.reply({})
        else:
            self.reply({"id": "bench", "object": "model"})

    def _stream(self, body: bytes) -> None:
        asked = self._loop.time()
        found = _QUESTION.findall(body)
        # The first time counts: a summary made later quotes the question.
        self._times = [asked, 0.0, 0.0, 0.0, 0.0, len(body)]
        if found:
            self._pace.times.setdefault(found[-1].decode(), self._times)
        self._is_usage_wanted = b'"include_usage"' in body
        self.transport.write(_HEAD)
        self._from = asked + self._pace.first_s
        self._step_s = 1 / self._pace.tokens_per_s if self._pace.tokens_per_s else 0.0
        self._chunks = self._pace.chunks
        send = self._send_chunk if self._chunks else self._send
        self._timer = self._loop.call_at(self._from, send, 0)

    def _send(self, index: int) -> None:
        times = self._times
        if index == 0:
            times[1] = time.monotonic()
        elif index == CERTAIN_AFTER:
            times[2] = time.monotonic()
            times[4] = times[2] - (self._from + index * self._step_s)
        if not self._step_s:
            times[1] = times[2] = time.monotonic()
            self.transport.write(b"".join(_PIECES))
            self._end()
            return
        self.transport.write(_PIECES[index])
        if index + 1 == len(TOKENS):
            self.transport.write(_PIECES[-1])
            self._end()
        else:
            self._timer = self._loop.call_at(self._from + (index + 1) * self._step_s, self._send, index + 1)

    def _send_chunk(self, index: int) -> None:
        if index == 0:
            self._times[1] = self._times[2] = time.monotonic()
        self.transport.write(self._chunks[index])
        if index + 2 < len(self._chunks):
            self._timer = self._loop.call_soon(self._send_chunk, index + 1)
        else:
            self.transport.write(self._chunks[-1])
            self._end()

    def _end(self) -> None:
        self._times[3] = time.monotonic()
        self.transport.write(_USAGE + _DONE if self._is_usage_wanted else _DONE)


if __name__ == "__main__":
    asyncio.run(serve(partial(Connection, Pace()), int(sys.argv[1])))
