"""Queries for handoffs offered to sellers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, Table, and_, bindparam, case, func, select, update

from storage.models import Contact, Conversation, Handoff, Offer
from storage.queries.handoffs import CLOSED, OWNED_FOR
from storage.upsert import insert_once

OPEN, TAKEN, DECLINED, GONE, EXPIRED = "open", "taken", "declined", "gone", "expired"
"""GONE: somebody else has it. EXPIRED: nobody took it, and it is over."""
OFFERED_FOR = timedelta(days=1)
"""The longest that a seller's answer takes what was offered."""

_OFFERS = cast(Table, Offer.__table__)
_HANDOFFS = cast(Table, Handoff.__table__)
_CONTACTS = cast(Table, Contact.__table__)
_CONVERSATIONS = cast(Table, Conversation.__table__)


@dataclass(frozen=True, slots=True)
class HandoffFacts:
    """A handoff with its contact.

    number: for our people to reach them, as given or as they write from; or "withheld:" and the CallSid.
    """

    id: int
    conversation_id: int
    contact_id: int
    channel: str
    number: str
    name: str
    simulated: bool
    reason: str
    summary: str
    context: str
    state: str
    owner: str
    request_key: str | None
    created_at: datetime
    source: str
    message: str
    owned_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class OfferRecord:
    """An offer to a seller."""

    id: int
    handoff_id: int
    seller: str
    message_id: int | None
    state: str
    created_at: datetime
    expires_at: datetime


def handoff_facts(connection: Connection, handoff_id: int) -> HandoffFacts | None:
    """Return a handoff by its id."""
    row = connection.execute(_FACTS_OF, {"handoff_id": handoff_id}).one_or_none()
    return None if row is None else HandoffFacts(*list(row))


def asked_before(connection: Connection, request_key: str, since: datetime) -> HandoffFacts | None:
    """Return the handoff of an earlier external request with the same key, after a time."""
    row = connection.execute(_ASKED_BEFORE, {"request_key": request_key, "since": since}).one_or_none()
    return None if row is None else HandoffFacts(*list(row))


def make_offer(
    connection: Connection, handoff_id: int, seller: str, message_id: int, now: datetime, expires_at: datetime
) -> bool:
    """Record an offer to a seller; return False if there was one before."""
    made = insert_once(
        connection, Offer, handoff_id=handoff_id, seller=seller, message_id=message_id, state=OPEN,
        created_at=now, expires_at=expires_at,
    )  # fmt: skip
    return made is not None


def offers_of(connection: Connection, handoff_id: int) -> list[OfferRecord]:
    """Return the offers of a handoff, oldest first."""
    rows = connection.execute(_ALL.where(_OFFERS.c.handoff_id == handoff_id).order_by(_OFFERS.c.id))
    return [OfferRecord(*list(row)) for row in rows]


def offered_by(connection: Connection, message_id: int) -> int | None:
    """Return the handoff offered to a seller by a message."""
    found = select(_OFFERS.c.handoff_id).where(_OFFERS.c.message_id == message_id)
    return connection.execute(found).scalar_one_or_none()


def open_offer_to(connection: Connection, seller: str, now: datetime) -> OfferRecord | None:
    """Return a seller's newest unanswered offer, of the last day, of a handoff that nobody has taken."""
    found = (
        _ALL.join(_HANDOFFS, _HANDOFFS.c.id == _OFFERS.c.handoff_id)
        .where(
            _OFFERS.c.seller == seller,
            _OFFERS.c.state == OPEN,
            _OFFERS.c.created_at > now - OFFERED_FOR,
            _HANDOFFS.c.owner == "",
            _HANDOFFS.c.state != CLOSED,
        )
        .order_by(_OFFERS.c.id.desc())
        .limit(1)
    )
    row = connection.execute(found).one_or_none()
    return None if row is None else OfferRecord(*list(row))


