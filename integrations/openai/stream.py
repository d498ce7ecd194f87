"""Parses a Chat Completions stream: bytes, lines, chunks, events.

The openai library builds a typed object tree for each token (26 to 36 ms of CPU for an answer of 80 tokens, against 8
here, measured in one run) and fails on servers' deviations.
Format: https://platform.openai.com/docs/api-reference/chat-streaming
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from integrations.language_model import Event, Finish, TextDelta, ToolCall, Usage

DONE = b"[DONE]"
_LONGEST_LINE = 1 << 20
_SILENT = (b":", b"event:", b"id:", b"retry:")


class UnreadableStreamError(ValueError):
    """The response is not a stream of chunks."""


class ErrorInStreamError(Exception):
    """The server sent an error object in the middle of a stream. code: the server's, if any."""

    def __init__(self, error: Any) -> None:
        self.code = error.get("code") if isinstance(error, dict) else None
        super().__init__(self.code or "no code")


def payloads(pieces: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield the data lines of server-sent events, in groups as they arrived.

    Each line is an event: no server spreads a chunk over several lines. Raises UnreadableStreamError after the readable
    lines.
    """
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > _LONGEST_LINE:
            raise UnreadableStreamError("a line without end")
        yield from _payloads(lines)
    yield from _payloads([rest])


def _payloads(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    found: list[bytes] = []
    try:
        for line in lines:
            if payload := _payload(line):
                found.append(payload)
    except UnreadableStreamError:
        yield found
        raise
    if found:
        yield found


def _payload(line: bytes) -> bytes:
    if line.startswith(b"data:"):
        return line[5:].strip()
    if line.startswith(b"error:"):  # llama.cpp's way to report an error in a stream
        return b'{"error":%b}' % line[6:].strip()
    if line.startswith(_SILENT) or not line.strip():
        return b""
    raise UnreadableStreamError("not a line of server-sent events")


class ChunkReader:
    """Assembles the events of one stream.

    begun: whether the model has sent anything, even part of a tool's name. usage: the last one received.
    """

    def __init__(self) -> None:
        self.begun = False
        self.usage: Usage | None = None
        self._finished = False
        self._calls: list[_PartialCall] = []
        self._by_index: dict[Any, _PartialCall] = {}

    def read(self, payload: bytes) -> list[Event]:
        """Return a chunk's events. Raises UnreadableStreamError and ErrorInStreamError."""
        try:
            return self._read(json.loads(payload))
        except (ValueError, TypeError, AttributeError, LookupError, OverflowError, RecursionError) as error:
            raise UnreadableStreamError("not a chunk") from error

    def read_all(self, payloads: Iterable[bytes]) -> Iterator[Event]:
        """Yield the events of chunks that arrived together, their text joined.

        Raises as `read`, after the readable events.
        """
        words: list[str] = []
        try:
            for payload in payloads:
                for event in self.read(payload):
                    if isinstance(event, TextDelta):
                        words.append(event.text)
                    else:
                        yield from _words(words)
                        words = []
                        yield event
        except (UnreadableStreamError, ErrorInStreamError):
            yield from _words(words)
            raise
        yield from _words(words)

    def _read(self, chunk: dict[str, Any]) -> list[Event]:
        if error := chunk.get("error"):
            raise ErrorInStreamError(error)
        if chunk.get("object") == "error":
            raise ErrorInStreamError(chunk)
        if usage := chunk.get("usage"):
            self.usage = Usage(int(usage["prompt_tokens"]), int(usage.get("completion_tokens") or 0))
        choices = chunk.get("choices")
        return self._read_choice(choices[0]) if choices and not self._finished else []

    def _read_choice(self, choice: dict[str, Any]) -> list[Event]:
        events: list[Event] = []
        delta = choice.get("delta") or {}
        if text := delta.get("content"):
            self.begun = True
            events.append(TextDelta(_without_surrogates(text)))
        for part in delta.get("tool_calls") or ():
            self.begun = True
            self._call_of(part).add(part.get("function") or {})
        if reason := choice.get("finish_reason"):
            self._finished = True
            events += [call.whole() for call in self._calls]
            events.append(Finish(str(reason)))
        return events

    def _call_of(self, part: dict[str, Any]) -> "_PartialCall":
        """Return a fragment's call: by its index, but a new id is a new call.

        Some servers send whole calls, all with index 0 or none.
        """
        index, call_id = part.get("index"), part.get("id")
        known = self._by_index.get(index)
        if known is None or (call_id and call_id != known.call_id):
            known = _PartialCall(str(call_id or f"call_{len(self._calls) + 1}"))
            self._calls.append(known)
            self._by_index[index] = known
        return known


@dataclass
class _PartialCall:
    call_id: str
    name: str = ""
    arguments: str = ""

    def add(self, function: dict[str, Any]) -> None:
        self.name = self.name or str(function.get("name") or "")
        more = function.get("arguments") or ""
        self.arguments += more if isinstance(more, str) else json.dumps(more)

    def whole(self) -> ToolCall:
        return ToolCall(self.call_id, self.name, _object(self.arguments))


def _words(words: list[str]) -> list[Event]:
    return [TextDelta("".join(words))] if words else []


def _without_surrogates(text: str) -> str:
    """Return the text without lone surrogates, which cannot be stored or sent."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def _object(written: str) -> dict[str, Any] | None:
    try:
        value = json.loads(written or "{}")  # a call without parameters may have no arguments
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
