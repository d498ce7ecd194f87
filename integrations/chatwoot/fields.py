"""The types of values in Chatwoot's JSON."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field, PlainValidator

from integrations.json_models import cleaned

_UNKEEPABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def sendable(content: str) -> str:
    """Return a text without the characters that PostgreSQL refuses: Chatwoot answers them with 500 each time."""
    return _UNKEEPABLE.sub("", content)


def _moment(written: Any) -> datetime | None:
    try:
        if isinstance(written, str):
            found = datetime.fromisoformat(written)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        if isinstance(written, int | float) and not isinstance(written, bool):
            return datetime.fromtimestamp(written, UTC)
    except (ValueError, OverflowError, OSError):  # a year outside the calendar, or no number
        return None
    return None


Text = Annotated[str, cleaned(sendable)]
Filled = Annotated[Text, Field(min_length=1)]
Moment = Annotated[datetime | None, PlainValidator(_moment)]
"""A time, written by Chatwoot as seconds or as ISO 8601."""
