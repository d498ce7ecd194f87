"""Measures how long a language model takes to its first word, with instructions that its server has read or has not.

A server of one's own may remember but one prompt, and the next caller needs the one that it remembers. So it is asked
as calls ask, which leaves it as warm as it can be; how long it would take to read everything anew is reckoned.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from secrets import token_hex

from conversation.models.beginning import Beginning
from integrations.language_model import Event, LanguageModel, Message, TextDelta, ToolCall, Usage

COLD_S = 16.0
WARM_S = 8.0
LONGER_S = 5.0
"""Seconds for each of the answers."""

_QUESTION = "Hola."
_MORE = 800
"""Characters of the instructions that are sent a second time, to see how long a server takes to read them."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds to the first word, with instructions that the server has not read before and has, and what it cost."""

    cold_s: float
    warm_s: float
    usages: Sequence[Usage]


class FirstWord:
    """Asks a model something short. The requests cost a few thousand tokens. clock: seconds."""

    def __init__(self, model: LanguageModel, clock: Callable[[], float] = time.monotonic) -> None:
        self._model, self._clock = model, clock

    def measure(self, beginning: Beginning) -> Measured | None:
        """Ask twice with instructions that are new to the server; None if it has no words. Raises IntegrationError."""
        # What comes first decides if a server has read it before
        fresh = replace(beginning, system=f"[{token_hex(8)}]\n\n{beginning.system}", tools=())
        cold, warm = self._ask(fresh, _QUESTION, COLD_S), self._ask(fresh, _QUESTION, WARM_S)
        if cold.first_s is None or warm.first_s is None:
            return None
        return Measured(cold.first_s, warm.first_s, _usages(cold, warm))

    def measure_own(self, beginning: Beginning) -> Measured | None:
        """Ask as calls ask: as they find the server now, once more, and with more to read at the end."""
        found, again = self._ask(beginning, _QUESTION, COLD_S), self._ask(beginning, _QUESTION, WARM_S)
        more = beginning.system[:_MORE]
        longer = self._ask(beginning, f"{_QUESTION}\n\n{more}", LONGER_S)
        if found.first_s is None or again.first_s is None or longer.first_s is None:
            return None
        warm_s = min(found.first_s, again.first_s)
        s_a_character = max(0.0, longer.first_s - again.first_s) / max(1, len(more))
        cold_s = max(found.first_s, warm_s + s_a_character * _characters(beginning))
        return Measured(cold_s, warm_s, _usages(found, again, longer))

    def _ask(self, beginning: Beginning, words: str, total_s: float) -> "_Asked":
        began, first_s, usage = self._clock(), None, None
        messages: list[Message] = beginning.saying(words)
        for event in self._model.stream(
            messages, tools=beginning.tools, first_event_s=total_s, total_s=total_s
        ):
            if first_s is None and _is_answer(event):
                first_s = self._clock() - began
            elif isinstance(event, Usage):
                usage = event
        return _Asked(first_s, usage)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question. first_s: until the first word, or a tool's call; None if there was neither."""

    first_s: float | None
    usage: Usage | None


def _is_answer(event: Event) -> bool:
    return isinstance(event, ToolCall) or (isinstance(event, TextDelta) and bool(event.text.strip()))


def _usages(*asked: _Asked) -> list[Usage]:
    return [usage for one in asked if (usage := one.usage) is not None]


def _characters(beginning: Beginning) -> int:
    """Return how much there is to read, the tools included."""
    tools = (json.dumps([tool.name, tool.description, tool.parameters]) for tool in beginning.tools)
    return len(beginning.system) + sum(map(len, tools))
