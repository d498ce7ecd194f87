"""Queries for the words of phone calls, as shown to operators."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, Table, select

from storage.models import Call, Conversation, Turn

_CALLS = cast(Table, Call.__table__)
_CONVERSATIONS = cast(Table, Conversation.__table__)
_TURNS = cast(Table, Turn.__table__)


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
    following = _TURNS.alias("following")
    next_heard = (
        select(following.c.heard)
        .where(
            following.c.conversation_id == _TURNS.c.conversation_id,
            following.c.number == _TURNS.c.number + 1,
        )
        .scalar_subquery()
    )
    found = connection.execute(
        select(
            _TURNS.c.kind,
            _TURNS.c.heard,
            _TURNS.c.sentences,
            _TURNS.c.state,
            _TURNS.c.heard_upto,
            next_heard.label("next_heard"),
        ).where(_TURNS.c.id == turn_id)
    ).one_or_none()
    if found is None:
        return None
    said = "".join(found.sentences)
    return TurnWords(found.kind, found.heard, said, found.state, found.heard_upto, found.next_heard)


def call_words(connection: Connection, conversation_id: int) -> CallWords | None:
    """Return the course of a call; None for any other conversation."""
    row = connection.execute(
        select(
            _CALLS.c.duration_s,
            _CALLS.c.answered_at,
            _CALLS.c.ended_at,
            _CALLS.c.status,
            _CONVERSATIONS.c.summary,
            _CONVERSATIONS.c.topic,
        )
        .join(_CONVERSATIONS, _CONVERSATIONS.c.id == _CALLS.c.conversation_id)
        .where(_CALLS.c.conversation_id == conversation_id)
    ).one_or_none()
    return None if row is None else CallWords(*row)
