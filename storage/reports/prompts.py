"""Queries for what a caller heard that is no answer: the greeting, questions asked again, notices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from storage.models import ServedKind
from storage.tables import PROMPTS, SERVED


@dataclass(frozen=True, slots=True)
class PromptRecord:
    """A prompt that a caller heard."""

    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FillerRecord:
    """A filler that a caller heard while an answer was being written. number: as served, to be taken modulo."""

    number: int
    at: datetime


def prompts_of(
    connection: Connection, conversation_id: int, since: datetime | None, until: datetime | None, limit: int
) -> list[PromptRecord]:
    """Return the last prompts of a call in a time, oldest first. since, until: None: from its beginning, to its end."""
    which = [PROMPTS.c.conversation_id == conversation_id]
    if since is not None:
        which.append(PROMPTS.c.created_at >= since)
    if until is not None:
        which.append(PROMPTS.c.created_at < until)
    newest = select(PROMPTS.c.words, PROMPTS.c.created_at).where(*which)
    newest = newest.order_by(PROMPTS.c.created_at.desc(), PROMPTS.c.id.desc()).limit(limit)
    return [PromptRecord(*row) for row in connection.execute(newest)][::-1]


def last_prompts(connection: Connection, conversation_ids: Sequence[int]) -> dict[int, str]:
    """Return the words of the last prompt of each of these calls that had any."""
    said = select(PROMPTS.c.conversation_id, PROMPTS.c.words)
    said = said.where(PROMPTS.c.conversation_id.in_(conversation_ids)).order_by(PROMPTS.c.id)
    return {row.conversation_id: row.words for row in connection.execute(said)}


def fillers_of(connection: Connection, turn_ids: Sequence[int]) -> list[FillerRecord]:
    """Return the fillers that were heard while turns were being answered, oldest first."""
    said = select(SERVED.c.filler, SERVED.c.at).where(
        SERVED.c.turn_id.in_(turn_ids), SERVED.c.kind == ServedKind.FILLER
    )
    return [FillerRecord(row.filler or 0, row.at) for row in connection.execute(said.order_by(SERVED.c.at))]
