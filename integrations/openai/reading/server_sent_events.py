"""Splits a response's bytes into JSON payloads: server-sent events, or a JSON body sent in their place."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

DONE = b"[DONE]"

_LONGEST_LINE = 1 << 20
_LONGEST_BODY = 4 << 20
_LONGEST_PAGE = 64 << 10
_SILENT = (b":", b"event:", b"id:", b"retry:")
_BLANK = b"\xef\xbb\xbf \t\r\n"
"""White space, and the bytes of a byte order mark."""
_BODIES = (b"{", b"[")
_ANSWERS = frozenset({"choices", "error", "output", "response"})


class UnreadableStreamError(ValueError):
    """The response is not a stream of chunks. said: its text, or as much of it as was read."""

    def __init__(self, message: str, said: str = "") -> None:
        super().__init__(message)
        self.said = said


def payloads(pieces: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield the data lines of server-sent events, in groups as they arrived; a JSON body as one, with DONE.

    Each line is an event: no server spreads a chunk over several lines. Raises UnreadableStreamError after the readable
    lines.
    """
    pieces = iter(pieces)
    rest = b""
    for piece in pieces:
        rest = (rest + piece).lstrip(_BLANK)
        if rest:
            break
    if rest.startswith(_BODIES):
        yield _payloads_of_body(_whole(rest, pieces, _LONGEST_BODY))
    elif rest.startswith(b"<"):
        raise UnreadableStreamError("", _text(_whole(rest, pieces, _LONGEST_PAGE)))
    else:
        yield from _payloads_of_lines(rest, pieces)


def _payloads_of_lines(rest: bytes, pieces: Iterator[bytes]) -> Iterator[list[bytes]]:
    *lines, rest = rest.split(b"\n")
    yield from _payloads(lines)
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
    raise UnreadableStreamError("not a line of server-sent events", _text(line))


def _whole(begun: bytes, pieces: Iterator[bytes], longest: int) -> bytes:
    """Return a body whole, or as much of it as fits."""
    body = bytearray(begun)
    for piece in pieces:
        body += piece
        if len(body) > longest:
            break
    return bytes(body[:longest])


def _payloads_of_body(body: bytes) -> list[bytes]:
    """Return the payloads of a JSON body: an answer, several in an array, or one a line."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        if body.count(b"\n") and all(map(_is_json, lines := body.splitlines())):
            return [line for line in lines if line.strip()]
        raise UnreadableStreamError("JSON that breaks off") from None
    answers = value if isinstance(value, list) else [value]
    if not answers or not all(isinstance(answer, dict) and _ANSWERS & answer.keys() for answer in answers):
        raise UnreadableStreamError("JSON without an answer", _text(body))
    return [*(json.dumps(answer).encode() for answer in answers), DONE]


def _is_json(line: bytes) -> bool:
    try:
        return not line.strip() or isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _text(body: bytes) -> str:
    return body[:_LONGEST_PAGE].decode(errors="replace")


def error_of(chunk: dict[str, Any]) -> Any:
    """Return the error object of a chunk, if it is one."""
    return chunk.get("error") or (chunk if chunk.get("object") == "error" else None)
