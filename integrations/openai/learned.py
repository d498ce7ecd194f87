"""What is learned of a model from its server: the parameters that it takes, and how its answers begin."""

import logging
import re
import threading

import openai

from integrations.openai.dialect import Api, Dialect, Refusal
from integrations.openai.reading.answer import AnswerReader

logger = logging.getLogger(__name__)

PATHS = {Api.CHAT: "chat/completions", Api.RESPONSES: "responses"}
_BEGINS_IN_THOUGHT = re.compile(r"deepseek-r1|qwq|thinking", re.IGNORECASE)
"""Models whose template begins the thought, so that a server without a parser sends but its end."""


class Learned:
    """Shared by all that ask the same model of the same server. Thread-safe.

    model: its name. dialect: the parameters to begin with. begins_in_thought: whether an answer's text begins in the
    middle of a thought, of which only the end is marked; None while nothing is known.
    """

    def __init__(self, model: str, dialect: Dialect) -> None:
        self._model = model
        self._lock = threading.Lock()
        self.dialect = dialect
        self.begins_in_thought: bool | None = None
        if dialect.trusted or _BEGINS_IN_THOUGHT.search(model):
            self.begins_in_thought = not dialect.trusted

    def from_refusal(self, asked_with: Dialect, error: openai.APIStatusError) -> bool:
        """Return whether to ask again: with fewer parameters, or with the dialect learned by another request."""
        refusal = Refusal(error.status_code, str(error.param or ""), str(error.message))
        better = asked_with.after(refusal)
        if better is None:
            return False
        with self._lock:
            if self.dialect == asked_with:
                self.dialect = better
                logger.warning(
                    "%s: HTTP %s refused %s", self._model, error.status_code, _change(asked_with, better)
                )
        return True

    def from_answer(self, reader: AnswerReader) -> None:
        """Take note of how an answer began. One without a thought says nothing of a model that had one before."""
        if reader.text.began_in_thought and not self.begins_in_thought:
            self.begins_in_thought = True
            logger.warning(
                "%s: its answers begin with a thought; waiting for its end from now on", self._model
            )
        elif self.begins_in_thought is None and reader.is_complete:
            self.begins_in_thought = False


def _change(before: Dialect, after: Dialect) -> str:
    if before.api == after.api:
        return "a parameter; asking without"
    return f"{PATHS[before.api]}; asking {PATHS[after.api]} from now on"
