"""Queries for turns, served answers and tool runs.

An answer is owned: its owner writes under an epoch, and every write checks it, so that an owner wrongly given up for
dead finds out at its next word and changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, func, select, update

from storage.models import Ending, Served, ServedKind, ToolRun, Turn, TurnKind, TurnState
from storage.tables import CONVERSATIONS, SERVED, TOOL_RUNS, TURNS
from storage.upsert import insert_once


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """A turn, with the fields that the conversation needs."""

    id: int
    conversation_id: int
    number: int
    kind: TurnKind
    heard: str
    state: TurnState
    sentences: tuple[str, ...]
    ending: Ending | None
    failures: int
    heard_upto: int | None
    epoch: int
    owner: str
    beat_at: datetime
    created_at: datetime
    error: str | None = None


# Tables and not classes, and statements that are made once: the making costs more than the database does, and
# these are on the path to a caller's first word.

_COLUMNS = (
    TURNS.c.id,
    TURNS.c.conversation_id,
    TURNS.c.number,
    TURNS.c.kind,
    TURNS.c.heard,
    TURNS.c.state,
    TURNS.c.sentences,
    TURNS.c.ending,
    TURNS.c.failures,
    TURNS.c.heard_upto,
    TURNS.c.epoch,
    TURNS.c.owner,
    TURNS.c.beat_at,
    TURNS.c.created_at,
    TURNS.c.error,
)


def _record(row: Any) -> TurnRecord:
    id_, conversation_id, number, kind, heard, state, sentences, ending, *rest = row
    return TurnRecord(
        id_,
        conversation_id,
        number,
        TurnKind(kind),
        heard,
        TurnState(state),
        tuple(sentences),
        None if ending is None else Ending(ending),
        *rest,
    )


@dataclass(frozen=True, slots=True)
class NewTurn:
    """The data stored of an utterance when its turn is claimed."""

    conversation_id: int
    number: int
    kind: TurnKind
    heard: str
    confidence: float | None
    owner: str
    failures: int = 0


def claim_turn(
    connection: Connection,
    new: NewTurn,
    now: datetime,
    *,
    sentences: Sequence[str] = (),
    ending: Ending | None = None,
) -> int | None:
    """Insert the turn and return its id, or None if another request claimed it before.

    With an ending the answer is complete at once: no model has to write it.
    """
    return insert_once(
        connection,
        Turn,
        conversation_id=new.conversation_id,
        number=new.number,
        kind=new.kind,
        heard=new.heard,
        confidence=new.confidence,
        state=TurnState.WRITING if ending is None else TurnState.COMPLETE,
        sentences=list(sentences),
        ending=ending,
        failures=new.failures,
        owner=new.owner,
        epoch=1,
        beat_at=now,
        created_at=now,
        finished_at=None if ending is None else now,
    )


def find_turn(connection: Connection, key: str, number: int) -> TurnRecord | None:
    """Return a turn by its conversation's key and its number."""
    row = connection.execute(_FIND_TURN, {"key": key, "number": number}).one_or_none()
    return None if row is None else _record(row)


_FIND_TURN = (
    select(*_COLUMNS)
    .join(CONVERSATIONS, CONVERSATIONS.c.id == TURNS.c.conversation_id)
    .where(CONVERSATIONS.c.key == bindparam("key"), TURNS.c.number == bindparam("number"))
)


def last_turns(
    connection: Connection, conversation_id: int, *, before: int, after: int = 0, limit: int
) -> list[TurnRecord]:
    """Return the last `limit` turns numbered between `after` and `before`, both left out, oldest first."""
    values = {"conversation_id": conversation_id, "before": before, "after": after, "limit": limit}
    return [_record(row) for row in reversed(connection.execute(_LAST_TURNS, values).all())]


_LAST_TURNS = (
    select(*_COLUMNS)
    .where(
        TURNS.c.conversation_id == bindparam("conversation_id"),
        TURNS.c.number < bindparam("before"),
        TURNS.c.number > bindparam("after"),
    )
    .order_by(TURNS.c.number.desc())
    .limit(bindparam("limit"))
)


def last_number(connection: Connection, conversation_id: int) -> int:
    """Return the highest turn number of a conversation, 0 if it has none."""
    row = connection.execute(
        select(TURNS.c.number)
        .where(TURNS.c.conversation_id == conversation_id)
        .order_by(TURNS.c.number.desc())
        .limit(1)
    ).scalar_one_or_none()
    return row or 0


def keep_sentences(
    connection: Connection, turn_id: int, epoch: int, sentences: Sequence[str], now: datetime
) -> bool:
    """Write the answer so far; return False if the owner has changed, or the answer was stopped."""
    values = {"owned_id": turn_id, "owned_epoch": epoch, "sentences": list(sentences), "beat_at": now}
    return connection.execute(_KEEP_SENTENCES, values).rowcount == 1


