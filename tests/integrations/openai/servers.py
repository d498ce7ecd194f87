"""Servers that keep silent, and how late an answer came."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from integrations.errors import IntegrationError
from integrations.language_model import Event
from integrations.openai.answer_stream import OpenAIStream
from tests.waiting import LATE_S, PATIENCE_S

HELLO = [{"role": "user", "content": "Hola"}]


class Listener(threading.Thread):
    """Reads a stream as an answer's thread does, and notes when it came free."""

    def __init__(self, stream: OpenAIStream) -> None:
        super().__init__(daemon=True)
        self.events: list[Event] = []
        self.error: Exception | None = None
        self.ended_at = 0.0
        self._stream = stream
        self.start()

    def run(self) -> None:
        try:
            self.events.extend(self._stream)
        except IntegrationError as error:
            self.error = error
        self.ended_at = time.monotonic()

    def cancel(self) -> float:
        """Cancel the stream and return the seconds until the reader came free."""
        began = time.monotonic()
        self._stream.cancel()
        self.join(PATIENCE_S)
        assert not self.is_alive()
        return self.ended_at - began


def late_by(stream: OpenAIStream, seconds: float, late_s: float = LATE_S) -> IntegrationError:
    """Read a stream that must fail after so many seconds, or a little later, and return how."""
    began = time.monotonic()
    with pytest.raises(IntegrationError) as raised:
        list(stream)
    assert seconds - 0.01 <= time.monotonic() - began < seconds + late_s
    return raised.value


@contextmanager
def a_full_queue() -> Iterator[str]:
    """An address where no connection is ever made: nobody accepts, and the queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        for filler in fillers:
            filler.close()
