"""Reads other people's JSON into models.

What is missing or malformed becomes its field's default. Where a field has none, its object is not there: `parse`
returns None, and a list of `OnErrorOmit` leaves it out. Readers that choose by what they find use `dict_of` and
`dicts_of`.
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
"""An id or a size that a database keeps."""
Flag = Annotated[bool, Field(strict=True)]
"""true or false, and nothing like them."""


class Model(BaseModel):
    """An object of somebody else's. Its errors hold nothing of what was read."""

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
    """Return an object of any JSON; None where it is none, or lacks what it must have."""
    try:
        return model.model_validate(body)
    except ValidationError:
        return None


def cleaned(clean: Callable[[str], str]) -> BeforeValidator:
    """Return what cleans a text before it is read."""
    return BeforeValidator(lambda value: clean(value) if isinstance(value, str) else value)


def dict_of(value: Any) -> dict[str, Any]:
    """Return an object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def dicts_of(value: Any) -> list[dict[str, Any]]:
    """Return the objects in an array; none for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
