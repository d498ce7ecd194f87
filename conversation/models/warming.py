"""Has a server of one's own read the beginnings of prompts before anybody calls, and answer once.

Such a server remembers what it read last: a prompt of 2,500 tokens takes a small machine 14 s to read, and 1 s if only
its end is new. The answer, which nobody hears, shows whether the model's answers begin in the middle of a thought.
OpenAI's servers need none of this.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from conversation.models.beginning import Beginning
from conversation.models.giving_way import GivingWay
from conversation.redaction import redact
from integrations.errors import IntegrationError
from integrations.language_model import LanguageModel, Message, ModelStream, ToolSpec

log = structlog.get_logger()

HELLO = "Hola"
LONGEST_S = 600.0
"""A busy machine reads 20 tokens a second."""
PAUSES_S = (1.0, 2.0, 5.0, 10.0, 20.0, *[30.0] * 20)
"""Between the attempts while the server is not there: it may have been started together with this one."""


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


class Warming:
    """Sends the beginnings of prompts.

    model: one that writes a single token. beginnings: the most urgent one last. is_waited_for: whether anybody waits
    for an answer now.
    """

    def __init__(
        self,
        model: LearningModel,
        beginnings: Sequence[Callable[[], Beginning]],
        is_waited_for: Callable[[], bool],
    ) -> None:
        self._model, self._beginnings = model, tuple(beginnings)
        self._giving_way = GivingWay(is_waited_for)
        self._closed = threading.Event()

    def begin(self) -> threading.Thread:
        """Warm in the background, again and again until the server is there. Return the thread."""
        thread = threading.Thread(target=self._run, name="model-warming", daemon=True)
        thread.start()
        return thread

    def warm(self) -> float:
        """Have the server read each beginning; return the seconds that it took. Raises IntegrationError."""
        began = time.monotonic()
        for beginning in self._beginnings:
            self._read(beginning())
        return time.monotonic() - began

    def close(self) -> None:
        """Try no more."""
        self._closed.set()

    def _run(self) -> None:
        for pause_s in PAUSES_S:
            try:
                log.info("model_warmed", seconds=round(self.warm(), 1))
                self._learn()
            except IntegrationError as error:
                log.warning("model_not_warmed", status=error.status, code=error.code, said=redact(error.said))
                if error.permanent or self._closed.wait(pause_s):
                    return
            else:
                return

    def _read(self, beginning: Beginning) -> None:
        for _ in self._model.stream(
            beginning.saying(HELLO), tools=beginning.tools, first_event_s=LONGEST_S, total_s=LONGEST_S
        ):
            pass

    def _learn(self) -> None:
        beginning = self._beginnings[-1]()
        self._giving_way.run(
            lambda on_start: self._model.learn_from_answer(
                beginning.saying(HELLO), LONGEST_S, tools=beginning.tools, on_start=on_start
            )
        )
