"""Queries for what the messages and calls of campaigns have cost: which have no price yet, and those that came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, or_, select, update

from storage.models import CampaignChannel, MessageStatus
from storage.tables import CALLS, MESSAGES

MILLION = 1_000_000
"""Prices are kept in millionths of their currency, so that sums are exact."""
_TAKEN = (MessageStatus.QUEUED, MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ)


@dataclass(frozen=True, slots=True)
class Bill:
    """What a message or a call has cost. price: in millionths of the currency."""

    sid: str
    price: int
    currency: str


@dataclass(frozen=True, slots=True)
class Billed:
    """A table of what is billed. sid: Twilio's name of a row. at: its time. is_due: a price of it is to come."""

    table: Table
    sid: ColumnElement[Any]
    at: ColumnElement[datetime]
    is_due: ColumnElement[bool]


BILLED: Mapping[str, Billed] = {
    CampaignChannel.WHATSAPP: Billed(
        MESSAGES,
        MESSAGES.c.sid,
        MESSAGES.c.created_at,
        # Another provider's messages are on no list of Twilio's
        and_(
            or_(MESSAGES.c.sid.startswith("SM"), MESSAGES.c.sid.startswith("MM")),
            MESSAGES.c.status.in_(_TAKEN),
        ),
    ),
    CampaignChannel.VOICE: Billed(
        CALLS,
        CALLS.c.call_sid,
        CALLS.c.started_at,
        or_(CALLS.c.answered_at.is_not(None), CALLS.c.duration_s > 0),
    ),
}
"""By channel."""


def is_any_due(connection: Connection, channel: str, since: datetime, until: datetime) -> bool:
    """Return whether a message or a call of a campaign, of a time, still has no price."""
    billed = BILLED[channel]
    found = select(billed.table.c.id).where(
        billed.table.c.recipient_id.is_not(None),
        billed.table.c.price.is_(None),
        billed.at >= since,
        billed.at < until,
        billed.is_due,
    )
    return connection.execute(found.limit(1)).first() is not None


def note(connection: Connection, channel: str, bills: Sequence[Bill]) -> int:
    """Record prices of what is a campaign's; return how many were new. Of several for one the last counts."""
    last = {bill.sid: bill for bill in bills}
    table, sid = BILLED[channel].table, BILLED[channel].sid
    known = select(sid.label("sid"), table.c.price, table.c.currency).where(
        table.c.recipient_id.is_not(None), sid.in_(list(last))
    )
    before = {row.sid: (row.price, row.currency) for row in connection.execute(known)}
    news = [
        {"billed": bill.sid, "price": bill.price, "currency": bill.currency}
        for bill in last.values()
        if bill.sid in before and before[bill.sid] != (bill.price, bill.currency)
    ]
    if news:
        values: dict[str, Any] = {"price": bindparam("price"), "currency": bindparam("currency")}
        connection.execute(update(table).where(sid == bindparam("billed")).values(values), news)
    return len(news)
