"""Queries for the words of phone calls, as shown to operators."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from storage.tables import CALLS, CONVERSATIONS, TURNS


@dataclass(frozen=True, slots=True)
class TurnWords:
    """The utterance and the answer of a turn. next_heard: the next utterance; None if there is none."""

    kind: str
    heard: str
    said: str
    state: str
    heard_upto: int | None
    next_heard: str | None


@dataclass(frozen=True, slots=True)
class CallWords:
    """The course and the topic of a call, as far as known. duration_s None: not reported."""

    duration_s: int | None
    answered_at: datetime | None
    ended_at: datetime | None
    status: str
    summary: str
    topic: str


def turn_words(connection: Connection, turn_id: int) -> TurnWords | None:
    """Return the utterance and the answer of a turn."""
    following = TURNS.alias("following")
    next_heard = (
        select(following.c.heard)
        .where(
            following.c.conversation_id == TURNS.c.conversation_id,
            following.c.number == TURNS.c.number + 1,
        )
        .scalar_subquery()
    )
    found = connection.execute(
        select(
            TURNS.c.kind,
            TURNS.c.heard,
            TURNS.c.sentences,
            TURNS.c.state,
            TURNS.c.heard_upto,
            next_heard.label("next_heard"),
        ).where(TURNS.c.id == turn_id)
    ).one_or_none()
    if found is None:
        return None
    said = "".join(found.sentences)
    return TurnWords(found.kind, found.heard, said, found.state, found.heard_upto, found.next_heard)


def call_words(connection: Connection, conversation_id: int) -> CallWords | None:
    """Return the course of a call; None for any other conversation."""
    row = connection.execute(
        select(
            CALLS.c.duration_s,
            CALLS.c.answered_at,
            CALLS.c.ended_at,
            CALLS.c.status,
            CONVERSATIONS.c.summary,
            CONVERSATIONS.c.topic,
        )
        .join(CONVERSATIONS, CONVERSATIONS.c.id == CALLS.c.conversation_id)
        .where(CALLS.c.conversation_id == conversation_id)
    ).one_or_none()
    return None if row is None else CallWords(*row)
