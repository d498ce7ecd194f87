"""Queries for calls that are transferred to a person: by the assistant (a turn), or by an operator (the call's row)."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, or_, select, update

from storage.identities.finding import contacts_of_number
from storage.models import LONGEST_CALL, Contact, Conversation, Ending
from storage.queries.calls import CallFacts
from storage.tables import CALLS, TURNS


def begin(connection: Connection, call_sid: str, now: datetime) -> bool:
    """Record that an operator transfers a call; return False if its caller is with a person already."""
    turns = TURNS.alias()
    last = select(turns.c.id).where(turns.c.conversation_id == CALLS.c.conversation_id)
    last = last.order_by(turns.c.number.desc()).limit(1).correlate(CALLS)
    by_assistant = exists().where(
        TURNS.c.id == last.scalar_subquery(),
        TURNS.c.ending == Ending.TRANSFER,
        _goes_on(TURNS.c.finished_at),
    )
    spoke_since = exists().where(
        TURNS.c.conversation_id == CALLS.c.conversation_id, TURNS.c.created_at > CALLS.c.transferred_at
    )
    by_operator = and_(CALLS.c.transferred_at.is_not(None), _goes_on(CALLS.c.transferred_at), ~spoke_since)
    begun = update(CALLS).where(CALLS.c.call_sid == call_sid, ~by_assistant, ~by_operator)
    return connection.execute(begun.values(transferred_at=now)).rowcount == 1


def take_back(connection: Connection, call_sid: str, began_at: datetime) -> None:
    """Record that a transfer did not begin."""
    begun = update(CALLS).where(CALLS.c.call_sid == call_sid, CALLS.c.transferred_at == began_at)
    connection.execute(begun.values(transferred_at=None))


def ended(connection: Connection, conversation_id: int, now: datetime) -> None:
    """Record the end of a call's transfer."""
    connection.execute(
        update(CALLS).where(CALLS.c.conversation_id == conversation_id).values(dial_ended_at=now)
    )


def is_over(connection: Connection, conversation_id: int) -> tuple[bool, bool]:
    """Return whether a call is over, and whether a transfer of it is."""
    found = (
        select(CALLS.c.ended_at, Conversation.closed_at, CALLS.c.dial_ended_at)
        .join(Conversation, Conversation.id == CALLS.c.conversation_id)
        .where(CALLS.c.conversation_id == conversation_id)
    )
    row = connection.execute(found).first()
    if row is None:
        return False, False
    return row.ended_at is not None or row.closed_at is not None, row.dial_ended_at is not None


def is_being_transferred(connection: Connection, facts: CallFacts, since: datetime) -> bool:
    """Return whether another call of the same contact goes on whose transfer began after a time and has no end."""
    values = {
        "number": facts.contact_address, "simulated": facts.simulated, "key": facts.key, "since": since,
        "begun": since - LONGEST_CALL,
    }  # fmt: skip
    return connection.execute(_BEING_TRANSFERRED, values).first() is not None


def _goes_on(began_at: ColumnElement[datetime]) -> ColumnElement[bool]:
    return or_(CALLS.c.dial_ended_at.is_(None), CALLS.c.dial_ended_at < began_at)


_BEING_TRANSFERRED = (
    select(Conversation.id)
    .join(Contact, Contact.id == Conversation.contact_id)
    .join(CALLS, CALLS.c.conversation_id == Conversation.id)
    .outerjoin(TURNS, and_(TURNS.c.conversation_id == Conversation.id, TURNS.c.ending == Ending.TRANSFER))
    .where(
        Contact.id.in_(contacts_of_number(bindparam("number"))), Contact.simulated == bindparam("simulated")
    )
    .where(Conversation.channel == "phone", Conversation.closed_at.is_(None))
    .where(Conversation.key != bindparam("key"), Conversation.created_at > bindparam("begun"))
    .where(
        or_(
            and_(TURNS.c.finished_at > bindparam("since"), _goes_on(TURNS.c.finished_at)),
            and_(CALLS.c.transferred_at > bindparam("since"), _goes_on(CALLS.c.transferred_at)),
        )
    )
    .limit(1)
)
