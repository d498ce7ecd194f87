"""The types of errors that pydantic can raise for a model, read from the model's schema."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

_BY_KIND = {
    "any": set(),  # checked by a validator of ours
    "bool": {"bool_type", "bool_parsing", "string_unicode"},
    "float": {"float_type", "float_parsing", "string_unicode"},
    "int": {
        "int_type",
        "int_parsing",
        "int_parsing_size",
        "int_from_float",
        "finite_number",
        "string_unicode",
    },
    "is-instance": set(),  # a Path's strict form; its lax one says path_type
    "list": {"list_type"},
    "literal": {"literal_error", "string_unicode"},
    "model": {"model_type"},
    "str": {"string_type", "string_unicode"},
    "union": {"custom_error_type"},
}
"""What each kind of value raises by itself. string_unicode: environments may hold bytes that are no UTF-8."""
_STRICT = {
    "bool_parsing",
    "float_parsing",
    "int_parsing",
    "int_parsing_size",
    "int_from_float",
    "finite_number",
    "string_unicode",
}
"""Types that only conversions raise: a TOML file read strictly has none, nor text that is no UTF-8."""
_BY_LIMIT = {
    "ge": "greater_than_equal",
    "gt": "greater_than",
    "le": "less_than_equal",
    "lt": "less_than",
    "multiple_of": "multiple_of",
    "pattern": "string_pattern_mismatch",
}
_BY_LENGTH = {
    ("str", "min_length"): "string_too_short",
    ("str", "max_length"): "string_too_long",
    ("list", "min_length"): "too_short",
    ("list", "max_length"): "too_long",
}
_WRAPPERS = {
    "default", "function-after", "function-before", "function-plain", "json-or-python", "lax-or-strict", "model-fields",
    "no-info", "nullable", "with-info",
}  # fmt: skip
"""Kinds that raise nothing of pydantic's by themselves."""


def types_of(model: type[BaseModel], *, is_toml: bool = False) -> set[str]:
    """Return every type of error that input for a model can lead to, but for those of its own validators.

    is_toml: the input was read from a TOML file: text in it is UTF-8.
    """
    found = set(_types(model.__pydantic_core_schema__))
    if is_toml:
        found -= {"string_unicode"}
    return found - _STRICT if model.model_config.get("strict") else found


def _types(schema: Any) -> Iterator[str]:
    if isinstance(schema, list | tuple):
        for part in schema:
            yield from _types(part)
    if not isinstance(schema, dict):
        return
    kind = schema.get("type")
    if kind == "model-field":
        yield from () if schema["schema"]["type"] == "default" else ("missing",)
    elif kind == "model":
        yield from ("extra_forbidden",) if schema["config"].get("extra_fields_behavior") == "forbid" else ()
    if isinstance(kind, str) and kind not in _WRAPPERS and kind != "model-field":
        yield from {schema.get("custom_error_type", "")} - {""} if kind == "union" else _BY_KIND[kind]
        yield from (name for limit, name in _BY_LIMIT.items() if schema.get(limit) is not None)
        yield from (name for (of, limit), name in _BY_LENGTH.items() if of == kind and limit in schema)
    for name, part in schema.items():
        if name not in ("metadata", "config", "serialization"):
            yield from _types(part)
