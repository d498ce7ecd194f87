"""The key under which OpenAI keeps what it has read of a prompt.

Requests with the same key go to the machine that has read the same beginning:
https://platform.openai.com/docs/guides/prompt-caching
"""

import hashlib
from collections.abc import Sequence

from integrations.language_model import Message, ToolSpec

_READ = 1000
"""Characters of the system message that the key is made from: a date stands at its end."""


def cache_key(messages: Sequence[Message], tools: Sequence[ToolSpec]) -> str:
    """Return the same key for prompts that begin alike, and say nothing of what is in them."""
    system = str(messages[0]["content"])[:_READ] if messages else ""
    names = ",".join(tool.name for tool in tools)
    return hashlib.sha256(f"{system}\n{names}".encode()).hexdigest()[:32]
