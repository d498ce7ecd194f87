"""Hands a conversation over to a person: one function for every kind of request."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from conversation.observers import HandoffListener
from conversation.redaction import redact
from storage.queries import handoffs


class Source(StrEnum):
    """The origin of a handoff request."""

    ASSISTANT = "assistant"
    WORDS = "words"
    KEY = "key"
    FAILURE = "failure"
    API = "api"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Request:
    """A request to hand a conversation over.

    request_key: the same for each repetition of an external request. number: the contact's, as given in the request.
    """

    reason: str
    summary: str = ""
    context: str = ""
    source: Source = Source.ASSISTANT
    request_key: str | None = None
    number: str = ""


def hand_off(
    connection: Connection,
    listener: HandoffListener,
    conversation_id: int,
    turn_number: int | None,
    request: Request,
    now: datetime,
) -> int | None:
    """Record a handoff and notify its listener; return the handoff's id.

    Each turn leads to one handoff at most: return None if it already did.
    """
    handoff_id = handoffs.make_handoff(
        connection,
        conversation_id,
        turn_number,
        source=request.source,
        request_key=request.request_key,
        number=request.number[:40],
        reason=redact(request.reason)[:500],
        summary=redact(request.summary)[:2000],
        context=redact(request.context)[:4000],
        now=now,
    )
    if handoff_id is not None:
        listener.handed_off(connection, handoff_id, now)
    return handoff_id


def leave_message(
    connection: Connection,
    listener: HandoffListener,
    conversation_id: int,
    turn_number: int,
    message: str,
    now: datetime,
) -> None:
    """Store the caller's message with the handoff that led to it."""
    if not handoffs.add_message(connection, conversation_id, message, now):
        hand_off(connection, listener, conversation_id, turn_number, Request("message"), now)
        handoffs.add_message(connection, conversation_id, message, now)
