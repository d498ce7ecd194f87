"""Queries for the last words of conversations, whoever said or wrote them. An answer that was held back is none."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Table, select

from storage.models import MessageStatus, TurnKind
from storage.privacy.tables import ERASED
from storage.queries.messages import COLUMNS, MessageRecord, record_of
from storage.tables import CONVERSATIONS, HANDOFFS, MESSAGES, PROMPTS, TURNS


class Speaker(StrEnum):
    """Who said something."""

    THEY = "they"
    ASSISTANT = "assistant"
    PERSON = "person"  # one of ours, or a text that is sent by itself: the message's author
    LEFT = "left"  # theirs, to be passed on to a person
    ERASED = "erased"  # nobody's any more


@dataclass(frozen=True, slots=True)
class LastWords:
    """The last words of a conversation. message: the written message, whose words are its body's and its files'."""

    at: datetime
    by: Speaker
    words: str = ""
    message: MessageRecord | None = None


def last_words(connection: Connection, threads: Mapping[int, Collection[int]]) -> dict[int, LastWords]:
    """Return the last words of each conversation in which there are any.

    threads: by the conversation under which they are shown, those that are shown as one.
    """
    shown = {id_: main for main, ids in threads.items() for id_ in ids}
    latest = connection.execute(_LATEST.where(CONVERSATIONS.c.id.in_(shown))).all()
    found: dict[int, LastWords] = {}
    for read in (_prompted, _spoken, _written):  # of two at one time the later of these counts
        for id_, words in read(connection, latest):
            main = shown[id_]
            if main not in found or found[main].at <= words.at:
                found[main] = words
    for id_, words in _handed(connection, [row for row in latest if shown[row.id] not in found]):
        found.setdefault(shown[id_], words)
    return found


def _written(connection: Connection, latest: Collection[Any]) -> list[tuple[int, LastWords]]:
    ids = [max(row.received or 0, row.sent or 0) for row in latest if row.received or row.sent]
    if not ids:
        return []
    rows = connection.execute(select(*COLUMNS).where(MESSAGES.c.id.in_(ids)))
    return [(message.conversation_id, _of_message(message)) for message in map(record_of, rows)]


def _of_message(message: MessageRecord) -> LastWords:
    by = Speaker.THEY
    if message.kind == ERASED:
        by = Speaker.ERASED
    elif message.outbound:
        by = Speaker.PERSON if message.author else Speaker.ASSISTANT
    return LastWords(message.created_at, by, message.body, message)


def _spoken(connection: Connection, latest: Collection[Any]) -> list[tuple[int, LastWords]]:
    """Return the last words of turns that are no messages: a message says more than the turn that it is in."""
    ids = [row.turn for row in latest if row.turn is not None and row.received is None and row.sent is None]
    if not ids:
        return []
    names = ("conversation_id", "kind", "heard", "sentences", "created_at", "finished_at")
    rows = connection.execute(select(*(TURNS.c[name] for name in names)).where(TURNS.c.id.in_(ids)))
    return [(row.conversation_id, _of_turn(row)) for row in rows]


def _of_turn(row: Any) -> LastWords:
    at = row.finished_at or row.created_at
    if row.kind == TurnKind.ERASED:
        return LastWords(at, Speaker.ERASED)
    if row.kind == TurnKind.MESSAGE:
        return LastWords(at, Speaker.LEFT, row.heard)
    if said := "".join(row.sentences):
        return LastWords(at, Speaker.ASSISTANT, said)
    return LastWords(at, Speaker.THEY, row.heard)


def _prompted(connection: Connection, latest: Collection[Any]) -> list[tuple[int, LastWords]]:
    ids = [row.prompt for row in latest if row.prompt is not None]
    if not ids:
        return []
    names = ("conversation_id", "words", "created_at")
    rows = connection.execute(select(*(PROMPTS.c[name] for name in names)).where(PROMPTS.c.id.in_(ids)))
    return [(row.conversation_id, LastWords(row.created_at, Speaker.ASSISTANT, row.words)) for row in rows]


def _handed(connection: Connection, latest: Collection[Any]) -> list[tuple[int, LastWords]]:
    """Return what was handed on where nothing else was said here, as of somebody who called elsewhere."""
    ids = [row.handoff for row in latest if row.handoff is not None]
    if not ids:
        return []
    names = ("conversation_id", "reason", "message", "created_at")
    rows = connection.execute(select(*(HANDOFFS.c[name] for name in names)).where(HANDOFFS.c.id.in_(ids)))
    return [
        (row.conversation_id, LastWords(row.created_at, Speaker.LEFT, row.message or row.reason))
        for row in rows
        if row.message or row.reason
    ]


def _last(table: Table, *which: ColumnElement[bool], by: str = "id") -> ScalarSelect[int]:
    """Return the id of the last row of each conversation."""
    ids = select(table.c.id).where(table.c.conversation_id == CONVERSATIONS.c.id, *which)
    return ids.order_by(table.c[by].desc()).limit(1).correlate(CONVERSATIONS).scalar_subquery()


# Each by an index: the last of a long conversation is found as quickly as that of a short one
_LATEST = select(
    CONVERSATIONS.c.id,
    _last(MESSAGES, MESSAGES.c.outbound.is_(False)).label("received"),
    _last(MESSAGES, MESSAGES.c.outbound.is_(True), MESSAGES.c.status != MessageStatus.HELD).label("sent"),
    _last(TURNS, by="number").label("turn"),
    _last(PROMPTS).label("prompt"),
    _last(HANDOFFS).label("handoff"),
)
