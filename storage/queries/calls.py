"""Queries for contacts, conversations and calls."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
    update,
)

from phone_numbers import MatchingNumber
from storage.base import SKEW
from storage.identities.finding import find_or_make, identity_of_number
from storage.models import Call, Contact, Conversation, Ending, Prompt, Turn
from storage.queries.handoffs import CLOSED
from storage.tables import CALLS, CONVERSATIONS, HANDOFFS
from storage.upsert import insert_once

STATUS_RANKS = {
    "queued": 0,
    "initiated": 1,
    "ringing": 2,
    "in-progress": 3,
    "completed": 4,
    "busy": 4,
    "failed": 4,
    "no-answer": 4,
    "canceled": 4,
}
"""Twilio's call statuses in their possible order. A call never goes back, nor from one end to another."""

OVER = 4
WAITS = "asked for a person or left a message; nobody of the team has answered yet"
WAITS_FOR = timedelta(days=30)
"""The time for which a caller's wait is known in their next calls."""


PHONE_KEY = "phone:"
"""The beginning of the key of a conversation that is a call."""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """A webhook's data on its call. Numbers as Twilio gave them; contact_address is ours.

    forwarded_from: the number that was called first, where the carrier says so; else empty.
    """

    call_sid: str
    direction: str
    from_number: str
    to_number: str
    status: str
    contact_address: MatchingNumber
    simulated: bool
    forwarded_from: str = ""

    @property
    def key(self) -> str:
        """The conversation's key."""
        return f"{PHONE_KEY}{self.call_sid}"


@dataclass(frozen=True, slots=True)
class ConversationRecord:
    """A conversation, with the fields that the manager needs."""

    id: int
    key: str
    background: str
    summary: str
    summary_upto: int
    created_at: datetime


def find_conversation(connection: Connection, key: str) -> ConversationRecord | None:
    """Return the conversation of that key."""
    row = connection.execute(_FIND_CONVERSATION, {"key": key}).one_or_none()
    return None if row is None else ConversationRecord(*row)


_FIND_CONVERSATION = select(*(CONVERSATIONS.c[field.name] for field in fields(ConversationRecord))).where(
    CONVERSATIONS.c.key == bindparam("key")
)
"""Executed for each webhook, so built once, and without the ORM."""


def open_call(connection: Connection, facts: CallFacts, now: datetime) -> ConversationRecord:
    """Return the call's conversation; the first webhook of a call creates it, with its contact and its row."""
    found = find_conversation(connection, facts.key)
    if found is not None:
        return found
    contact_id, is_new = _contact(connection, facts, now)
    insert_once(
        connection,
        Conversation,
        key=facts.key,
        contact_id=contact_id,
        channel="phone",
        background="" if is_new else _known_of(connection, contact_id, now),
        summary="",
        summary_upto=0,
        topic="",
        created_at=now,
    )
    found = find_conversation(connection, facts.key)
    assert found is not None
    insert_once(
        connection,
        Call,
        call_sid=facts.call_sid,
        conversation_id=found.id,
        direction=facts.direction,
        from_number=facts.from_number,
        to_number=facts.to_number,
        forwarded_from=facts.forwarded_from,
        status=facts.status if facts.status in STATUS_RANKS else "queued",
        started_at=now,
    )
    return found


def _contact(connection: Connection, facts: CallFacts, now: datetime) -> tuple[int, bool]:
    """Return the caller's contact, and whether it is new."""
    written_as = facts.from_number if facts.direction == "inbound" else facts.to_number
    key = identity_of_number(facts.contact_address, facts.simulated, written_as)
    return find_or_make(connection, key, now)


def _known_of(connection: Connection, contact_id: int, now: datetime) -> str:
    """Return a caller's topics, and before them the day since when they wait for a person."""
    rows = connection.execute(_KNOWN_OF, {"contact_id": contact_id, "since": now - WAITS_FOR}).all()
    waits = [f"{at:%Y-%m-%d}: {WAITS}" for at, topic in rows if topic is None]
    return "\n".join([*waits[:1], *(f"{at:%Y-%m-%d}: {topic}" for at, topic in rows if topic is not None)])


_TOPICS = (
    select(CONVERSATIONS.c.created_at, CONVERSATIONS.c.topic)
    .where(CONVERSATIONS.c.contact_id == bindparam("contact_id"), CONVERSATIONS.c.topic != "")
    .order_by(CONVERSATIONS.c.created_at.desc())
    .limit(3)
    .subquery()
)
_WAITING = (
    select(HANDOFFS.c.created_at, null())
    .join(CONVERSATIONS, CONVERSATIONS.c.id == HANDOFFS.c.conversation_id)
    .where(
        CONVERSATIONS.c.contact_id == bindparam("contact_id"),
        or_(
            HANDOFFS.c.missed_at > bindparam("since"),
            and_(
                HANDOFFS.c.state != CLOSED,
                HANDOFFS.c.owner == "",
                HANDOFFS.c.created_at > bindparam("since"),
            ),
        ),
    )
)
_KNOWN_OF = union_all(select(_TOPICS.c.created_at, _TOPICS.c.topic), _WAITING).order_by(
    literal_column("1").desc()
)


def topics_of(connection: Connection, contact_id: int, *, besides: int = 0) -> str:
    """Return the topics of the contact's last conversations, newest first; a caller ID can be forged, so no more."""
    rows = connection.execute(
        select(Conversation.created_at, Conversation.topic)
        .where(Conversation.contact_id == contact_id, Conversation.topic != "", Conversation.id != besides)
        .order_by(Conversation.created_at.desc())
        .limit(3)
    )
    return "\n".join(f"{created_at:%Y-%m-%d}: {topic}" for created_at, topic in rows)


