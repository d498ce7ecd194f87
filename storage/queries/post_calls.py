"""Queries for calls answered by another system and reported afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from storage.models import Ending, TurnKind, TurnState
from storage.queries import calls
from storage.queries.calls import CallFacts, CallProgress
from storage.tables import CONVERSATIONS, TURNS

OWNER = "elevenlabs"


@dataclass(frozen=True, slots=True)
class PostCallFacts(CallFacts):
    """The data of a call that ElevenLabs answered. call_sid: its own id of the conversation."""

    @property
    def key(self) -> str:
        """The conversation's key."""
        return f"elevenlabs:{self.call_sid}"


@dataclass(frozen=True, slots=True)
class SaidTurn:
    """An utterance, "" if the assistant spoke first, and its answer, split into sentences."""

    heard: str
    sentences: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class PastCall:
    """A finished call with all its words. status: a final one of STATUS_RANKS."""

    facts: PostCallFacts
    turns: Sequence[SaidTurn]
    summary: str
    status: str
    started_at: datetime
    ended_at: datetime
    duration_s: int | None


def keep_call(connection: Connection, call: PastCall) -> int | None:
    """Store a closed call with its contact; return the conversation's id, or None if it was stored before."""
    facts = call.facts
    if calls.find_conversation(connection, facts.key) is not None:
        return None
    conversation = calls.open_call(connection, facts, call.started_at)
    answered = CallProgress("in-progress", call.started_at)
    over = CallProgress(call.status, call.ended_at, call.duration_s)
    for progress in (answered, over):
        calls.record_progress(connection, facts.call_sid, progress)
    if call.turns:
        connection.execute(insert(TURNS), _rows(conversation.id, call.turns))
    connection.execute(
        update(CONVERSATIONS)
        .where(CONVERSATIONS.c.id == conversation.id)
        .values(summary=call.summary, summary_upto=len(call.turns), closed_at=call.ended_at)
    )
    return conversation.id


def last_call_at(connection: Connection) -> datetime | None:
    """Return when the last call began that was reported."""
    # A range, so that the index of keys is used
    reported = CONVERSATIONS.c.key.between(f"{OWNER}:", f"{OWNER};")
    newest = select(CONVERSATIONS.c.created_at).where(reported).order_by(CONVERSATIONS.c.created_at.desc())
    return connection.execute(newest.limit(1)).scalar_one_or_none()


def turn_ids(connection: Connection, conversation_id: int) -> list[int]:
    """Return the ids of a conversation's turns, in order."""
    rows = select(TURNS.c.id).where(TURNS.c.conversation_id == conversation_id).order_by(TURNS.c.number)
    return list(connection.execute(rows).scalars())


def _rows(conversation_id: int, turns: Sequence[SaidTurn]) -> list[dict[str, object]]:
    return [
        {
            "conversation_id": conversation_id,
            "number": number,
            "kind": TurnKind.SPEECH,
            "heard": turn.heard,
            "state": TurnState.COMPLETE,
            "sentences": list(turn.sentences),
            "ending": Ending.GATHER,
            "failures": 0,
            "owner": OWNER,
            "epoch": 1,
            "beat_at": turn.at,
            "created_at": turn.at,
            "finished_at": turn.at,
        }
        for number, turn in enumerate(turns, start=1)
    ]
