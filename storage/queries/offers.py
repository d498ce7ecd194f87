"""Queries for handoffs offered to sellers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, exists, func, select, update

from phone_numbers import ReachAddress
from storage.identities.reaching import REACHED_IN
from storage.models import LOST, MessageStatus, Offer
from storage.queries.handoffs import CLOSED, OWNED_FOR
from storage.tables import CONTACTS, CONVERSATIONS, HANDOFFS, MESSAGES, OFFERS
from storage.upsert import insert_once

OPEN, TAKEN, DECLINED, GONE, EXPIRED = "open", "taken", "declined", "gone", "expired"
"""GONE: somebody else has it. EXPIRED: nobody took it, and it is over."""
OFFERED_FOR = timedelta(days=1)
"""The longest that a seller's answer takes what was offered."""


@dataclass(frozen=True, slots=True)
class HandoffFacts:
    """A handoff with its contact.

    number: for our people to reach them, as given, as they write from or as they called from.
    """

    id: int
    conversation_id: int
    contact_id: int
    channel: str
    number: ReachAddress
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
    seller: ReachAddress
    message_id: int | None
    state: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LastNotice:
    """The message of an offer. error_code: the provider's."""

    status: str
    error_code: int | None
    sid: str | None

    @property
    def is_lost(self) -> bool:
        """Return True if it reached nobody."""
        return self.status in LOST


def handoff_facts(connection: Connection, handoff_id: int) -> HandoffFacts | None:
    """Return a handoff by its id."""
    row = connection.execute(_FACTS_OF, {"handoff_id": handoff_id}).one_or_none()
    return None if row is None else HandoffFacts(*list(row))


def asked_before(connection: Connection, request_key: str, since: datetime) -> HandoffFacts | None:
    """Return the handoff of an earlier external request with the same key, after a time."""
    row = connection.execute(_ASKED_BEFORE, {"request_key": request_key, "since": since}).one_or_none()
    return None if row is None else HandoffFacts(*list(row))


def make_offer(
    connection: Connection,
    handoff_id: int,
    seller: ReachAddress,
    message_id: int,
    now: datetime,
    expires_at: datetime,
    state: str = OPEN,
) -> bool:
    """Record an offer to a seller; return False if there was one before."""
    made = insert_once(
        connection, Offer, handoff_id=handoff_id, seller=seller, message_id=message_id, state=state,
        created_at=now, expires_at=expires_at,
    )  # fmt: skip
    return made is not None


def offers_of(connection: Connection, handoff_id: int) -> list[OfferRecord]:
    """Return the offers of a handoff, oldest first."""
    rows = connection.execute(_ALL.where(OFFERS.c.handoff_id == handoff_id).order_by(OFFERS.c.id))
    return [OfferRecord(*list(row)) for row in rows]


def offered_by(connection: Connection, message_id: int) -> int | None:
    """Return the handoff offered to a seller by a message."""
    found = select(OFFERS.c.handoff_id).where(OFFERS.c.message_id == message_id)
    return connection.execute(found).scalar_one_or_none()


def open_offer_to(connection: Connection, seller: ReachAddress, now: datetime) -> OfferRecord | None:
    """Return a seller's newest unanswered offer, of the last day, that they may have read and nobody has taken."""
    return _newest(
        connection, _of_the_day(seller, now), _may_have_been_read(), OFFERS.c.state == OPEN,
        HANDOFFS.c.owner == "", HANDOFFS.c.state != CLOSED,
    )  # fmt: skip


def last_offer_to(connection: Connection, seller: str, now: datetime) -> OfferRecord | None:
    """Return a seller's newest offer of the last day that they may have read, whatever became of it."""
    return _newest(connection, _of_the_day(seller, now), _may_have_been_read())


def offer_by_notice(connection: Connection, seller: str, sid: str, now: datetime) -> OfferRecord | None:
    """Return the offer, of the last day, that was made to a seller with the message of a SID."""
    notice = select(MESSAGES.c.id).where(MESSAGES.c.sid == sid)
    return _newest(connection, _of_the_day(seller, now), OFFERS.c.message_id.in_(notice))


def _of_the_day(seller: str, now: datetime) -> ColumnElement[bool]:
    return and_(OFFERS.c.seller == seller, OFFERS.c.created_at > now - OFFERED_FOR)


def _may_have_been_read() -> ColumnElement[bool]:
    """Return the condition that an offer's notice has left: what a seller writes before is about none of it."""
    waits = exists().where(MESSAGES.c.id == OFFERS.c.message_id, MESSAGES.c.status == MessageStatus.WAITING)
    return ~waits


