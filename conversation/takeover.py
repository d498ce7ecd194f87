"""Gives conversations to operators and back to the assistant, the same from the dashboard and from Chatwoot.

Whatever waits of a person goes with their conversation, in whichever conversation it was begun.
"""

from datetime import datetime

from sqlalchemy import Connection

from conversation.handoff import hold_person
from conversation.handoff_states import Event
from conversation.observers import HandoffListener
from storage.queries import contacts, handoffs, promises


def take_over(
    connection: Connection,
    listener: HandoffListener,
    conversation_id: int,
    operator: str,
    until: datetime,
    now: datetime,
) -> None:
    """Silence the assistant for an operator, who has all that waits of that person from now on."""
    contact_id = handoffs.contact_of(connection, conversation_id)
    _happened_to_all(connection, listener, contact_id, Event.TAKEN, now, by=operator)
    # Handoffs before conversations, as sellers' answers do: in the other order the two would wait for each other
    contacts.take_over(connection, conversation_id, operator, until)
    promises.settle_all(connection, contact_id, operator, now)


def give_back(connection: Connection, listener: HandoffListener, conversation_id: int, now: datetime) -> bool:
    """Let the assistant answer again, and end what the person has open; return whether an operator had it."""
    was_held = contacts.is_held(connection, conversation_id)
    end_all(connection, listener, handoffs.contact_of(connection, conversation_id), now)
    contacts.give_back(connection, conversation_id)
    return was_held


def end_all(connection: Connection, listener: HandoffListener, contact_id: int, now: datetime) -> None:
    """End what a person has open: an operator has answered them."""
    _happened_to_all(connection, listener, contact_id, Event.DONE, now)


def _happened_to_all(
    connection: Connection,
    listener: HandoffListener,
    contact_id: int,
    event: Event,
    now: datetime,
    *,
    by: str = "",
) -> None:
    hold_person(connection, contact_id)
    for handoff_id in handoffs.unended_of(connection, contact_id, now):
        listener.happened(connection, handoff_id, event, now, by=by)
