"""How a conversation goes to a person."""

from datetime import datetime

from sqlalchemy import Connection

from conversation.redaction import redact
from storage import handoffs


def hand_off(
    connection: Connection,
    conversation_id: int,
    turn_number: int,
    *,
    reason: str,
    summary: str,
    now: datetime,
) -> None:
    """Keep that a conversation goes to a person; once per turn, however often it is said."""
    handoffs.make_handoff(
        connection,
        conversation_id,
        turn_number,
        reason=redact(reason)[:500],
        summary=redact(summary)[:2000],
        now=now,
    )


def leave_message(
    connection: Connection, conversation_id: int, turn_number: int, message: str, now: datetime
) -> None:
    """Keep what the caller wants passed on, with the handoff that led to it."""
    if not handoffs.add_message(connection, conversation_id, message, now):
        hand_off(connection, conversation_id, turn_number, reason="message", summary="", now=now)
        handoffs.add_message(connection, conversation_id, message, now)
