"""Queries for conversations that were handed over to a person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update

from phone_numbers import ReachAddress
from storage.identities.reaching import REACHED_IN
from storage.models import Contact, Conversation, Handoff, Offer
from storage.tables import CONVERSATIONS, HANDOFFS
from storage.upsert import insert_once

CLOSED = "closed"
"""The state of a handoff that is over."""
MOST_KEPT = 20_000
"""Characters of all that was left as a message, or asked for, with one handoff."""
WAITS_FOR, OWNED_FOR = timedelta(days=8), timedelta(days=3)
"""The longest that a handoff is looked for after it was made, and after it was taken: earlier versions ended none."""


@dataclass(frozen=True, slots=True)
class CurrentHandoff:
    """A person's handoff that has not ended. conversation_id, turn_number: what led to it."""

    id: int
    conversation_id: int
    turn_number: int | None
    state: str


@dataclass(frozen=True, slots=True)
class HandoffRecord:
    """A handoff with its contact.

    owner: the person who took it; asked: the sellers who were notified of it, in order. missed_at: it ended with nobody
    having come, and nobody has answered the person since.
    """

    created_at: datetime
    number: ReachAddress
    reason: str
    summary: str
    message: str
    simulated: bool
    owner: str
    owned_at: datetime | None
    missed_at: datetime | None
    asked: tuple[str, ...] = ()


def make_handoff(
    connection: Connection,
    conversation_id: int,
    turn_number: int | None,
    *,
    source: str,
    request_key: str | None,
    number: str,
    reason: str,
    summary: str,
    context: str,
    state: str,
    now: datetime,
) -> int | None:
    """Record a handoff; return its id, or None if that turn led to one before.

    number: the contact's, as given in the request, or empty.
    """
    return insert_once(
        connection,
        Handoff,
        conversation_id=conversation_id,
        turn_number=turn_number,
        source=source,
        request_key=request_key,
        number=number,
        reason=reason,
        summary=summary,
        context=context,
        message="",
        state=state,
        owner="",
        owned_at=None,
        created_at=now,
        updated_at=now,
    )


def handoff_of_turn(connection: Connection, conversation_id: int, turn_number: int | None) -> int:
    """Return the handoff that a turn led to."""
    found = select(HANDOFFS.c.id).where(
        HANDOFFS.c.conversation_id == conversation_id, HANDOFFS.c.turn_number == turn_number
    )
    return int(connection.execute(found).scalar_one())


def contact_of(connection: Connection, conversation_id: int) -> int:
    """Return the contact of a conversation."""
    found = select(CONVERSATIONS.c.contact_id).where(CONVERSATIONS.c.id == conversation_id)
    return int(connection.execute(found).scalar_one())


def current_of(connection: Connection, contact_id: int, now: datetime) -> CurrentHandoff | None:
    """Return the handoff of a person that has not ended, in whichever conversation; None if there is none."""
    times = {"made_after": now - WAITS_FOR, "taken_after": now - OWNED_FOR}
    row = connection.execute(_CURRENT, {"contact_id": contact_id, **times}).one_or_none()
    return None if row is None else CurrentHandoff(*row)


def unended_of(connection: Connection, contact_id: int, now: datetime) -> list[int]:
    """Return the handoffs of a person that have not ended, oldest first."""
    times = {"made_after": now - WAITS_FOR, "taken_after": now - OWNED_FOR}
    rows = connection.execute(_UNENDED, {"contact_id": contact_id, **times})
    return [row.id for row in reversed(rows.all())]


def add_message(connection: Connection, handoff_id: int, message: str, now: datetime) -> None:
    """Add a message that the person left."""
    _append(connection, handoff_id, HANDOFFS.c.message.name, message, now)


def add_context(connection: Connection, handoff_id: int, words: str, now: datetime) -> None:
    """Add what was asked for once more, if it says anything new."""
    known = connection.execute(
        select(HANDOFFS.c.reason, HANDOFFS.c.summary, HANDOFFS.c.context).where(HANDOFFS.c.id == handoff_id)
    ).one()
    if words and not any(words in each for each in known):
        _append(connection, handoff_id, HANDOFFS.c.context.name, words, now)


def _append(connection: Connection, handoff_id: int, column: str, words: str, now: datetime) -> None:
    found = select(HANDOFFS.c[column]).where(HANDOFFS.c.id == handoff_id).with_for_update()
    before = connection.execute(found).scalar_one()
    after = "\n\n".join(filter(None, [before, words]))[:MOST_KEPT]
    connection.execute(
        update(HANDOFFS).where(HANDOFFS.c.id == handoff_id).values({column: after, "updated_at": now})
    )


_OF_CONTACT = CONVERSATIONS.c.contact_id == bindparam("contact_id")
_JOINED = HANDOFFS.join(CONVERSATIONS, CONVERSATIONS.c.id == HANDOFFS.c.conversation_id)
_UNENDED = (
    select(HANDOFFS.c.id, HANDOFFS.c.conversation_id, HANDOFFS.c.turn_number, HANDOFFS.c.state)
    .select_from(_JOINED)
    .where(
        _OF_CONTACT,
        HANDOFFS.c.state != CLOSED,
        HANDOFFS.c.created_at > bindparam("made_after"),
        or_(HANDOFFS.c.owner == "", HANDOFFS.c.owned_at > bindparam("taken_after")),
    )
    .order_by(HANDOFFS.c.id.desc())
)
_CURRENT = _UNENDED.limit(1)


def last_handoffs(connection: Connection, limit: int) -> list[HandoffRecord]:
    """Return the newest handoffs, oldest of them first."""
    rows = connection.execute(
        select(
            Handoff.created_at,
            REACHED_IN,
            Handoff.reason,
            Handoff.summary,
            Handoff.message,
            Contact.simulated,
            Handoff.owner,
            Handoff.owned_at,
            Handoff.missed_at,
            Handoff.id,
        )
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .order_by(Handoff.id.desc())
        .limit(limit)
    ).all()
    asked: dict[int, list[str]] = {row.id: [] for row in rows}
    told = select(Offer.handoff_id, Offer.seller).where(Offer.handoff_id.in_(asked)).order_by(Offer.id)
    for handoff_id, seller in connection.execute(told):
        asked[handoff_id].append(seller)
    return [_record(row, asked[row.id]) for row in reversed(rows)]


def _record(row: Any, asked: Sequence[str]) -> HandoffRecord:
    *values, _ = row
    return replace(HandoffRecord(*values), asked=tuple(asked))