def note_prompt(connection: Connection, conversation_id: int, key: str, words: str, now: datetime) -> None:
    """Record what a caller heard that is no answer, once for a key of the call."""
    insert_once(
        connection, Prompt, conversation_id=conversation_id, key=key[:60], words=words, created_at=now
    )


@dataclass(frozen=True, slots=True)
class CallProgress:
    """The data of a status callback. at: Twilio's time of the event, or else its arrival."""

    status: str
    at: datetime
    duration_s: int | None = None
    answered_by: str | None = None


def record_progress(connection: Connection, call_sid: str, progress: CallProgress) -> bool:
    """Move a call forward, never back; return whether this ended it.

    Callbacks come late and in any order: a status of a lower rank only fills in missing times and facts.
    """
    call = connection.execute(
        select(*CALLS.c).where(CALLS.c.call_sid == call_sid).with_for_update()
    ).one_or_none()
    if call is None:
        return False
    rank, was = STATUS_RANKS.get(progress.status, -1), STATUS_RANKS[call.status]
    news: dict[str, Any] = {"answered_by": call.answered_by or progress.answered_by}
    if rank > was:
        news["status"] = progress.status
    if progress.status == "in-progress":
        news["answered_at"] = min(call.answered_at or progress.at, progress.at)
    if rank == OVER:
        news["ended_at"] = call.ended_at or progress.at
        news["duration_s"] = progress.duration_s if call.duration_s is None else call.duration_s
    connection.execute(update(CALLS).where(CALLS.c.id == call.id).values(news))
    return rank == OVER and was < OVER


def note_answered_by(connection: Connection, call_sid: str, who: str) -> None:
    """Record Twilio's word for who has answered a call."""
    connection.execute(update(CALLS).where(CALLS.c.call_sid == call_sid).values(answered_by=who))


def close_conversation(connection: Connection, key: str, now: datetime) -> int | None:
    """Close a conversation once; return its id if it was open until now."""
    return connection.execute(
        update(Conversation)
        .where(Conversation.key == key, Conversation.closed_at.is_(None))
        .values(closed_at=now)
        .returning(Conversation.id)
    ).scalar_one_or_none()


def length_of(connection: Connection, conversation_id: int) -> tuple[str, int] | None:
    """Return the direction of a conversation's call, and its seconds as far as they are known; None: it has no call."""
    seconds = func.coalesce(Call.duration_s, 0)
    found = select(Call.direction, seconds).where(Call.conversation_id == conversation_id)
    row = connection.execute(found).first()
    return None if row is None else (row[0], row[1])


@dataclass(frozen=True, slots=True)
class SilentCall:
    """An unfinished call that gave no sign of life lately. is_transferred: its caller is talking to a person."""

    call_sid: str
    key: str
    simulated: bool
    last_at: datetime
    is_transferred: bool


def silent_calls(
    connection: Connection, now: datetime, silent_for: timedelta, limit: int = 100
) -> list[SilentCall]:
    """Return the unfinished calls that were silent for so long, those silent longest first.

    One whose last sign of life is well ahead was heard of before the clock was put back.
    """
    before, ahead = now - silent_for, now + silent_for + SKEW
    last_turn = (
        select(func.max(Turn.created_at))
        .where(Turn.conversation_id == Call.conversation_id)
        .scalar_subquery()
    )
    last_ending = (
        select(Turn.ending)
        .where(Turn.conversation_id == Call.conversation_id)
        .order_by(Turn.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    last_at = func.coalesce(last_turn, Call.started_at)
    columns = (
        Call.call_sid,
        Conversation.key,
        Contact.simulated,
        Call.dial_ended_at,
        Conversation.human_until,
    )
    rows = connection.execute(
        select(*columns, last_at.label("at"), last_ending.label("ending"))
        .join(Conversation, Conversation.id == Call.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(Call.ended_at.is_(None), or_(Call.started_at < before, Call.started_at > ahead))
        .where(or_(last_at < before, last_at > ahead))
        .order_by(last_at)
        .limit(limit)
    )
    return [SilentCall(row.call_sid, row.key, row.simulated, row.at, _is_transferred(row)) for row in rows]


def _is_transferred(call: Any) -> bool:
    is_over = call.dial_ended_at is not None and call.dial_ended_at >= call.at
    return (call.ending == Ending.TRANSFER and not is_over) or call.human_until is not None


def conversation_topic(connection: Connection, conversation_id: int, topic: str) -> None:
    """Store a conversation's topic, and add it to the background of the contact's written conversation."""
    contact_id = connection.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id)
        .values(topic=topic)
        .returning(Conversation.contact_id)
    ).scalar_one_or_none()
    if contact_id is None:
        return
    written = connection.execute(
        select(Conversation.id).where(
            Conversation.contact_id == contact_id,
            Conversation.id != conversation_id,
            Conversation.channel != "phone",
        )
    ).scalars()
    for other in written.all():
        background = topics_of(connection, contact_id, besides=other)
        connection.execute(update(Conversation).where(Conversation.id == other).values(background=background))


def keep_summary(connection: Connection, conversation_id: int, summary: str, upto: int) -> bool:
    """Store a rolling summary of the turns up to a number; an older one never replaces a newer."""
    kept = connection.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.summary_upto < upto)
        .values(summary=summary, summary_upto=upto)
        .returning(Conversation.id)
    )
    return kept.scalar_one_or_none() is not None


def conversation_by_id(connection: Connection, conversation_id: int) -> ConversationRecord | None:
    """Return a conversation by its id."""
    key = connection.execute(
        select(Conversation.key).where(Conversation.id == conversation_id)
    ).scalar_one_or_none()
    return None if key is None else find_conversation(connection, key)
