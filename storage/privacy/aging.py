"""Deletes by age: words after KEEP_DAYS, bookkeeping after a fixed time. Counts stay.

A table is gone through by its ids, a page at a time, each page in a transaction of its own; who is killed begins anew.
Handoffs that are not over keep the words of their conversation.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, or_, select, true, update

from storage.database import Database
from storage.login_tries import LoginTry
from storage.models import Handoff, MessageStatus, TurnState
from storage.privacy.lists import emptied
from storage.privacy.mentions import UNSENT
from storage.privacy.models import ErasureTask
from storage.privacy.tables import ERASED
from storage.privacy.tasks import NO_DETAILS, Place, TaskState
from storage.queries.handoffs import CLOSED, OWNED_FOR, WAITS_FOR
from storage.tables import (
    CALLS,
    CAMPAIGN_RECIPIENTS,
    CONTACTS,
    CONVERSATIONS,
    HANDOFFS,
    MESSAGES,
    MIRROR_ITEMS,
    OFFERS,
    PROMPTS,
    SERVED,
    TOOL_RUNS,
    TURNS,
)

BOOKKEPT = timedelta(days=30)
"""Time for which bookkeeping is kept: what was served, which tool ran, what was shown in Chatwoot."""
PAGE = 500
"""Ids that a transaction looks at."""
PAUSE_S = 0.01
"""Seconds between two transactions, in which others write."""

_TASKS = cast(Table, ErasureTask.__table__)
_TRIES = cast(Table, LoginTry.__table__)
_SAID = ("reason", "summary", "context", "message", "number")
_NUMBERS = ("from_number", "to_number", "forwarded_from")
_HANDOFF_SAYS = or_(
    *(HANDOFFS.c[name] != "" for name in _SAID),
    HANDOFFS.c.request_key.is_not(None),
    HANDOFFS.c.missed_at.is_not(None),
)
_PEOPLE = ("+", "bsuid:", "withheld:")
"""The beginnings of people's addresses."""
IDLE_AT_ONCE = 100

Clear = Callable[[Connection, ColumnElement[bool]], int]


@dataclass(frozen=True, slots=True)
class Step:
    """What is done with the old rows of a table. at: their time. todo: those that it has not been done with.

    clear: does it with the rows of a condition, and returns their number.
    """

    table: Table
    at: ColumnElement[Any]
    todo: ColumnElement[bool]
    clear: Clear


def words_steps(now: datetime) -> list[Step]:
    """Return the steps that delete words, and what belongs to them alone."""
    held = _held(now)
    return [
        Step(
            MESSAGES,
            MESSAGES.c.created_at,
            and_(MESSAGES.c.kind != ERASED, MESSAGES.c.conversation_id.not_in(held)),
            _clear_messages,
        ),
        Step(
            TURNS,
            TURNS.c.created_at,
            and_(TURNS.c.kind != ERASED, TURNS.c.conversation_id.not_in(held)),
            _clear_turns,
        ),
        Step(
            HANDOFFS,
            HANDOFFS.c.created_at,
            and_(_HANDOFF_SAYS, HANDOFFS.c.conversation_id.not_in(held)),
            _clear_handoffs,
        ),
        Step(
            CALLS,
            CALLS.c.started_at,
            and_(
                or_(*(CALLS.c[name] != "" for name in _NUMBERS)),
                CALLS.c.ended_at.is_not(None),
                CALLS.c.conversation_id.not_in(held),
            ),
            _clear_calls,
        ),
        Step(
            CAMPAIGN_RECIPIENTS,
            CAMPAIGN_RECIPIENTS.c.due_at,
            CAMPAIGN_RECIPIENTS.c.number != "",
            lambda connection, old: connection.execute(emptied(old)).rowcount,
        ),
        _deletion(PROMPTS, PROMPTS.c.created_at, PROMPTS.c.conversation_id.not_in(held)),
        _shown(MIRROR_ITEMS.c.created_at, true()),
    ]


def bookkeeping_steps() -> list[Step]:
    """Return the steps that delete bookkeeping of what is over."""
    is_over = select(TURNS.c.id).where(TURNS.c.state != TurnState.WRITING)
    return [
        _deletion(SERVED, SERVED.c.at, SERVED.c.turn_id.in_(is_over)),
        _deletion(TOOL_RUNS, TOOL_RUNS.c.created_at, TOOL_RUNS.c.turn_id.in_(is_over)),
        _shown(MIRROR_ITEMS.c.changed_at, MIRROR_ITEMS.c.state.in_(("done", "failed"))),
        _deletion_but_last(
            _TASKS,
            _TASKS.c.changed_at,
            or_(_TASKS.c.state != TaskState.WAITING, _TASKS.c.place != Place.HERE),
            has_words=_TASKS.c.state == TaskState.WAITING,
            state=TaskState.REFUSED,
            details=NO_DETAILS,
        ),
    ]


