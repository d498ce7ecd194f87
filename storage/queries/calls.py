"""Queries for contacts, conversations and calls."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, func, select, update

from storage.models import LONGEST_CALL, Call, Contact, Conversation, Ending, Turn
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
    contact_address: str
    simulated: bool
    forwarded_from: str = ""

    @property
    def key(self) -> str:
        """The conversation's key."""
        return f"phone:{self.call_sid}"


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


_CALLS = cast(Table, Call.__table__)
_CONVERSATIONS = cast(Table, Conversation.__table__)
_FIND_CONVERSATION = select(*(_CONVERSATIONS.c[field.name] for field in fields(ConversationRecord))).where(
    _CONVERSATIONS.c.key == bindparam("key")
)
"""Executed for each webhook, so built once, and without the ORM."""


def open_call(connection: Connection, facts: CallFacts, now: datetime) -> ConversationRecord:
    """Return the call's conversation; the first webhook of a call creates it, with its contact and its row."""
    found = find_conversation(connection, facts.key)
    if found is not None:
        return found
    contact_id = _contact(connection, facts, now)
    insert_once(
        connection,
        Conversation,
        key=facts.key,
        contact_id=contact_id,
        channel="phone",
        background=topics_of(connection, contact_id),
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
        status=facts.status if facts.status in STATUS_RANKS else "queued",
        started_at=now,
    )
    return found


def _contact(connection: Connection, facts: CallFacts, now: datetime) -> int:
    made = insert_once(
        connection, Contact, address=facts.contact_address, simulated=facts.simulated, created_at=now
    )
    if made is not None:
        return made
    return connection.execute(
        select(Contact.id).where(
            Contact.address == facts.contact_address, Contact.simulated == facts.simulated
        )
    ).scalar_one()


def is_being_transferred(connection: Connection, facts: CallFacts, since: datetime) -> bool:
    """Return whether another call of the same contact goes on that was transferred to a person after a time."""
    values = {
        "address": facts.contact_address, "simulated": facts.simulated, "key": facts.key, "since": since,
        "begun": since - LONGEST_CALL,
    }  # fmt: skip
    return connection.execute(_BEING_TRANSFERRED, values).first() is not None


_BEING_TRANSFERRED = (
    select(Conversation.id)
    .join(Contact, Contact.id == Conversation.contact_id)
    .join(Turn, Turn.conversation_id == Conversation.id)
    .where(Contact.address == bindparam("address"), Contact.simulated == bindparam("simulated"))
    .where(Conversation.channel == "phone", Conversation.closed_at.is_(None))
    .where(Conversation.key != bindparam("key"), Conversation.created_at > bindparam("begun"))
    .where(Turn.ending == Ending.TRANSFER, Turn.finished_at > bindparam("since"))
    .limit(1)
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
        select(*_CALLS.c).where(_CALLS.c.call_sid == call_sid).with_for_update()
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
    connection.execute(update(_CALLS).where(_CALLS.c.id == call.id).values(news))
    return rank == OVER and was < OVER


def close_conversation(connection: Connection, key: str, now: datetime) -> int | None:
    """Close a conversation once; return its id if it was open until now."""
    return connection.execute(
        update(Conversation)
        .where(Conversation.key == key, Conversation.closed_at.is_(None))
        .values(closed_at=now)
        .returning(Conversation.id)
    ).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class SilentCall:
    """An unfinished call that gave no sign of life lately. is_transferred: its caller is talking to a person."""

    call_sid: str
    key: str
    simulated: bool
    last_at: datetime
    is_transferred: bool


def silent_calls(connection: Connection, before: datetime, limit: int = 100) -> list[SilentCall]:
    """Return the unfinished calls that were silent since `before`, those silent longest first."""
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
    rows = connection.execute(
        select(
            Call.call_sid, Conversation.key, Contact.simulated, last_at, last_ending, Conversation.human_until
        )
        .join(Conversation, Conversation.id == Call.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(Call.ended_at.is_(None), Call.started_at < before, last_at < before)
        .order_by(last_at)
        .limit(limit)
    )
    return [
        SilentCall(call_sid, key, simulated, at, ending == Ending.TRANSFER or human_until is not None)
        for call_sid, key, simulated, at, ending, human_until in rows
    ]


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
