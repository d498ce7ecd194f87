"""Reads tool calls that a model wrote as text: JSON, `<function=...>`, and its relatives."""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from integrations.openai.reading.tool_calls import object_of, plain_name

Call = tuple[str, dict[str, Any] | None]
"""A tool's name and its arguments, as ToolCall has them."""

_NAMES = ("name", "function", "function_name", "tool", "tool_name", "recipient_name", "action")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "tool_input", "action_input")
_KEYS = (*_NAMES, *_ARGUMENTS, "tool_calls", "tool_call", "type", "id")
_NO_SPACE = re.compile(r"\s+")
_LONGEST_OPENING = 200

_FUNCTION = re.compile(r"<function=([^>\s]+)\s*>(.*?)(?=</function>|<function=|\Z)", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([^>\s]+)\s*>(.*?)(?=</parameter>|<parameter=|\Z)", re.DOTALL)
_ARG = re.compile(
    r"<arg_key>\s*(.*?)\s*</arg_key>\s*<arg_value>(.*?)(?=</arg_value>|<arg_key>|\Z)", re.DOTALL
)
_WORD = re.compile(r"[\w.-]+")
_BETWEEN = " \t\r\n,;"
_DECODER = json.JSONDecoder()


def may_be_json_call(text: str, tools: Collection[str]) -> bool | None:
    """Return whether a text that begins with { or [ is a call's JSON; None if more text could make it one."""
    bare = _NO_SPACE.sub("", text[:_LONGEST_OPENING])
    openings = [f'{{"{key}":' for key in (*_KEYS, *tools)]
    openings += [f"[{opening}" for opening in openings]
    if any(map(bare.startswith, openings)):
        return True
    return None if len(text) < _LONGEST_OPENING and any(o.startswith(bare) for o in openings) else False


def json_at(text: str, at: int = 0) -> tuple[Any, int] | None:
    """Return the JSON value at a place and where it ends; None if it is incomplete or malformed."""
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None


def calls_of_json(value: Any, tools: Collection[str]) -> list[Call] | None:
    """Return the calls in a JSON value, of tools that were offered; None if it is no call at all."""
    if isinstance(value, list):
        found = [calls_of_json(item, tools) for item in value]
        return None if not found or None in found else [call for calls in found if calls for call in calls]
    if not isinstance(value, dict):
        return None
    for inner in ("tool_calls", "tool_call", "function"):
        if isinstance(value.get(inner), list | dict):
            return calls_of_json(value[inner], tools)
    return _calls_of_object(value, tools)


def _calls_of_object(value: dict[str, Any], tools: Collection[str]) -> list[Call] | None:
    name = next((plain_name(value[key]) for key in _NAMES if isinstance(value.get(key), str)), None)
    given = [value[key] for key in _ARGUMENTS if key in value]
    if name is None:
        named = [(plain_name(key), object_of(given)) for key, given in value.items() if key in tools]
        return named or None
    if name in tools:
        return [(name, object_of(given[0] if given else None))]
    return [] if given else None


def calls_of_text(written: str, tools: Collection[str], tool: str = "") -> list[Call]:
    """Return the calls of offered tools in what stood between a call's markers.

    tool: the name, if it stood before the markers.
    """
    if tool:
        written = f"{plain_name(tool)} {written}"
    if (values := _json_values(written)) is not None:
        return [call for value in values for call in calls_of_json(value, tools) or ()]
    if functions := _FUNCTION.findall(written):
        named = [(plain_name(name), _arguments(body)) for name, body in functions]
        return [(name, arguments) for name, arguments in named if name in tools]
    return list(_named(written, tools))


def _json_values(written: str) -> list[Any] | None:
    """Return the JSON values of a text that is nothing else."""
    values, at = [], len(written) - len(written.lstrip(_BETWEEN))
    while at < len(written):
        value = json_at(written, at)
        if value is None:
            return None
        values.append(value[0])
        at = len(written) - len(written[value[1] :].lstrip(_BETWEEN))
    return values or None


def _arguments(body: str) -> dict[str, Any] | None:
    """Return arguments written as elements or as JSON."""
    if pairs := (_PARAMETER.findall(body) or _ARG.findall(body)):
        return {key: _value(text.strip()) for key, text in pairs}
    begins = body.find("{")
    if begins < 0:
        return {}
    value = json_at(body, begins)
    return object_of(value[0]) if value else None


def _value(text: str) -> Any:
    value = json_at(text)
    is_whole = value is not None and value[1] == len(text) and not isinstance(value[0], float | int)
    return value[0] if value and is_whole else text


def _named(written: str, tools: Collection[str]) -> Iterator[Call]:
    """Yield each offered tool that is named, with the arguments up to the next name."""
    at = 0
    while word := _WORD.search(written, at):
        at = word.end()
        name = plain_name(word[0])
        if name not in tools:
            continue
        begins, next_name = _next_object(written, at), _next_name(written, at, tools)
        if begins is None or begins > next_name:
            yield name, _arguments(written[at:next_name])
            at = next_name
        elif value := json_at(written, begins):
            yield name, _inner(value[0])
            at = value[1]
        else:
            yield name, None
            return


def _next_object(written: str, at: int) -> int | None:
    begins = written.find("{", at)
    return None if begins < 0 else begins


def _next_name(written: str, at: int, tools: Collection[str]) -> int:
    names = (word.start() for word in _WORD.finditer(written, at) if plain_name(word[0]) in tools)
    return next(names, len(written))


def _inner(value: dict[str, Any]) -> dict[str, Any] | None:
    """Return the arguments of `{"arguments": {...}}`, or the object itself."""
    only = next(iter(value), "")
    return object_of(value[only] if len(value) == 1 and only in _ARGUMENTS else value)
