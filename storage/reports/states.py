"""The state of a conversation: one at a time, and the same on every page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, select

from storage.base import is_ahead
from storage.queries.contacts import LONGEST_SILENCE
from storage.queries.handoffs import CLOSED
from storage.tables import CONVERSATIONS, HANDOFFS

WRITTEN = "whatsapp"
_RINGING = "transferring"
"""The state of a handoff whose person is being rung: the assistant is silent, and nobody has the caller yet."""


class State(StrEnum):
    """The state of a conversation, as operators see it."""

    PERSON = "person"  # a person has it, and the assistant is silent
    WAITING = "waiting"  # it goes to a person, and nobody has taken it
    MISSED = "missed"  # it was to go to a person, and nobody came
    LIVE = "live"  # a call in progress, answered by the assistant
    ASSISTANT = "assistant"  # the assistant answers whatever is written
    OVER = "over"  # a call that has ended


@dataclass(frozen=True, slots=True)
class OpenHandoff:
    """A handoff that nobody has taken yet, or to which nobody came."""

    id: int
    state: str
    missed_at: datetime | None


IS_UNTAKEN = and_(HANDOFFS.c.owner == "", HANDOFFS.c.state != CLOSED)
"""Selects the handoffs that somebody may still take."""
IS_BEING_RUNG = and_(IS_UNTAKEN, HANDOFFS.c.state == _RINGING)
"""Selects those of them whose person is being rung: their conversations wait, and nobody has them."""


def is_untaken(owner: str, state: str) -> bool:
    """Return whether somebody may still take a handoff."""
    return not owner and state != CLOSED


def state_of(
    channel: str,
    closed_at: datetime | None,
    human_until: datetime | None,
    handoffs: Sequence[OpenHandoff],
    now: datetime,
) -> State:
    """Return the state of a conversation. handoffs: those of it that nobody has taken."""
    waiting = [handoff for handoff in handoffs if handoff.missed_at is None]
    is_held = closed_at is None and is_ahead(human_until, now, LONGEST_SILENCE)
    if is_held and not any(handoff.state == _RINGING for handoff in waiting):
        return State.PERSON
    if handoffs:
        return State.WAITING if waiting else State.MISSED
    if channel == "phone":
        return State.LIVE if closed_at is None else State.OVER
    return State.ASSISTANT


def threads(connection: Connection, conversations: Mapping[int, tuple[str, int]]) -> dict[int, list[int]]:
    """Return the conversations that are shown as one with each of several, itself included, oldest first.

    conversations: the channel and the contact of each, by its id.
    """
    writers = {contact_id for channel, contact_id in conversations.values() if channel == WRITTEN}
    written: dict[int, list[int]] = {contact_id: [] for contact_id in writers}
    if writers:
        theirs = select(CONVERSATIONS.c.contact_id, CONVERSATIONS.c.id).where(
            CONVERSATIONS.c.contact_id.in_(writers), CONVERSATIONS.c.channel == WRITTEN
        )
        for contact_id, id_ in connection.execute(theirs.order_by(CONVERSATIONS.c.id)):
            written[contact_id].append(id_)
    return {
        id_: written[contact_id] if channel == WRITTEN else [id_]
        for id_, (channel, contact_id) in conversations.items()
    }


def open_handoffs(
    connection: Connection, threads: Mapping[int, Collection[int]]
) -> dict[int, list[OpenHandoff]]:
    """Return the handoffs that nobody has taken, oldest first, by the conversation under which they are shown."""
    shown = {id_: main for main, ids in threads.items() for id_ in ids}
    found: dict[int, list[OpenHandoff]] = {main: [] for main in threads}
    for row in connection.execute(_OPEN.where(HANDOFFS.c.conversation_id.in_(shown))):
        found[shown[row.conversation_id]].append(OpenHandoff(row.id, row.state, row.missed_at))
    return found


_OPEN: Any = (
    select(HANDOFFS.c.conversation_id, HANDOFFS.c.id, HANDOFFS.c.state, HANDOFFS.c.missed_at)
    .where(IS_UNTAKEN | HANDOFFS.c.missed_at.is_not(None))
    .order_by(HANDOFFS.c.id)
)
