"""Hands a conversation over to a person: one function for every kind of request."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from conversation.handoff_states import Event, State
from conversation.observers import HandoffListener
from conversation.redaction import redact
from storage import locks
from storage.models import Ending
from storage.queries import handoffs
from storage.queries.handoffs import CurrentHandoff


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
    begins: the first state, from which it follows when people are told.
    """

    reason: str
    summary: str = ""
    context: str = ""
    source: Source = Source.ASSISTANT
    request_key: str | None = None
    number: str = ""
    begins: State = State.OPEN


@dataclass(frozen=True, slots=True)
class HandedOff:
    """A person's handoff. is_new: False if there was one before this turn, which the request was added to."""

    id: int
    is_new: bool


def begins_with(ending: Ending, *, is_phone: bool) -> State:
    """Return the first state of a handoff, by what follows the answer that leads to it."""
    if is_phone and ending is Ending.TRANSFER:
        return State.TRANSFERRING
    return State.COLLECTING if is_phone and ending is Ending.TAKE_MESSAGE else State.OPEN


def hand_off(
    connection: Connection,
    listener: HandoffListener,
    conversation_id: int,
    turn_number: int | None,
    request: Request,
    now: datetime,
) -> HandedOff:
    """Record a handoff and notify its listener.

    A person has one at a time, in whichever conversation it was begun: a further request is added to it.
    """
    current = current_handoff(connection, conversation_id, now)
    if current is not None:
        is_new = (current.conversation_id, current.turn_number) == (conversation_id, turn_number)
        if not is_new or turn_number is None:
            _add(connection, listener, current, request, now)
        return HandedOff(current.id, is_new=is_new and turn_number is not None)
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
        state=request.begins,
        now=now,
    )
    if handoff_id is None:  # this turn led to one that is over
        return HandedOff(handoffs.handoff_of_turn(connection, conversation_id, turn_number), is_new=True)
    listener.handed_off(connection, handoff_id, now)
    return HandedOff(handoff_id, is_new=True)


def _add(
    connection: Connection,
    listener: HandoffListener,
    current: CurrentHandoff,
    request: Request,
    now: datetime,
) -> None:
    """Add a further request to a person's handoff; who has it already is told."""
    words = redact("\n\n".join(filter(None, [request.reason, request.summary, request.context])))
    if current.state == State.OWNED:
        handoffs.add_message(connection, current.id, " ".join(words.split()), now)
        listener.happened(connection, current.id, Event.MESSAGE_LEFT, now)
    else:
        handoffs.add_context(connection, current.id, words, now)


def current_handoff(connection: Connection, conversation_id: int, now: datetime) -> CurrentHandoff | None:
    """Return the person's handoff that has not ended, and hold back others who ask until the transaction ends."""
    contact_id = handoffs.contact_of(connection, conversation_id)
    locks.hold(connection, f"handoff-of:{contact_id}")
    return handoffs.current_of(connection, contact_id, now)


def tell(
    connection: Connection,
    listener: HandoffListener,
    conversation_id: int,
    event: Event,
    now: datetime,
    *,
    by: str = "",
) -> None:
    """Notify the listener of what has happened to a person's handoff, if there is one. by: who has it now."""
    current = current_handoff(connection, conversation_id, now)
    if current is not None:
        listener.happened(connection, current.id, event, now, by=by)


def leave_message(
    connection: Connection,
    listener: HandoffListener,
    conversation_id: int,
    turn_number: int,
    message: str,
    now: datetime,
) -> None:
    """Store the caller's message with their handoff, which people are told of now that it is complete."""
    request = Request("message", begins=State.COLLECTING)
    current = current_handoff(connection, conversation_id, now)
    handoff_id = (
        current.id
        if current
        else hand_off(connection, listener, conversation_id, turn_number, request, now).id
    )
    handoffs.add_message(connection, handoff_id, message, now)
    listener.happened(connection, handoff_id, Event.MESSAGE_LEFT, now)
