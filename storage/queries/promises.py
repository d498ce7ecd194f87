"""Queries for handoffs that ended with nobody having come, until somebody has answered the person."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, select, update

from storage.tables import CONVERSATIONS, HANDOFFS, OFFERS

ANSWERED_FOR = timedelta(days=1)
"""The longest that a seller's answer takes a handoff that was missed."""


def note_missed(connection: Connection, handoff_id: int, now: datetime) -> None:
    """Record that nobody came."""
    connection.execute(update(HANDOFFS).where(HANDOFFS.c.id == handoff_id).values(missed_at=now))


def settle(connection: Connection, handoff_id: int, owner: str, now: datetime) -> bool:
    """Record who has answered the person after all; return False if it was not missed, or is settled."""
    return _settle(connection, HANDOFFS.c.id == handoff_id, owner, now)


def settle_all(connection: Connection, contact_id: int, owner: str, now: datetime) -> None:
    """Record who has answered a person to whom nobody had come, in whichever conversation."""
    theirs = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.contact_id == contact_id)
    _settle(connection, HANDOFFS.c.conversation_id.in_(theirs), owner, now)


def _settle(connection: Connection, which: ColumnElement[bool], owner: str, now: datetime) -> bool:
    values = {"missed_at": None, "owner": owner[:120], "owned_at": now, "updated_at": now}
    missed = HANDOFFS.c.missed_at.is_not(None)
    return connection.execute(update(HANDOFFS).where(missed, which).values(values)).rowcount > 0


def missed_by(connection: Connection, seller: str, now: datetime) -> int | None:
    """Return the newest missed handoff, of the last day, of which a seller was told."""
    found = (
        select(HANDOFFS.c.id)
        .join(OFFERS, OFFERS.c.handoff_id == HANDOFFS.c.id)
        .where(OFFERS.c.seller == seller, HANDOFFS.c.missed_at > now - ANSWERED_FOR)
        .order_by(HANDOFFS.c.missed_at.desc(), HANDOFFS.c.id.desc())
        .limit(1)
    )
    return connection.execute(found).scalar_one_or_none()
