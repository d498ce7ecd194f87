"""Assembles tool calls from the fragments of a stream, whatever a server makes of indexes and ids."""

import json
from dataclasses import dataclass, field
from typing import Any

from integrations.language_model import ToolCall

_FUNCTIONS = "functions."


class ToolCalls:
    """The tool calls of one answer."""

    def __init__(self) -> None:
        self._calls: list[_PartialCall] = []
        self._by_index: dict[Any, _PartialCall] = {}

    def add(self, fragment: dict[str, Any]) -> None:
        """Add a fragment: `{"index", "id", "function": {"name", "arguments"}}`, each of which may be absent."""
        function = fragment.get("function") or {}
        self._call_of(fragment, function).add(function)

    def whole(self) -> list[ToolCall]:
        """Return the calls as they stand, those without a name left out."""
        return [call.whole() for call in self._calls if call.name]

    def _call_of(self, fragment: dict[str, Any], function: dict[str, Any]) -> "_PartialCall":
        index, call_id = fragment.get("index"), str(fragment.get("id") or "")
        known = self._by_index.get(index)
        if known is None or known.is_followed_by(call_id, function):
            known = _PartialCall(call_id, f"call_{len(self._calls) + 1}")
            self._calls.append(known)
            self._by_index[index] = known
        return known


@dataclass
class _PartialCall:
    call_id: str
    own_id: str
    name: str = ""
    arguments: list[str] = field(default_factory=list)

    def add(self, function: dict[str, Any]) -> None:
        self.name = self.name or plain_name(function.get("name"))
        more = function.get("arguments") or ""
        self.arguments.append(more if isinstance(more, str) else json.dumps(more))

    def is_followed_by(self, call_id: str, function: dict[str, Any]) -> bool:
        """Return whether a fragment of the same index begins another call.

        Some servers give all calls index 0 or none; some repeat the name, or make up an id, in each fragment.
        """
        name = plain_name(function.get("name"))
        if not name or not self.name:
            return False
        if call_id and self.call_id:
            return call_id != self.call_id
        return name != self.name or bool(function.get("arguments") and self._has_all_arguments())

    def _has_all_arguments(self) -> bool:
        written = "".join(self.arguments)
        return bool(written) and object_of(written) is not None

    def whole(self) -> ToolCall:
        return ToolCall(self.call_id or self.own_id, self.name, object_of("".join(self.arguments)))


def plain_name(name: Any) -> str:
    """Return a tool's name without the namespace that some models write before it."""
    return str(name or "").strip().removeprefix(_FUNCTIONS)


def object_of(arguments: Any) -> dict[str, Any] | None:
    """Return arguments as an object, from JSON or from JSON inside JSON; None for anything else.

    A call without parameters may have no arguments.
    """
    value = arguments or {}
    for _ in range(2):
        if not isinstance(value, str):
            break
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return {} if value is None else value if isinstance(value, dict) else None
