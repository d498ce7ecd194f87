"""Adapts requests to the parameters, and the API, that a server accepts.

Compatible servers (Ollama, llama.cpp, vLLM) and OpenAI's own models differ in their parameters. After the refusal of a
parameter, the request is sent again without it, and the choice is remembered. Some of OpenAI's models are there in the
Responses API alone, and some take tools while they reason only there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from integrations.language_model import ToolSpec


class Api(StrEnum):
    """OpenAI's two APIs for answers."""

    CHAT = "chat"
    RESPONSES = "responses"


EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

_REASONING_ALLOWANCE = 1000
"""Tokens added to the limit of a reasoning model, because it counts the reasoning too."""

_REFUSALS = frozenset({400, 404, 422, 500, 501})
"""llama.cpp refuses tools with a 500; Ollama has used 404."""

_REFUSING = re.compile(
    r"not support|unsupported|unknown|unrecogni[sz]ed|unexpected|not permitted|forbidden|not allowed|"
    r"not implemented|requires? --|only (?:works|available)",
    re.IGNORECASE,
)
_ONLY_RESPONSES = re.compile(
    r"v1/responses|responses api|not (?:a chat model|supported (?:in|with) (?:the )?/?v1/chat/completions)"
    r"|tools with reasoning[._]effort are not supported",
    re.IGNORECASE,
)
_NO_RESPONSES = frozenset({404, 405, 501})
_LIMIT = re.compile(r"max_(?:completion_|output_)?tokens")
_USAGE = re.compile(r"stream_options|include_usage")
_EFFORT = re.compile(r"reasoning[._]effort")
_TOOLS = re.compile(r"\btools?\b|tool[_ -]choice|functions?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused request: the HTTP status, the parameter if named, and the message."""

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
    """The parameters to send to a server.

    limits: names for the answer's limit; the first is used. reasoning_effort: None is not sent.
    trusted: OpenAI itself, which accepts tools: a refusal there is an error of the tool.
    """

    limits: tuple[str, ...]
    reasoning_effort: str | None
    trusted: bool
    usage: bool = True
    tools: bool = True
    api: Api = Api.CHAT
    has_switched: bool = False
    """Whether OpenAI refused Chat Completions, so that the Responses API was tried."""

    def parameters(self, tools: Sequence[ToolSpec], max_completion_tokens: int) -> dict[str, Any]:
        """Return the parameters besides model, messages and stream."""
        parameters: dict[str, Any] = {}
        if self.limits:
            thinks = self.reasoning_effort not in (None, "none") and max_completion_tokens > 1
            parameters[self.limits[0]] = max_completion_tokens + (_REASONING_ALLOWANCE if thinks else 0)
        if self.usage:
            parameters["stream_options"] = {"include_usage": True}
        if self.reasoning_effort:
            parameters["reasoning_effort"] = self.reasoning_effort
        if tools and self.tools:
            # No tool_choice: "auto" is the default, and some servers do not know it.
            parameters["tools"] = [_described(tool) for tool in tools]
        return parameters

    def after(self, refusal: Refusal) -> "Dialect | None":
        """Return the next dialect to try; None if the refusal is not about a parameter or the API."""
        if self._is_for_responses(refusal):
            return replace(self, api=Api.RESPONSES, has_switched=True)
        if self.api == Api.RESPONSES and self.has_switched and refusal.status in _NO_RESPONSES:
            return replace(self, api=Api.CHAT)._with_another_effort("")
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

    def _is_for_responses(self, refusal: Refusal) -> bool:
        """Return whether OpenAI refuses Chat Completions for this model, or for tools while it reasons."""
        may_switch = self.trusted and self.api == Api.CHAT and not self.has_switched
        return may_switch and refusal.status in (400, 404) and bool(_ONLY_RESPONSES.search(refusal.message))

    def _with_another_effort(self, message: str) -> "Dialect":
        """Use the least effort listed in the refusal; else "none"; else send no effort."""
        listed = message.partition("Supported values are")[2]
        offered = [
            effort for effort in EFFORTS if f"'{effort}'" in listed and effort != self.reasoning_effort
        ]
        if offered:
            return replace(self, reasoning_effort=offered[0])
        return replace(self, reasoning_effort=None if self.reasoning_effort == "none" else "none")


def dialect_for(
    model: str, base_url: str | None, reasoning_effort: str | None, api: Api = Api.CHAT
) -> Dialect:
    """Return the first dialect to try. reasoning_effort: the configured one, preferred to any other."""
    if not is_openai(base_url):
        # Many servers know only the old name, and some ignore the new one without an error.
        return Dialect(("max_tokens", "max_completion_tokens"), reasoning_effort, trusted=False, api=api)
    effort = reasoning_effort or least_effort(model)
    return Dialect(("max_completion_tokens", "max_tokens"), effort, trusted=True, api=api)


def is_openai(base_url: str | None) -> bool:
    """Return whether the address is OpenAI's own, or a region's (eu.api.openai.com)."""
    host = urlsplit(base_url).hostname or "" if base_url else "api.openai.com"
    return host == "api.openai.com" or host.endswith(".api.openai.com")


def least_effort(model: str) -> str | None:
    """Return the least reasoning effort of an OpenAI model; None if it has no such parameter.

    Models before gpt-5.1 do not accept "none". After a wrong guess, the refusal lists the right values.
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
