"""An answer that is being written, and what its writer knows of it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from conversation import history
from conversation.answers.answer import Answer
from conversation.tools.runner import ToolContext
from integrations.language_model import Message, Usage
from integrations.pictures import Picture

TOTAL_S = 20.0

Also = Callable[[Connection], None]


@dataclass
class Draft:
    """An answer in progress and its cost so far."""

    answer: Answer
    messages: list[Message]
    tools: ToolContext
    on_complete: Also
    """Run inside the transaction that completes the answer."""
    on_end: Callable[[Usage], None]
    """Run after the answer's end, however it ended, with what it has cost."""
    pictures: Sequence[Picture] = ()
    """Those in its messages, released at its end."""
    tokens: Usage = field(default_factory=lambda: Usage(0, 0))
    model: str | None = None
    before: frozenset[str] = frozenset()
    """Sentences from before this attempt: a model told to continue may repeat them."""

    @property
    def remaining_s(self) -> float:
        """Seconds left for the answer."""
        return TOTAL_S - (time.monotonic() - self.answer.timing.started)

    @property
    def cost(self) -> Usage:
        """The tokens used; those of the prompt are estimated where no server has counted them."""
        prompt = self.tokens.prompt_tokens or history.estimated_tokens(self.messages)
        return Usage(prompt, self.tokens.completion_tokens, self.tokens.cached_tokens)

    def count(self, usage: Usage) -> None:
        """Add the tokens of one request."""
        self.tokens = Usage(
            self.tokens.prompt_tokens + usage.prompt_tokens,
            self.tokens.completion_tokens + usage.completion_tokens,
            self.tokens.cached_tokens + usage.cached_tokens,
        )
