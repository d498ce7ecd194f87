"""Streams of servers that are nearly OpenAI's, a file for each: what they send, and what must come of it."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integrations.language_model import Event, Finish, TextDelta, ToolCall, Usage
from integrations.openai.reading.answer import AnswerReader, ErrorInStreamError
from integrations.openai.reading.chunks import ChunkReader
from integrations.openai.reading.server_sent_events import UnreadableStreamError, payloads
from integrations.openai.server_words import ServerWords

FOLDER = Path(__file__).with_name("streams")
TOOLS = frozenset({"hand_off", "end_call"})


@dataclass(frozen=True)
class Outcome:
    """What came of a stream. finish: "" where it broke off. error: what the log says of it."""

    said: str
    calls: list[tuple[str, dict[str, Any] | None]]
    finish: str
    usage: Usage | None
    error: str = ""


@dataclass(frozen=True)
class Recording:
    """A recorded stream. error: a part of what the log must say."""

    dialect: str
    name: str
    body: bytes
    said: str
    finish: str
    calls: list[dict[str, Any]] = field(default_factory=list)
    usage: list[int] | None = None
    error: str = ""
    thinks_first: bool = False

    def expects(self, outcome: Outcome) -> bool:
        """Return whether this is what must come of it. White space at either end says nothing."""
        expected = [(call["name"], call["arguments"]) for call in self.calls]
        usage = None if self.usage is None else Usage(*self.usage)
        return (
            (outcome.said.strip(), outcome.calls, outcome.finish) == (self.said, expected, self.finish)
            and outcome.usage == usage
            and (self.error in outcome.error if self.error else not outcome.error)
        )

    def read(self, pieces: Iterable[bytes]) -> Outcome:
        """Read the body from pieces."""
        return read(pieces, ChunkReader(TOOLS, thinks_first=self.thinks_first))

    def __str__(self) -> str:
        return f"{self.dialect}: {self.name}"


def recordings() -> list[Recording]:
    """Return all of them."""
    found = []
    for file in sorted(FOLDER.glob("*.toml")):
        for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]:
            found.append(Recording(file.stem, **{**case, "body": case["body"].encode()}))
    return found


def read(pieces: Iterable[bytes], reader: AnswerReader) -> Outcome:
    """Read a stream to its end, as OpenAIStream does."""
    events: list[Event] = []
    error = ""
    try:
        for group in payloads(pieces):
            events += reader.read(group)
            if reader.is_done:
                break
        events += reader.end()
    except ErrorInStreamError as failure:
        error = f"{failure.code} {ServerWords(()).quote(failure.error)}"
    except UnreadableStreamError as failure:
        error = f"{failure} {ServerWords(()).quote(failure.said, is_error=False)}"
    finish = next((event.reason for event in events if isinstance(event, Finish)), "")
    said = "".join(event.text for event in events if isinstance(event, TextDelta))
    calls = [(event.name, event.arguments) for event in events if isinstance(event, ToolCall)]
    return Outcome(said, calls, finish, reader.usage, error)
