"""Validates a handoff request posted by an ElevenLabs tool or any other holder of the key.

Follows https://elevenlabs.io/docs/eleven-agents/customization/tools/server-tools.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from integrations.plain_text import received

__all__ = ["HandoffRequest", "InvalidRequest", "read_handoff"]

MOST_REASON = 1000
MOST_NAME = 120
MOST_CONTEXT = 4000
MOST_PHONE = 120
MOST_ID = 120

# In the document too, hence nothing in it that not every dialect reads the same.
_NOT_BLANK = r"[^\s\x00-\x1f\x7f]"
_NOTHING_SEEN = "\ufffd"
"""Stands for a reason of characters that nobody sees, which no pattern can tell: a person is wanted all the same."""

# Models cut emoji in two: no parser takes the half of a character that is left
_HALF = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


class InvalidRequest(Exception):
    """The body is not a handoff request. detail: each fault's location (loc), message (msg) and kind (type)."""

    def __init__(self, detail: list[dict[str, Any]]) -> None:
        super().__init__(", ".join(f"{fault['loc'][-1]}: {fault['type']}" for fault in detail))
        self.detail = detail


def _not_blank(text: str) -> str:
    if not re.search(_NOT_BLANK, text):
        raise PydanticCustomError("blank", "Must say why a person is wanted")
    return received(text) or _NOTHING_SEEN


def _shortened(most: int) -> Callable[[str], str]:
    return lambda text: text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _phone(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return received(str(value)[:MOST_PHONE])


def _none_is_empty(value: Any) -> Any:
    return "" if value is None else value


_Phone = Annotated[str, Field(examples=["+34600000001"]), BeforeValidator(_phone, json_schema_input_type=Any)]
_Reason = Annotated[
    str,
    Field(min_length=1, json_schema_extra={"pattern": _NOT_BLANK}),
    AfterValidator(_not_blank),
    AfterValidator(_shortened(MOST_REASON)),
]
_Printable = Annotated[str, AfterValidator(received)]
_TextOrNull = BeforeValidator(_none_is_empty, json_schema_input_type=str | None)
_Id = Annotated[str, Field(max_length=MOST_ID)]
_IdOrNull = BeforeValidator(_none_is_empty, json_schema_input_type=_Id | None)


class HandoffRequest(BaseModel):
    """A customer who wants a person. What is not among these fields is passed over."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    reason: _Reason
    """Why a person is wanted, in a sentence. What is longer than 1000 characters is cut."""

    user_phone: _Phone = ""
    """The customer's number; in an ElevenLabs tool, system__caller_id. Without its country code it is taken for one of
    the business's country. What is no number, such as "anonymous" or null, is left out of the notice."""

    user_name: Annotated[_Printable, AfterValidator(_shortened(MOST_NAME)), _TextOrNull] = ""
    """The customer's name. What is longer than 120 characters is cut."""

    conversation_id: Annotated[_Id, AfterValidator(received), _IdOrNull] = ""
    """In an ElevenLabs tool, system__conversation_id. Once more within ten minutes, it notifies nobody twice."""

    additional_context: Annotated[_Printable, AfterValidator(_shortened(MOST_CONTEXT)), _TextOrNull] = ""
    """What else the person who takes over should know. What is longer than 4000 characters is cut."""


def read_handoff(raw: bytes) -> HandoffRequest:
    """Return what was posted; its phone as it was written. Raises InvalidRequest, which quotes nothing of it."""
    try:
        return HandoffRequest.model_validate_json(_HALF.sub(r"\\ufffd", raw.decode("utf-8-sig", "replace")))
    except ValidationError as error:
        faults = error.errors(include_url=False)
        raise InvalidRequest(
            [{"loc": ["body", *fault["loc"]], "msg": fault["msg"], "type": fault["type"]} for fault in faults]
        ) from None
