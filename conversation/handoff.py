"""How a conversation goes to a person."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.inserts import insert_once
from storage.models import Handoff


class HandoffState(StrEnum):
    """Where a handoff stands."""

    OPEN = "open"


def hand_off(
    session: Session, conversation_id: int, turn_number: int, *, reason: str, summary: str, now: datetime
) -> None:
    """Keep that a conversation goes to a person; once per turn, however often it is said."""
    insert_once(
        session,
        Handoff,
        conversation_id=conversation_id,
        turn_number=turn_number,
        reason=reason,
        summary=summary,
        message="",
        state=HandoffState.OPEN,
        created_at=now,
        updated_at=now,
    )


def leave_message(
    session: Session, conversation_id: int, turn_number: int, message: str, now: datetime
) -> None:
    """Keep what the caller wants passed on, with the handoff that led to it."""
    handoff = session.execute(
        select(Handoff).where(Handoff.conversation_id == conversation_id).order_by(Handoff.id.desc()).limit(1)
    ).scalar_one_or_none()
    if handoff is None:
        hand_off(session, conversation_id, turn_number, reason="message", summary="", now=now)
        leave_message(session, conversation_id, turn_number, message, now)
        return
    handoff.message = f"{handoff.message}\n{message}".strip()
    handoff.updated_at = now