def run_step(
    database: Database, step: Step, before: datetime, is_to_end: Callable[[], bool] = lambda: False
) -> int:
    """Do a step for the rows older than a time, a page at a time; return the number of rows that were changed."""
    ids, changed = step.table.c.id, 0
    old = and_(step.at < before, step.todo)
    with database.read() as connection:
        first, last = connection.execute(select(func.min(ids), func.max(ids)).where(old)).one()
    start = (first or 0) - 1
    while last is not None and start < last and not is_to_end():
        with database.write() as connection:
            changed += step.clear(connection, and_(ids > start, ids <= start + PAGE, old))
        time.sleep(PAUSE_S)
        start += PAGE
    return changed


def summary_steps(before: datetime, now: datetime) -> list[Step]:
    """Return the steps that delete what was noted of conversations before a time.

    A summary is as old as the last turn that it covers; a topic as old as the last turn.
    """
    of_it = TURNS.c.conversation_id == CONVERSATIONS.c.id
    newer = select(TURNS.c.id).where(of_it, TURNS.c.created_at >= before)
    covered = newer.where(TURNS.c.number == CONVERSATIONS.c.summary_upto)
    is_free, at = CONVERSATIONS.c.id.not_in(_held(now)), CONVERSATIONS.c.created_at
    noted = or_(CONVERSATIONS.c.topic != "", CONVERSATIONS.c.background != "")
    return [
        Step(
            CONVERSATIONS,
            at,
            and_(CONVERSATIONS.c.summary != "", ~covered.exists(), is_free),
            _blanking(CONVERSATIONS, summary=""),
        ),
        Step(
            CONVERSATIONS,
            at,
            and_(noted, ~newer.exists(), is_free),
            _blanking(CONVERSATIONS, topic="", background=""),
        ),
    ]


def idle_contacts(
    connection: Connection, before: datetime, now: datetime, *, after: int = 0, only: int | None = None
) -> list[int]:
    """Return contacts with whom nothing was said after a time, and nothing is open.

    One that was made one with another stays as long as the other: what they write goes on under its id.

    after: the last id of the page before. only: look at this one.
    """
    mine = CONVERSATIONS.c.contact_id == CONTACTS.c.id
    of_turn, of_message = (table.c.conversation_id == CONVERSATIONS.c.id for table in (TURNS, MESSAGES))
    recent = (
        select(CONVERSATIONS.c.id).where(mine, CONVERSATIONS.c.created_at >= before),
        select(CONVERSATIONS.c.id).where(mine, CONVERSATIONS.c.id.in_(_held(now))),
        select(TURNS.c.id).join(CONVERSATIONS, of_turn).where(mine, TURNS.c.created_at >= before),
        select(MESSAGES.c.id).join(CONVERSATIONS, of_message).where(mine, MESSAGES.c.created_at >= before),
        select(CAMPAIGN_RECIPIENTS.c.id).where(
            CAMPAIGN_RECIPIENTS.c.found_by == CONTACTS.c.address, CAMPAIGN_RECIPIENTS.c.due_at >= before
        ),
    )
    which = (
        CONTACTS.c.id > after if only is None else CONTACTS.c.id == only,
        CONTACTS.c.merged_into.is_(None),
        CONTACTS.c.created_at < before,
        or_(CONTACTS.c.wrote_at.is_(None), CONTACTS.c.wrote_at < before),
        or_(*(CONTACTS.c.address.startswith(start) for start in _PEOPLE)),
        *(~each.correlate(CONTACTS).exists() for each in recent),
    )
    found = select(CONTACTS.c.id).where(*which).order_by(CONTACTS.c.id).limit(IDLE_AT_ONCE)
    return list(connection.execute(found).scalars())


def is_idle(connection: Connection, contact_id: int, before: datetime, now: datetime) -> bool:
    """Return whether a contact is still idle; nobody makes anything of theirs until the transaction ends."""
    connection.execute(select(CONTACTS.c.id).where(CONTACTS.c.id == contact_id).with_for_update())
    return bool(idle_contacts(connection, before, now, only=contact_id))


