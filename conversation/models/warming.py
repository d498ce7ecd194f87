"""Has a server of one's own read the beginnings of prompts before anybody calls, and answer once.

Such a server remembers what it read last: a prompt of 2,500 tokens takes a small machine 14 s to read, and 1 s if only
its end is new. The answer, which nobody hears, shows whether the model's answers begin in the middle of a thought.
People who wait come first. OpenAI's servers need none of this.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import structlog

from conversation.models.beginning import Beginning
from conversation.models.giving_way import GivingWay
from conversation.redaction import redact
from integrations.errors import IntegrationError
from integrations.language_model import Finish, LanguageModel, Message, ModelStream, ToolSpec

log = structlog.get_logger()

HELLO = "Hola"
LONGEST_S = 600.0
"""A busy machine reads 20 tokens a second."""
PAUSES_S = (1.0, 2.0, 5.0, 10.0, 20.0, *[30.0] * 20)
"""Between the attempts while the server is not there: it may have been started together with this one."""
LONGEST_END_S = 2.0


class LearningModel(LanguageModel, Protocol):
    """A model of which something is to be learned."""

    def learn_from_answer(
        self,
        messages: Sequence[Message],
        total_s: float,
        *,
        tools: Sequence[ToolSpec] = (),
        on_start: Callable[[ModelStream], None] = ...,
    ) -> None:
        """Have it answer where nobody listens, if that shows anything. Raises IntegrationError."""
        ...


class Lease(Protocol):
    """Held by one process at a time."""

    def held(self, closed: threading.Event) -> AbstractContextManager[bool]:
        """Wait for it and hold it; the value is whether another process has prepared the server meanwhile."""
        ...


class Warming:
    """Sends the beginnings of prompts.

    model: one that writes a single token. beginnings: the most urgent one last. is_waited_for: whether anybody waits
    for an answer now. lease: of those who share a server.
    """

    def __init__(
        self,
        model: LearningModel,
        beginnings: Sequence[Callable[[], Beginning]],
        is_waited_for: Callable[[], bool],
        lease: Lease,
    ) -> None:
        self._model, self._beginnings, self._lease = model, tuple(beginnings), lease
        self._giving_way = GivingWay(is_waited_for)
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stream: ModelStream | None = None

    def begin(self) -> threading.Thread:
        """Warm in the background, again and again until the server is there. Return the thread, one at a time."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="model-warming", daemon=True)
                self._thread.start()
            return self._thread

    def warm(self) -> float:
        """Have the server read each beginning; return the seconds that it took. Raises IntegrationError."""
        began = time.monotonic()
        for beginning in self._beginnings:
            self._read(beginning())
        return time.monotonic() - began

    def close(self) -> None:
        """Try no more, and break off what is being tried."""
        self._closed.set()
        with self._lock:
            thread, stream = self._thread, self._stream
        if stream is not None:
            stream.cancel()
        if thread is not None:
            thread.join(LONGEST_END_S)

    def _run(self) -> None:
        with self._lease.held(self._closed) as is_warm:
            if is_warm or self._try(self._warm, _tell_not_warmed):
                self._try(self._learn, _tell_not_learned)

    def _try(self, do: Callable[[], None], tell: Callable[[IntegrationError], None]) -> bool:
        """Return whether it was done, at once or later. tell: logs a failure."""
        for pause_s in PAUSES_S:
            if self._closed.is_set():
                return False
            try:
                do()
            except IntegrationError as error:
                if self._closed.is_set():
                    return False
                tell(error)
                if error.permanent or self._closed.wait(pause_s):
                    return False
            else:
                return True
        return False

    def _warm(self) -> None:
        log.info("model_warmed", seconds=round(self.warm(), 1))

    def _read(self, beginning: Beginning) -> None:
        def read(on_start: Callable[[ModelStream], None]) -> None:
            stream = self._model.stream(
                beginning.saying(HELLO), tools=beginning.tools, first_event_s=LONGEST_S, total_s=LONGEST_S
            )
            self._begin(stream, on_start)
            events = list(stream)
            if not any(isinstance(event, Finish) for event in events):
                raise IntegrationError("the model's answer was cut off", permanent=False, code="cut_off")

        self._giving_way.run(read)

    def _learn(self) -> None:
        beginning = self._beginnings[-1]()
        self._giving_way.run(
            lambda on_start: self._model.learn_from_answer(
                beginning.saying(HELLO),
                LONGEST_S,
                tools=beginning.tools,
                on_start=lambda stream: self._begin(stream, on_start),
            )
        )

    def _begin(self, stream: ModelStream, on_start: Callable[[ModelStream], None]) -> None:
        with self._lock:
            self._stream = stream
        if self._closed.is_set():
            stream.cancel()
        on_start(stream)


def _tell_not_warmed(error: IntegrationError) -> None:
    log.warning("model_not_warmed", status=error.status, code=error.code, said=redact(error.said))


def _tell_not_learned(error: IntegrationError) -> None:
    log.warning("model_not_learned", status=error.status, code=error.code, said=redact(error.said))