def _newest(connection: Connection, *which: ColumnElement[bool]) -> OfferRecord | None:
    found = _ALL.join(HANDOFFS, HANDOFFS.c.id == OFFERS.c.handoff_id).where(*which)
    row = connection.execute(found.order_by(OFFERS.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else OfferRecord(*list(row))


def last_asked(connection: Connection, sellers: Sequence[str]) -> dict[str, datetime]:
    """Return the time of each seller's last offer."""
    rows = connection.execute(_LAST_ASKED, {"sellers": list(sellers)})
    return {row[0]: row[1] for row in rows}


def last_notices(connection: Connection, sellers: Sequence[str]) -> dict[str, LastNotice]:
    """Return what became of the last notice to each seller that was sent one."""
    rows = connection.execute(_LAST_NOTICES, {"sellers": list(sellers)})
    return {row.seller: LastNotice(row.status, row.error_code, row.sid) for row in rows}


def answer_offer(connection: Connection, offer_id: int, state: str) -> bool:
    """Record a seller's answer, or that the offer is no longer open to them; return False if it was answered."""
    answered = connection.execute(
        update(OFFERS).where(OFFERS.c.id == offer_id, OFFERS.c.state == OPEN).values(state=state)
    )
    return answered.rowcount == 1


def renew_offer(connection: Connection, offer_id: int, expires_at: datetime) -> None:
    """Record until when the next seller waits for the answer to an offer that is made again."""
    connection.execute(update(OFFERS).where(OFFERS.c.id == offer_id).values(expires_at=expires_at))


def owned_by(connection: Connection, owner: str, now: datetime) -> HandoffFacts | None:
    """Return the newest handoff that a seller has taken and not ended."""
    newest = _FACTS.where(
        HANDOFFS.c.owner == owner, HANDOFFS.c.state != CLOSED, HANDOFFS.c.owned_at > now - OWNED_FOR
    ).order_by(HANDOFFS.c.owned_at.desc(), HANDOFFS.c.id.desc())
    row = connection.execute(newest.limit(1)).one_or_none()
    return None if row is None else HandoffFacts(*list(row))


def move(
    connection: Connection, handoff_id: int, state: str, to: str, now: datetime, *, owner: str = ""
) -> bool:
    """Record a handoff's next state, and who has it from now on; return False if it was in another state."""
    values = {"state": to, "updated_at": now} | ({"owner": owner, "owned_at": now} if owner else {})
    moved = connection.execute(
        update(HANDOFFS).where(HANDOFFS.c.id == handoff_id, HANDOFFS.c.state == state).values(values)
    )
    return moved.rowcount == 1


_REACHED_BY = case((HANDOFFS.c.number != "", HANDOFFS.c.number), else_=REACHED_IN)
_ALL = select(*(OFFERS.c[name] for name in OfferRecord.__slots__))
_FACTS = (
    select(
        HANDOFFS.c.id,
        HANDOFFS.c.conversation_id,
        CONVERSATIONS.c.contact_id,
        CONVERSATIONS.c.channel,
        _REACHED_BY,
        CONTACTS.c.name,
        CONTACTS.c.simulated,
        HANDOFFS.c.reason,
        HANDOFFS.c.summary,
        HANDOFFS.c.context,
        HANDOFFS.c.state,
        HANDOFFS.c.owner,
        HANDOFFS.c.request_key,
        HANDOFFS.c.created_at,
        HANDOFFS.c.source,
        HANDOFFS.c.message,
        HANDOFFS.c.owned_at,
        HANDOFFS.c.updated_at,
    )
    .join(CONVERSATIONS, CONVERSATIONS.c.id == HANDOFFS.c.conversation_id)
    .join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
)
# Built once: building a statement costs more than running it.
_FACTS_OF = _FACTS.where(HANDOFFS.c.id == bindparam("handoff_id"))
_ASKED_BEFORE = (
    _FACTS.where(
        HANDOFFS.c.request_key == bindparam("request_key"), HANDOFFS.c.created_at > bindparam("since")
    )
    .order_by(HANDOFFS.c.id)
    .limit(1)
)
_LAST_ASKED = (
    select(OFFERS.c.seller, func.max(OFFERS.c.created_at))
    .where(OFFERS.c.seller.in_(bindparam("sellers", expanding=True)))
    .group_by(OFFERS.c.seller)
)
_NEWEST_NOTICES = (
    select(func.max(OFFERS.c.id))
    .where(OFFERS.c.seller.in_(bindparam("sellers", expanding=True)), OFFERS.c.message_id.is_not(None))
    .group_by(OFFERS.c.seller)
)
_LAST_NOTICES = (
    select(OFFERS.c.seller, MESSAGES.c.status, MESSAGES.c.error_code, MESSAGES.c.sid)
    .join(MESSAGES, MESSAGES.c.id == OFFERS.c.message_id)
    .where(OFFERS.c.id.in_(_NEWEST_NOTICES))
)
