"""Adapts Chat Completions requests to the parameters that a server accepts.

Servers that speak it (Ollama, llama.cpp, vLLM) and OpenAI's own models differ in the parameters they take.
So a refusal of a parameter is no failure: the request goes out again without it, and is remembered.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from integrations.language_model import ToolSpec

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

_REASONING_ALLOWANCE = 1000
"""Tokens on top of the answer's for a model that thinks first: its limit counts both."""

_REFUSALS = frozenset({400, 404, 422, 500, 501})
"""llama.cpp refuses tools with a 500; Ollama has used 404."""

_REFUSING = re.compile(
    r"not support|unsupported|unknown|unrecogni[sz]ed|unexpected|not permitted|forbidden|not allowed|"
    r"not implemented|requires? --|only (?:works|available)",
    re.IGNORECASE,
)
_LIMIT = re.compile(r"max_(?:completion_)?tokens")
_USAGE = re.compile(r"stream_options|include_usage")
_EFFORT = re.compile(r"reasoning[._]effort")
_TOOLS = re.compile(r"\btools?\b|tool[_ -]choice|functions?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request turned down: the HTTP status, the parameter where it is named, and the words."""

    status: int
    param: str
    message: str

    @property
    def about_a_parameter(self) -> bool:
        return self.status in _REFUSALS and bool(_REFUSING.search(self.message))

    def names(self, pattern: re.Pattern[str]) -> bool:
        return bool(pattern.search(self.param or self.message))


@dataclass(frozen=True, slots=True)
class Dialect:
    """The parameters that a server is asked with.

    limits: names for the longest answer, of which the first is used. reasoning_effort: None is not sent.
    trusted: OpenAI's own, which takes tools: what it refuses there is a fault of the tool.
    """

    limits: tuple[str, ...]
    reasoning_effort: str | None
    trusted: bool
    usage: bool = True
    tools: bool = True

    def parameters(self, tools: Sequence[ToolSpec], max_completion_tokens: int) -> dict[str, Any]:
        """Return what goes beside model, messages and stream."""
        parameters: dict[str, Any] = {}
        if self.limits:
            thinks = self.reasoning_effort not in (None, "none")
            parameters[self.limits[0]] = max_completion_tokens + (_REASONING_ALLOWANCE if thinks else 0)
        if self.usage:
            parameters["stream_options"] = {"include_usage": True}
        if self.reasoning_effort:
            parameters["reasoning_effort"] = self.reasoning_effort
        if tools and self.tools:
            # No tool_choice: "auto" is what its absence means, and not every server knows the word.
            parameters["tools"] = [_described(tool) for tool in tools]
        return parameters

    def after(self, refusal: Refusal) -> "Dialect | None":
        """Return what to ask with instead, or None where no parameter was to blame."""
        if not refusal.about_a_parameter:
            return None
        if refusal.names(_EFFORT):  # before tools: "Function tools with reasoning_effort are not supported"
            return self._with_another_effort(refusal.message)
        if self.limits and refusal.names(_LIMIT):
            return replace(self, limits=self.limits[1:])
        if self.usage and refusal.names(_USAGE):
            return replace(self, usage=False)
        if self.tools and not self.trusted and refusal.names(_TOOLS):
            return replace(self, tools=False)
        return None

    def _with_another_effort(self, message: str) -> "Dialect":
        """The least of those that the refusal lists; else none; else not a word of it."""
        listed = message.partition("Supported values are")[2]
        offered = [
            effort for effort in EFFORTS if f"'{effort}'" in listed and effort != self.reasoning_effort
        ]
        if offered:
            return replace(self, reasoning_effort=offered[0])
        return replace(self, reasoning_effort=None if self.reasoning_effort == "none" else "none")


def dialect_for(model: str, base_url: str | None, reasoning_effort: str | None) -> Dialect:
    """Return what to try first. reasoning_effort: the configured one, which goes before any other."""
    if not is_openai(base_url):
        # Many servers know only the old name, and some ignore the new one without a word.
        return Dialect(("max_tokens", "max_completion_tokens"), reasoning_effort, trusted=False)
    effort = reasoning_effort or least_effort(model)
    return Dialect(("max_completion_tokens", "max_tokens"), effort, trusted=True)


def is_openai(base_url: str | None) -> bool:
    """Say whether the address is OpenAI's own, a region's (eu.api.openai.com) included."""
    host = urlsplit(base_url).hostname or "" if base_url else "api.openai.com"
    return host == "api.openai.com" or host.endswith(".api.openai.com")


def least_effort(model: str) -> str | None:
    """Return the least reasoning that one of OpenAI's models takes; None: it has no such parameter.

    Before gpt-5.1 "none" is not taken. Where this is wrong, the refusal lists what is right.
    """
    name = model.removeprefix("ft:")
    if re.match(r"o\d", name):
        return None if name.startswith(("o1-mini", "o1-preview")) else "low"
    version = re.match(r"gpt-(\d+)(?:\.(\d+))?", name)
    if not version or int(version[1]) < 5 or "-chat" in name or "-pro" in name:
        return None
    if "-codex" in name:
        return "low"
    return "minimal" if (int(version[1]), int(version[2] or 0)) < (5, 1) else "none"


def _described(tool: ToolSpec) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}