_OWNED = (
    TURNS.c.id == bindparam("owned_id"),
    TURNS.c.epoch == bindparam("owned_epoch"),
    TURNS.c.state == TurnState.WRITING,
)
_KEEP_SENTENCES = (
    update(TURNS).where(*_OWNED).values(sentences=bindparam("sentences"), beat_at=bindparam("beat_at"))
)


def has_sentences(connection: Connection, turn_id: int, epoch: int, count: int) -> bool:
    """Return whether the answer has so many sentences, all of them by this owner or its predecessors."""
    row = connection.execute(
        select(TURNS.c.epoch, TURNS.c.sentences).where(TURNS.c.id == turn_id)
    ).one_or_none()
    return row is not None and row.epoch == epoch and len(row.sentences) >= count


def finish_turn(connection: Connection, turn_id: int, epoch: int, **values: Any) -> bool:
    """Write the answer's end (state, sentences, ending, usage, times); return False as `keep_sentences` does."""
    owned = {"owned_id": turn_id, "owned_epoch": epoch}
    return connection.execute(_finish_turn(tuple(values)), owned | values).rowcount == 1


@cache
def _finish_turn(names: tuple[str, ...]) -> Update:
    return update(TURNS).where(*_OWNED).values({name: bindparam(name) for name in names})


def stop_turn(connection: Connection, turn_id: int, state: TurnState, now: datetime, **values: Any) -> bool:
    """End an unfinished answer, whoever writes it; its owner finds out by itself."""
    result = connection.execute(
        update(TURNS)
        .where(TURNS.c.id == turn_id, TURNS.c.state == TurnState.WRITING)
        .values(state=state, epoch=TURNS.c.epoch + 1, finished_at=now, **values)
    )
    return result.rowcount == 1


def stop_turns(connection: Connection, key: str, state: TurnState, now: datetime) -> list[int]:
    """End every unfinished answer of a conversation; return the turns' numbers."""
    conversation = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.key == key).scalar_subquery()
    rows = connection.execute(
        update(TURNS)
        .where(TURNS.c.conversation_id == conversation, TURNS.c.state == TurnState.WRITING)
        .values(state=state, epoch=TURNS.c.epoch + 1, finished_at=now)
        .returning(TURNS.c.number)
    )
    return list(rows.scalars())


def take_over(connection: Connection, turn: TurnRecord, owner: str, now: datetime) -> int | None:
    """Make `owner` the writer of an answer whose owner sends no heartbeat; return the new epoch.

    Return None if it sent one after all, or another reader was quicker.
    """
    result = connection.execute(
        update(TURNS)
        .where(
            TURNS.c.id == turn.id,
            TURNS.c.epoch == turn.epoch,
            TURNS.c.state == TurnState.WRITING,
            TURNS.c.beat_at == turn.beat_at,
        )
        .values(owner=owner, epoch=turn.epoch + 1, beat_at=now)
    )
    return turn.epoch + 1 if result.rowcount == 1 else None


def heartbeat(connection: Connection, turn_ids: Iterable[int], owner: str, now: datetime) -> None:
    """Record a heartbeat for the owner of these answers."""
    connection.execute(
        update(TURNS)
        .where(TURNS.c.id.in_(list(turn_ids)), TURNS.c.owner == owner, TURNS.c.state == TurnState.WRITING)
        .values(beat_at=now)
    )


def epochs(connection: Connection, turn_ids: Iterable[int]) -> dict[int, int]:
    """Return the epoch of each of these turns."""
    rows = connection.execute(select(TURNS.c.id, TURNS.c.epoch).where(TURNS.c.id.in_(list(turn_ids))))
    return {row.id: row.epoch for row in rows}


def is_any_written(connection: Connection, now: datetime) -> bool:
    """Return whether anybody waits for an answer that a process is writing."""
    written = select(TURNS.c.id).where(
        TURNS.c.created_at > now - _LONGEST_WRITTEN,
        TURNS.c.state == TurnState.WRITING,
        TURNS.c.beat_at > now - _SILENT,
    )
    return connection.execute(written.limit(1)).first() is not None


_LONGEST_WRITTEN, _SILENT = timedelta(minutes=1), timedelta(seconds=5)


def turns_by_id(connection: Connection, turn_ids: Iterable[int]) -> list[TurnRecord]:
    """Return these turns."""
    return [
        _record(row) for row in connection.execute(select(*_COLUMNS).where(TURNS.c.id.in_(list(turn_ids))))
    ]


def turn_to_change(connection: Connection, turn_id: int) -> TurnRecord:
    """Return a turn that nobody else changes before the end of the transaction."""
    locked = select(*_COLUMNS).where(TURNS.c.id == turn_id).with_for_update()
    return _record(connection.execute(locked).one())


