"""Defines the kinds of values in Chatwoot's JSON."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field, PlainValidator

from integrations.json_models import cleaned
from integrations.plain_text import sendable


def _moment(written: Any) -> datetime | None:
    try:
        if isinstance(written, str):
            found = datetime.fromisoformat(written)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        if isinstance(written, int | float) and not isinstance(written, bool):
            return datetime.fromtimestamp(written, UTC)
    except (ValueError, OverflowError, OSError):  # a year that no calendar has, or no number
        return None
    return None


Text = Annotated[str, cleaned(sendable)]
Filled = Annotated[Text, Field(min_length=1)]
Moment = Annotated[datetime | None, PlainValidator(_moment)]
"""A time, which Chatwoot writes as seconds in one place and as ISO 8601 in the other."""