def forget_tries(connection: Connection, now: datetime) -> None:
    """Delete old attempts to log in."""
    old = now - BOOKKEPT
    was_long_ago = or_(_TRIES.c.right_at.is_(None), _TRIES.c.right_at < old)
    connection.execute(delete(_TRIES).where(_TRIES.c.tried_at < old, was_long_ago))


def _held(now: datetime) -> Any:
    """Return the conversations with a handoff that is not over. Earlier versions ended none: those do not count."""
    is_open = and_(
        Handoff.state != CLOSED,
        or_(
            and_(Handoff.owner == "", Handoff.created_at > now - WAITS_FOR),
            and_(Handoff.owner != "", Handoff.owned_at > now - OWNED_FOR),
        ),
    )
    return select(HANDOFFS.c.conversation_id).where(is_open)


def _clear_messages(connection: Connection, old: ColumnElement[bool]) -> int:
    for waiting, status in ((UNSENT, MessageStatus.HELD), ((MessageStatus.RECEIVED,), MessageStatus.SETTLED)):
        is_waiting = MESSAGES.c.status.in_(waiting)
        connection.execute(update(MESSAGES).where(old, is_waiting).values(status=status))
    blank: dict[str, Any] = {
        "kind": ERASED,
        "body": "",
        "attachments": [],
        "sid": None,
        "token": None,
        "author": "",
    }
    return connection.execute(update(MESSAGES).where(old).values(blank)).rowcount


def _clear_turns(connection: Connection, old: ColumnElement[bool]) -> int:
    ids = select(TURNS.c.id).where(old)
    for table in (SERVED, TOOL_RUNS):
        connection.execute(delete(table).where(table.c.turn_id.in_(ids)))
    stopped = {"state": TurnState.CANCELLED, "epoch": TURNS.c.epoch + 1}
    connection.execute(update(TURNS).where(old, TURNS.c.state == TurnState.WRITING).values(stopped))
    blank: dict[str, Any] = {"kind": ERASED, "heard": "", "sentences": [], "error": None}
    return connection.execute(update(TURNS).where(old).values(blank)).rowcount


def _clear_handoffs(connection: Connection, old: ColumnElement[bool]) -> int:
    connection.execute(delete(OFFERS).where(OFFERS.c.handoff_id.in_(select(HANDOFFS.c.id).where(old))))
    blank: dict[str, Any] = dict.fromkeys(_SAID, "")
    blank |= {"request_key": None, "missed_at": None, "state": CLOSED}  # nobody is owed an answer any more
    return connection.execute(update(HANDOFFS).where(old).values(blank)).rowcount


def _clear_calls(connection: Connection, old: ColumnElement[bool]) -> int:
    blank = dict.fromkeys(_NUMBERS, "")
    return connection.execute(update(CALLS).where(old).values(blank)).rowcount


def _blanking(table: Table, **blank: Any) -> Clear:
    return lambda connection, old: connection.execute(update(table).where(old).values(blank)).rowcount


def _deletion(table: Table, at: ColumnElement[Any], *todo: ColumnElement[bool]) -> Step:
    """Return the step that deletes rows."""
    return Step(
        table,
        at,
        and_(*todo, table.c.id > 0),
        lambda connection, old: connection.execute(delete(table).where(old)).rowcount,
    )


def _deletion_but_last(
    table: Table,
    at: ColumnElement[Any],
    todo: ColumnElement[bool],
    *,
    has_words: ColumnElement[bool],
    **blank: Any,
) -> Step:
    """Return the step that deletes rows and empties the newest one: SQLite would give its id to another.

    Others know these ids: jobs, Chatwoot, the CRM.
    """
    last = select(func.max(table.alias().c.id)).scalar_subquery()

    def clear(connection: Connection, old: ColumnElement[bool]) -> int:
        emptied = connection.execute(update(table).where(old, table.c.id == last).values(blank)).rowcount
        return emptied + connection.execute(delete(table).where(old, table.c.id < last)).rowcount

    return Step(table, at, and_(todo, or_(table.c.id < last, has_words)), clear)


def _shown(at: ColumnElement[Any], todo: ColumnElement[bool]) -> Step:
    return _deletion_but_last(
        MIRROR_ITEMS, at, todo, has_words=MIRROR_ITEMS.c.body != "", body="", state="done"
    )
