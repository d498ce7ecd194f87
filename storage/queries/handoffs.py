"""Conversations that went to a person: every query about them, named."""

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
    """A handoff with the person it is about. address: E.164, or "withheld:" and the CallSid.

    owner: who took it; asked: the sellers who were told of it, in order.
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
    """Keep that a conversation goes to a person; return its id, None where that turn led to one before.

    number: the contact's, as whoever asked for it wrote it; empty where nobody did.
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
    """Put a message to the conversation's last handoff; False where it has none."""
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
