"""The kinds of CRM events and their JSON Schema."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter


def _in_utc(time: datetime) -> datetime:
    return time.astimezone(UTC)


_Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class _Documented(BaseModel):
    """A model with its attributes' docstrings as descriptions in `schema`."""

    model_config = ConfigDict(
        frozen=True, use_attribute_docstrings=True, json_schema_serialization_defaults_required=True
    )


class CrmContact(_Documented):
    """The person."""

    name: str | None = None
    """As they call themselves; null where they did not say."""
    phone: str | None = None
    """E.164; null where the number is withheld."""


class _Event(_Documented):
    id: str
    """The event's own. An event that comes twice has the same one, and the same Idempotency-Key."""
    created_at: _Time
    """When it happened, in UTC (RFC 3339)."""
    contact: CrmContact

    def payload(self) -> dict[str, Any]:
        """Return the event as JSON, ready to store and post."""
        return self.model_dump(mode="json")


class _EventOfConversation(_Event):
    channel: str
    """How the person reached us: "phone" or "whatsapp"; more can be added."""
    conversation_id: str
    """The same in all events of a conversation. On the phone that is one call."""


class _HandoffEvent(_EventOfConversation):
    reason: str
    """Why a person is wanted."""
    summary: str = ""
    """What was said so far, in a few sentences."""
    message: str = ""
    """What the person left as a message, where nobody could come to the phone."""
    state: str
    """How far the handoff is, such as "open"; more can be added."""
    seller: str | None = None
    """Who took it; null where nobody has yet."""


class HandoffCreated(_HandoffEvent):
    """A conversation goes to a person."""

    event: Literal["handoff.created"] = "handoff.created"


class HandoffMissed(_HandoffEvent):
    """A handoff has ended, and nobody has come."""

    event: Literal["handoff.missed"] = "handoff.missed"


class ConversationFinished(_EventOfConversation):
    """A conversation came to its end."""

    event: Literal["conversation.finished"] = "conversation.finished"
    started_at: _Time
    ended_at: _Time
    turns: Annotated[int, Field(ge=0)]
    """How often the person spoke or wrote and was answered."""
    summary: str = ""
    """What was said, in a few sentences."""
    topic: str = ""
    """What it was about, in a few words."""
    outcome: str
    """How it ended, such as "completed" or "handoff"; more can be added."""


class ContactErased(_Event):
    """A person's data was erased here, and is to be erased in the CRM."""

    event: Literal["contact.erased"] = "contact.erased"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the events.

    It allows unknown fields, because events may get new ones.
    """
    either = TypeAdapter[Any](HandoffCreated | HandoffMissed | ConversationFinished | ContactErased)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "CrmEvent",
        **either.json_schema(mode="serialization"),
    }
