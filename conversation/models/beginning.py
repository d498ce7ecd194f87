"""What the prompts of a channel begin with: the same words each time, so that a server need not read them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from conversation.marks import mark
from integrations.language_model import Message, ToolSpec

TASK = "A task of the program, which nobody said. Do it now, call no tool, and write nothing else."


@dataclass(frozen=True, slots=True)
class Beginning:
    """The system message and the tools, as calls send them."""

    system: str
    tools: Sequence[ToolSpec]

    def saying(self, words: str) -> list[Message]:
        """Return the prompt of somebody's first words."""
        return [{"role": "system", "content": self.system}, {"role": "user", "content": words}]

    def going_on_to(self, task: str, material: str | Sequence[dict[str, Any]]) -> list[Message]:
        """Return the prompt of a task. material: what it is about, as text or as parts."""
        asked = mark(f"{TASK} {task}")
        if isinstance(material, str):
            return self.saying(f"{asked}\n\n{material}")
        parts: list[dict[str, Any]] = [{"type": "text", "text": asked}, *material]
        return [{"role": "system", "content": self.system}, {"role": "user", "content": parts}]
