"""How a conversation goes to a person: one function, whoever asks for it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from conversation.observers import HandoffListener
from conversation.redaction import redact
from storage.queries import handoffs


class Source(StrEnum):
    """Who asked for a handoff."""

    ASSISTANT = "assistant"
    WORDS = "words"
    KEY = "key"
    FAILURE = "failure"
    API = "api"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Request:
    """Why a conversation goes to a person.

    request_key: the same for every time that an asker from outside asks. number: the contact's, as the asker wrote it.
    """

    reason: str
    summary: str = ""
    context: str = ""
    source: Source = Source.ASSISTANT
    request_key: str | None = None
    number: str = ""


def hand_off(
    connection: Connection,
    people: HandoffListener,
    conversation_id: int,
    turn_number: int | None,
    request: Request,
    now: datetime,
) -> int | None:
    """Keep that a conversation goes to a person, and have people told; return the handoff's id.

    Once per turn, however often it is said: None where it was said before.
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
        people.handed_off(connection, handoff_id, now)
    return handoff_id


def leave_message(
    connection: Connection,
    people: HandoffListener,
    conversation_id: int,
    turn_number: int,
    message: str,
    now: datetime,
) -> None:
    """Keep what the caller wants passed on, with the handoff that led to it."""
    if not handoffs.add_message(connection, conversation_id, message, now):
        hand_off(connection, people, conversation_id, turn_number, Request("message"), now)
        handoffs.add_message(connection, conversation_id, message, now)
