"""Liquid, as far as Chatwoot's messages meet it: values, {% raw %}, two ways to write a filter, and errors.

Chatwoot wraps backticked code in {% raw %}, renders, and keeps the text as it was where Liquid does not take it.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

_TOKEN = re.compile(r"(\{%.*?%\}|\{\{.*?\}\}?|\{%|\{\{)", re.DOTALL)
_CODE = re.compile(r"`(.*?)`", re.DOTALL)
_END_OF_RAW = re.compile(r"(.*)\{%-?\s*endraw\s*-?%\}\Z", re.DOTALL)
_VALUE = re.compile(
    r"\{\{-?\s*(?P<quoted>'[^']*'|\"[^\"]*\")?(?P<path>[\w.]+)?\s*(?P<filters>(\|[^|]*)*?)-?\}\}", re.DOTALL
)
_FILTERS = {"url_decode": unquote_plus, "upcase": str.upper, "strip": str.strip}


class LiquidError(Exception):
    """Liquid::SyntaxError."""


def render_message(content: str, values: Mapping[str, Any]) -> str:
    """Return what Chatwoot makes of an outgoing message's content as it keeps it."""
    try:
        return render(_CODE.sub(r"{% raw %}`\1`{% endraw %}", content), values)
    except LiquidError:
        return content


def render(template: str, values: Mapping[str, Any]) -> str:
    tokens = [token for token in _TOKEN.split(template) if token]
    written = []
    while tokens:
        token = tokens.pop(0)
        if token.startswith("{%"):
            written.append(_tag(token, tokens))
        elif token.startswith("{{"):
            written.append(_value(token, values))
        else:
            written.append(token)
    return "".join(written)


def _tag(token: str, rest: list[str]) -> str:
    if not re.fullmatch(r"\{%-?\s*raw\s*-?%\}", token):
        raise LiquidError("a tag that is unknown here, or not ended")
    raw = []
    while rest:
        found = rest.pop(0)
        if end := _END_OF_RAW.match(found):
            return "".join([*raw, end[1]])
        raw.append(found)
    raise LiquidError("'raw' tag was never closed")


def _value(token: str, values: Mapping[str, Any]) -> str:
    if not token.endswith("}}"):
        raise LiquidError("Variable was not properly terminated")
    found = _VALUE.fullmatch(token)
    if found is None:
        return ""  # the lax mode: what cannot be read is empty
    value: Any = found["quoted"][1:-1] if found["quoted"] else _look_up(found["path"] or "", values)
    for name in found["filters"].split("|")[1:]:
        value = _FILTERS.get(name.strip(), str)(str(value))  # Liquid passes an unknown one over
    return str(value)


def _look_up(path: str, values: Mapping[str, Any]) -> Any:
    value: Any = values
    for name in path.split("."):
        value = value.get(name, "") if isinstance(value, Mapping) else ""
    return value
