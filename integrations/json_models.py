"""Parses third-party JSON into models.

A missing or malformed value becomes its field's default. An object is dropped when a field without a default is
missing: `parse` returns None, and a list of `OnErrorOmit` skips it. Code without a model uses `dict_of` and `dicts_of`.
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

Id = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
"""An id or a size within the range of a database's integer."""
Flag = Annotated[bool, Field(strict=True)]
"""true or false; no other value counts as either."""


class Model(BaseModel):
    """An object in third-party JSON. Its errors do not quote the input."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    @field_validator("*", mode="wrap")
    @classmethod
    def _or_default(cls, value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        try:
            return read(value)
        except ValidationError:
            field = cls.model_fields[str(info.field_name)]
            if field.is_required():
                raise
            return field.get_default()


_M = TypeVar("_M", bound=Model)


def parse(model: type[_M], body: Any) -> _M | None:
    """Parse JSON into a model; return None for anything but a complete object."""
    try:
        return model.model_validate(body)
    except ValidationError:
        return None


def cleaned(clean: Callable[[str], str]) -> BeforeValidator:
    """Return a validator that cleans a text before it is parsed."""
    return BeforeValidator(lambda value: clean(value) if isinstance(value, str) else value)


def dict_of(value: Any) -> dict[str, Any]:
    """Return the object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def dicts_of(value: Any) -> list[dict[str, Any]]:
    """Return the objects in an array; none for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