def reword(connection: Connection, conversation_id: int, old: str, new: str) -> None:
    """Replace words in all utterances of a conversation."""
    connection.execute(
        update(TURNS)
        .where(TURNS.c.conversation_id == conversation_id, TURNS.c.heard.contains(old, autoescape=True))
        .values(heard=func.replace(TURNS.c.heard, old, new))
    )


def reword_turn(connection: Connection, turn_id: int, old: str, new: str) -> None:
    """Replace words, once, in the utterance of one turn."""
    found = select(TURNS.c.heard).where(TURNS.c.id == turn_id).with_for_update()
    heard = connection.execute(found).scalar_one()
    connection.execute(update(TURNS).where(TURNS.c.id == turn_id).values(heard=heard.replace(old, new, 1)))


def reword_overtaken(connection: Connection, turn_id: int, old: str, new: str) -> None:
    """Replace words in the utterances that a turn has taken over, and in no other."""
    turn = select(TURNS.c.conversation_id, TURNS.c.number).where(TURNS.c.id == turn_id)
    conversation_id, number = connection.execute(turn).one()
    connection.execute(
        update(TURNS)
        .where(
            TURNS.c.conversation_id == conversation_id,
            TURNS.c.number < number,
            TURNS.c.state == TurnState.SUPERSEDED,
            TURNS.c.heard.contains(old, autoescape=True),
        )
        .values(heard=func.replace(TURNS.c.heard, old, new))
    )


def withdraw(connection: Connection, turn_id: int, heard: str, now: datetime) -> None:
    """Cancel a turn of whose answer nothing was said, with these words in place of its utterance."""
    connection.execute(
        update(TURNS)
        .where(TURNS.c.id == turn_id)
        .values(
            state=TurnState.CANCELLED, epoch=TURNS.c.epoch + 1, finished_at=now, heard=heard,
            sentences=[], heard_upto=0,
        )
    )  # fmt: skip


def heard_upto(connection: Connection, turn_id: int, characters: int) -> None:
    """Record how much of an answer the caller can have heard before interrupting it."""
    connection.execute(update(TURNS).where(TURNS.c.id == turn_id).values(heard_upto=characters))


@dataclass(frozen=True, slots=True)
class ServedRecord:
    """The reply to one request for an answer. ending None: there is more to come."""

    kind: ServedKind
    start: int
    wait: int
    upto: int
    ending: Ending | None
    filler: int | None
    at: datetime


def serve_once(connection: Connection, turn_id: int, served: ServedRecord) -> ServedRecord:
    """Store the reply to a request, or return the earlier reply to the same request."""
    made = insert_once(
        connection,
        Served,
        turn_id=turn_id,
        start=served.start,
        wait=served.wait,
        kind=served.kind,
        upto=served.upto,
        ending=served.ending,
        filler=served.filler,
        at=served.at,
    )
    if made is not None:
        return served
    row = connection.execute(
        select(SERVED).where(
            SERVED.c.turn_id == turn_id, SERVED.c.start == served.start, SERVED.c.wait == served.wait
        )
    ).one()
    return _served(row)


def last_served(connection: Connection, turn_id: int) -> ServedRecord | None:
    """Return the words of an answer that were served last."""
    row = connection.execute(_LAST_SERVED, {"turn_id": turn_id}).one_or_none()
    return None if row is None else _served(row)


_LAST_SERVED = (
    select(SERVED)
    .where(SERVED.c.turn_id == bindparam("turn_id"), SERVED.c.kind == ServedKind.WORDS)
    .order_by(SERVED.c.upto.desc(), SERVED.c.id.desc())
    .limit(1)
)


def _served(row: Any) -> ServedRecord:
    return ServedRecord(
        kind=ServedKind(row.kind),
        start=row.start,
        wait=row.wait,
        upto=row.upto,
        ending=None if row.ending is None else Ending(row.ending),
        filler=row.filler,
        at=row.at,
    )


def begin_tool(connection: Connection, turn_id: int, key: str, now: datetime) -> bool:
    """Record that a tool is about to run for a turn; return False if it began before."""
    return insert_once(connection, ToolRun, turn_id=turn_id, key=key, created_at=now) is not None


def end_tool(connection: Connection, turn_id: int, key: str, result: dict[str, Any]) -> None:
    """Store the result of a tool."""
    connection.execute(
        update(TOOL_RUNS).where(TOOL_RUNS.c.turn_id == turn_id, TOOL_RUNS.c.key == key).values(result=result)
    )


def tool_result(connection: Connection, turn_id: int, key: str) -> dict[str, Any] | None:
    """Return a tool's result for a turn, None if it began and its end is unknown."""
    return connection.execute(
        select(TOOL_RUNS.c.result).where(TOOL_RUNS.c.turn_id == turn_id, TOOL_RUNS.c.key == key)
    ).scalar_one_or_none()
