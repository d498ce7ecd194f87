"""Queries for conversations that were handed over to a person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from storage.models import Contact, Conversation, Handoff, Offer
from storage.upsert import insert_once

OPEN = "open"


@dataclass(frozen=True, slots=True)
class HandoffRecord:
    """A handoff with its contact. address: E.164, or "withheld:" and the CallSid.

    owner: the person who took it; asked: the sellers who were notified of it, in order.
    """

    created_at: datetime
    address: str
    reason: str
    summary: str
    message: str
    simulated: bool
    owner: str
    owned_at: datetime | None
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
        state=OPEN,
        owner="",
        owned_at=None,
        created_at=now,
        updated_at=now,
    )


def add_message(connection: Connection, conversation_id: int, message: str, now: datetime) -> bool:
    """Add a message to the conversation's last handoff; return False if it has none."""
    last = (
        select(Handoff.id)
        .where(Handoff.conversation_id == conversation_id)
        .order_by(Handoff.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    added = connection.execute(
        update(Handoff)
        .where(Handoff.id == last)
        .values(message=message, updated_at=now)
        .returning(Handoff.id)
    )
    return added.scalar_one_or_none() is not None


def last_handoffs(connection: Connection, limit: int) -> list[HandoffRecord]:
    """Return the newest handoffs, oldest of them first."""
    rows = connection.execute(
        select(
            Handoff.created_at,
            Contact.address,
            Handoff.reason,
            Handoff.summary,
            Handoff.message,
            Contact.simulated,
            Handoff.owner,
            Handoff.owned_at,
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
