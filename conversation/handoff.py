"""Hands a conversation over to a person: one function for every kind of request."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from conversation.handoff_states import Event, State
from conversation.observers import HandoffListener
from conversation.redaction import redact
from storage import locks
from storage.models import Ending
from storage.queries import contacts, dials, handoffs
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


@dataclass(slots=True)
class LateRequest:
    """What a caller was put through for while it could not be stored; it is stored with their turn."""

    request: Request | None = None

    def keep(self, request: Request) -> None:
        """Keep a request for later."""
        self.request = request


@dataclass(frozen=True, slots=True)
class HandedOff:
    """A person's handoff. is_new: False if there was one before this turn, which the request was added to.

    before: the one that they had, as it was; None if there was none.
    """

    id: int
    is_new: bool
    before: CurrentHandoff | None = None


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
        return HandedOff(current.id, is_new=is_new and turn_number is not None, before=current)
    handoff_id = handoffs.make_handoff(
        connection,
        conversation_id,
        turn_number,
        source=request.source,
        request_key=request.request_key,
        number=request.number[:40],
        reason=_shortened(redact(request.reason), 500),
        summary=_shortened(redact(request.summary), 2000),
        context=_shortened(redact(request.context), 4000),
        state=request.begins,
        now=now,
    )
    if handoff_id is None:  # this turn led to one that is over
        return HandedOff(handoffs.handoff_of_turn(connection, conversation_id, turn_number), is_new=True)
    listener.handed_off(connection, handoff_id, now)
    return HandedOff(handoff_id, is_new=True)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def hand_off_late(
    connection: Connection,
    listener: HandoffListener,
    conversation_id: int,
    turn_number: int,
    request: Request,
    now: datetime,
) -> None:
    """Record a handoff that could not be stored in time, from the state in which its call is by now."""
    call_is_over, transfer_is_over = dials.is_over(connection, conversation_id)
    if request.begins is State.TRANSFERRING and transfer_is_over:
        request = replace(request, begins=State.COLLECTING)
    if request.begins in (State.TRANSFERRING, State.COLLECTING) and call_is_over:
        request = replace(request, begins=State.OPEN)
    hand_off(connection, listener, conversation_id, turn_number, request, now)


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
    hold_person(connection, contact_id)
    return handoffs.current_of(connection, contact_id, now)


def hold_person(connection: Connection, contact_id: int) -> None:
    """Hold back others who hand a person over, until the transaction ends."""
    locks.hold(connection, f"handoff-of:{contact_id}")


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


def transfer_ended(
    connection: Connection,
    listener: HandoffListener,
    conversation_id: int,
    request: Request,
    now: datetime,
    *,
    answered_by: str,
) -> None:
    """Notify the listener of the end of a call's transfer. answered_by: the number, or "" if nobody answered.

    request: recorded if nobody answered and the person has no handoff: no transfer fails unknown to everybody.
    """
    dials.ended(connection, conversation_id, now)
    if answered_by:
        tell(connection, listener, conversation_id, Event.TRANSFER_ANSWERED, now, by=answered_by)
        return
    contacts.give_back(connection, conversation_id)
    if current_handoff(connection, conversation_id, now) is None:
        hand_off(connection, listener, conversation_id, None, request, now)
    tell(connection, listener, conversation_id, Event.TRANSFER_FAILED, now)


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
