"""Contacts, conversations and calls: every query about them, named."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import cast

from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.orm import Session

from storage.inserts import insert_once
from storage.models import Call, Contact, Conversation, Turn

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
"""Twilio's call statuses in the order they can come in. A call never goes back, nor from end to end."""

OVER = 4


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What a webhook says of its call. Numbers as Twilio gave them; contact_address is ours."""

    call_sid: str
    direction: str
    from_number: str
    to_number: str
    status: str
    contact_address: str
    simulated: bool

    @property
    def key(self) -> str:
        """The conversation's key."""
        return f"phone:{self.call_sid}"


@dataclass(frozen=True, slots=True)
class ConversationRecord:
    """A conversation as the manager needs it."""

    id: int
    key: str
    background: str
    summary: str
    summary_upto: int
    created_at: datetime


def find_conversation(session: Session, key: str) -> ConversationRecord | None:
    """Return the conversation of that key."""
    row = session.execute(_FIND_CONVERSATION, {"key": key}).one_or_none()
    return None if row is None else ConversationRecord(*row)


_CONVERSATIONS = cast(Table, Conversation.__table__)
_FIND_CONVERSATION = select(*(_CONVERSATIONS.c[field.name] for field in fields(ConversationRecord))).where(
    _CONVERSATIONS.c.key == bindparam("key")
)
"""Asked for by each webhook, so made once, and past the ORM."""


def open_call(session: Session, facts: CallFacts, now: datetime) -> ConversationRecord:
    """Return the call's conversation; the first webhook of a call makes it, with its contact and its row."""
    found = find_conversation(session, facts.key)
    if found is not None:
        return found
    contact_id = _contact(session, facts, now)
    insert_once(
        session,
        Conversation,
        key=facts.key,
        contact_id=contact_id,
        channel="phone",
        background=_background(session, contact_id),
        summary="",
        summary_upto=0,
        topic="",
        created_at=now,
    )
    found = find_conversation(session, facts.key)
    assert found is not None
    insert_once(
        session,
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


def _contact(session: Session, facts: CallFacts, now: datetime) -> int:
    made = insert_once(
        session, Contact, address=facts.contact_address, simulated=facts.simulated, created_at=now
    )
    if made is not None:
        return made
    return session.execute(
        select(Contact.id).where(
            Contact.address == facts.contact_address, Contact.simulated == facts.simulated
        )
    ).scalar_one()


def _background(session: Session, contact_id: int) -> str:
    """Topics of the contact's last conversations, newest first; a caller ID can be forged, so no more."""
    rows = session.execute(
        select(Conversation.created_at, Conversation.topic)
        .where(Conversation.contact_id == contact_id, Conversation.topic != "")
        .order_by(Conversation.created_at.desc())
        .limit(3)
    )
    return "\n".join(f"{created_at:%Y-%m-%d}: {topic}" for created_at, topic in rows)


@dataclass(frozen=True, slots=True)
class CallProgress:
    """What a status callback says. at: when Twilio says that it happened, else when it came in."""

    status: str
    at: datetime
    duration_s: int | None = None
    answered_by: str | None = None


def record_progress(session: Session, call_sid: str, progress: CallProgress) -> bool:
    """Move a call forward, never back; return whether this made it over.

    Callbacks come late and in any order: a status of a lower rank changes nothing but fills in the times
    and the facts that were missing.
    """
    call = session.execute(
        select(Call).where(Call.call_sid == call_sid).with_for_update()
    ).scalar_one_or_none()
    if call is None:
        return False
    rank, was = STATUS_RANKS.get(progress.status, -1), STATUS_RANKS[call.status]
    if rank > was:
        call.status = progress.status
    if progress.status == "in-progress" and (call.answered_at is None or progress.at < call.answered_at):
        call.answered_at = progress.at
    if rank == OVER:
        call.ended_at = call.ended_at or progress.at
        call.duration_s = call.duration_s if call.duration_s is not None else progress.duration_s
    call.answered_by = call.answered_by or progress.answered_by
    return rank == OVER and was < OVER


def close_conversation(session: Session, key: str, now: datetime) -> int | None:
    """Close a conversation once; return its id where it was open until now."""
    return session.execute(
        update(Conversation)
        .where(Conversation.key == key, Conversation.closed_at.is_(None))
        .values(closed_at=now)
        .returning(Conversation.id)
    ).scalar_one_or_none()


def silent_calls(session: Session, before: datetime, limit: int = 100) -> list[tuple[str, str]]:
    """Return (CallSid, conversation key) of calls that are not over and were silent since `before`."""
    last_turn = (
        select(func.max(Turn.created_at))
        .where(Turn.conversation_id == Call.conversation_id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Call.call_sid, Conversation.key)
        .join(Conversation, Conversation.id == Call.conversation_id)
        .where(Call.ended_at.is_(None), Call.started_at < before)
        .where(func.coalesce(last_turn, Call.started_at) < before)
        .order_by(Call.started_at)
        .limit(limit)
    )
    return [(call_sid, key) for call_sid, key in rows]


def conversation_topic(session: Session, conversation_id: int, topic: str) -> None:
    """Keep what a conversation was about."""
    session.execute(update(Conversation).where(Conversation.id == conversation_id).values(topic=topic))


def keep_summary(session: Session, conversation_id: int, summary: str, upto: int) -> bool:
    """Keep a rolling summary that covers the turns up to a number; an older one never replaces a newer."""
    kept = session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.summary_upto < upto)
        .values(summary=summary, summary_upto=upto)
        .returning(Conversation.id)
    )
    return kept.scalar_one_or_none() is not None


def conversation_by_id(session: Session, conversation_id: int) -> ConversationRecord | None:
    """Return a conversation by its id."""
    key = session.execute(
        select(Conversation.key).where(Conversation.id == conversation_id)
    ).scalar_one_or_none()
    return None if key is None else find_conversation(session, key)