def last_asked(connection: Connection, sellers: Sequence[str]) -> dict[str, datetime]:
    """Return the time of each seller's last offer."""
    rows = connection.execute(_LAST_ASKED, {"sellers": list(sellers)})
    return {row[0]: row[1] for row in rows}


def answer_offer(connection: Connection, offer_id: int, state: str) -> None:
    """Record a seller's answer, or that the offer is no longer open to them."""
    connection.execute(
        update(_OFFERS).where(_OFFERS.c.id == offer_id, _OFFERS.c.state == OPEN).values(state=state)
    )


def renew_offer(connection: Connection, offer_id: int, expires_at: datetime) -> None:
    """Record until when the next seller waits for the answer to an offer that is made again."""
    connection.execute(update(_OFFERS).where(_OFFERS.c.id == offer_id).values(expires_at=expires_at))


def owned_by(connection: Connection, owner: str, now: datetime) -> HandoffFacts | None:
    """Return the newest handoff that a seller has taken and not ended."""
    newest = _FACTS.where(
        _HANDOFFS.c.owner == owner, _HANDOFFS.c.state != CLOSED, _HANDOFFS.c.owned_at > now - OWNED_FOR
    ).order_by(_HANDOFFS.c.owned_at.desc(), _HANDOFFS.c.id.desc())
    row = connection.execute(newest.limit(1)).one_or_none()
    return None if row is None else HandoffFacts(*list(row))


def move(
    connection: Connection, handoff_id: int, state: str, to: str, now: datetime, *, owner: str = ""
) -> bool:
    """Record a handoff's next state, and who has it from now on; return False if it was in another state."""
    values = {"state": to, "updated_at": now} | ({"owner": owner, "owned_at": now} if owner else {})
    moved = connection.execute(
        update(_HANDOFFS).where(_HANDOFFS.c.id == handoff_id, _HANDOFFS.c.state == state).values(values)
    )
    return moved.rowcount == 1


_REACHED_BY = case(
    (_HANDOFFS.c.number != "", _HANDOFFS.c.number),
    (
        and_(_CONVERSATIONS.c.channel == "whatsapp", _CONTACTS.c.whatsapp_address != ""),
        func.replace(_CONTACTS.c.whatsapp_address, "whatsapp:", ""),
    ),
    else_=_CONTACTS.c.address,
)
_ALL = select(*(_OFFERS.c[name] for name in OfferRecord.__slots__))
_FACTS = (
    select(
        _HANDOFFS.c.id,
        _HANDOFFS.c.conversation_id,
        _CONVERSATIONS.c.contact_id,
        _CONVERSATIONS.c.channel,
        _REACHED_BY,
        _CONTACTS.c.name,
        _CONTACTS.c.simulated,
        _HANDOFFS.c.reason,
        _HANDOFFS.c.summary,
        _HANDOFFS.c.context,
        _HANDOFFS.c.state,
        _HANDOFFS.c.owner,
        _HANDOFFS.c.request_key,
        _HANDOFFS.c.created_at,
        _HANDOFFS.c.source,
        _HANDOFFS.c.message,
        _HANDOFFS.c.owned_at,
        _HANDOFFS.c.updated_at,
    )
    .join(_CONVERSATIONS, _CONVERSATIONS.c.id == _HANDOFFS.c.conversation_id)
    .join(_CONTACTS, _CONTACTS.c.id == _CONVERSATIONS.c.contact_id)
)
# Built once: building a statement costs more than running it.
_FACTS_OF = _FACTS.where(_HANDOFFS.c.id == bindparam("handoff_id"))
_ASKED_BEFORE = (
    _FACTS.where(
        _HANDOFFS.c.request_key == bindparam("request_key"), _HANDOFFS.c.created_at > bindparam("since")
    )
    .order_by(_HANDOFFS.c.id)
    .limit(1)
)
_LAST_ASKED = (
    select(_OFFERS.c.seller, func.max(_OFFERS.c.created_at))
    .where(_OFFERS.c.seller.in_(bindparam("sellers", expanding=True)))
    .group_by(_OFFERS.c.seller)
)
