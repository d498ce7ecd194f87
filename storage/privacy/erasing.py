"""Erases a contact: its rows are deleted, and what is counted of them is copied, without words, to a nobody.

The copies have new ids, so that whatever is still at work on the old ones finds nothing, and writes nothing back. Each
step is a short transaction, and may be repeated: what was begun and not finished is finished by whoever comes next.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, Table, delete, func, insert, literal, or_, select, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.exc import IntegrityError

from storage import locks
from storage.base import Base
from storage.campaigns import drafts
from storage.database import Database
from storage.models import (
    Contact,
    Conversation,
    MessageStatus,
    TurnState,
)
from storage.privacy.lists import emptied
from storage.privacy.mentions import UNSENT, clear_mentions, clear_notices
from storage.privacy.tables import ERASED, ERASED_ADDRESS, LINKS
from storage.queries.handoffs import CLOSED
from storage.tables import (
    CALLS,
    CONTACTS,
    CONVERSATIONS,
    HANDOFFS,
    HELPDESK_FACTS,
    MESSAGES,
    MIRROR_ITEMS,
    OFFERS,
    PROMPTS,
    SERVED,
    TOOL_RUNS,
    TURNS,
    WEBHOOK_EVENTS,
)
from storage.upsert import insert_once

ERASING = "erasing:"
"""Before a random word, in what is left of a contact until all of it is gone."""
BATCH = 500
"""Rows that one transaction copies or deletes."""
TRIES = 20
"""How often it begins anew because something was added meanwhile."""

_POST_CALLS = "elevenlabs"

COUNTED: dict[str, tuple[str, ...]] = {
    "conversations": ("channel", "provider", "created_at", "closed_at"),
    "calls": (
        "direction", "status", "answered_by", "duration_s", "started_at", "answered_at", "ended_at",
        "recipient_id", "price", "currency",
    ),
    "turns": (
        "number", "confidence", "state", "ending", "failures", "epoch", "beat_at", "model", "prompt_tokens",
        "completion_tokens", "first_token_ms", "first_sentence_ms", "created_at", "finished_at",
    ),
    "messages": (
        "outbound", "status", "error_code", "created_at", "changed_at", "tries", "recipient_id", "price", "currency",
    ),
    "handoffs": ("source", "owned_at", "created_at", "updated_at"),
}  # fmt: skip
"""The columns that are copied: everything else is left behind, also what a table gets later."""


def begin_erasing(connection: Connection, contact_id: int, now: datetime) -> int:
    """Take a contact out of everybody's reach, stop what is at work on it; return the id of who stands for it.

    From here on whoever writes or calls from the same number is a new contact.
    """
    simulated = connection.execute(
        select(CONTACTS.c.simulated).where(CONTACTS.c.id == contact_id)
    ).scalar_one()
    nobody = insert_once(
        connection, Contact, address=f"{ERASED_ADDRESS}{secrets.token_hex(8)}",
        simulated=simulated, name="", whatsapp_address="", created_at=now,
    )  # fmt: skip
    assert nobody is not None
    mine = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.contact_id == contact_id)
    unsent = (MESSAGES.c.conversation_id.in_(mine), MESSAGES.c.status.in_(UNSENT))
    # Before recipients, as receipts lock them: each would wait for the other
    connection.execute(select(MESSAGES.c.id).where(*unsent).order_by(MESSAGES.c.id).with_for_update())
    on_lists = LINKS["campaign_recipients"]([contact_id])
    connection.execute(emptied(on_lists, conversation_id=None, message_id=None))
    drafts.forget_all(connection)
    _delete_of(connection, contact_id, "browser_commands", "browser_events", "browser_phones", "identities")
    connection.execute(
        update(CONTACTS)
        .where(CONTACTS.c.id == contact_id)
        .values(
            address=f"{ERASING}{secrets.token_hex(8)}", name="", whatsapp_address="", whatsapp_user_id=None,
            wrote_at=None,
        )
    )  # fmt: skip
    connection.execute(
        update(TURNS)
        .where(TURNS.c.conversation_id.in_(mine), TURNS.c.state == TurnState.WRITING)
        .values(state=TurnState.CANCELLED, epoch=TURNS.c.epoch + 1, finished_at=now)
    )
    connection.execute(update(MESSAGES).where(*unsent).values(status=MessageStatus.HELD))
    connection.execute(update(HANDOFFS).where(HANDOFFS.c.conversation_id.in_(mine)).values(state=CLOSED))
    connection.execute(
        update(CONVERSATIONS)
        .where(CONVERSATIONS.c.contact_id == contact_id)
        .values(
            key=literal(ERASING) + sql_cast(CONVERSATIONS.c.id, String),
            human="", human_until=None, closed_at=func.coalesce(CONVERSATIONS.c.closed_at, now),
        )
    )  # fmt: skip
    return nobody


def finish_erasing(
    database: Database, contact_id: int, nobody: int, *, words: Sequence[str], texts: Sequence[str]
) -> None:
    """Delete what is left of a contact, a batch at a time. words: that tell sellers' messages about them from others.

    texts: numbers and ids that are taken out of everybody's rows. Raises IntegrityError if something is added again and
    again.
    """
    for left in range(TRIES, 0, -1):
        try:
            _delete_all(database, contact_id, nobody, words)
            break
        except IntegrityError:  # a row that came in between needs the one to be deleted
            if left == 1:
                raise
    clear_mentions(database, texts)


def _delete_all(database: Database, contact_id: int, nobody: int, words: Sequence[str]) -> None:
    with database.read() as connection:
        mine = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.contact_id == contact_id)
        conversations = connection.execute(mine.order_by(CONVERSATIONS.c.id)).scalars().all()
    for conversation_id in conversations:
        _delete_conversation(database, conversation_id, nobody, words)
    _until_none(database, lambda connection: _delete_items(connection, contact_id, nobody))
    with database.write() as connection:
        _delete_contact(connection, contact_id)


def _until_none(database: Database, step: Callable[[Connection], int]) -> None:
    while True:
        with database.write() as connection:
            locks.hold(connection, "erasing")
            if step(connection) == 0:
                return


def _delete_conversation(database: Database, conversation_id: int, nobody: int, words: Sequence[str]) -> None:
    with database.write() as connection:
        locks.hold(connection, "erasing")
        copy = _copy_conversation(connection, conversation_id, nobody)
    if copy is None:
        return
    _until_none(database, lambda connection: _move_handoffs(connection, conversation_id, copy, words))
    _until_none(database, lambda connection: _move_messages(connection, conversation_id, copy))
    _until_none(database, lambda connection: _move_turns(connection, conversation_id, copy))
    with database.write() as connection:
        locks.hold(connection, "erasing")
        _move_calls(connection, conversation_id, copy)
        connection.execute(delete(PROMPTS).where(PROMPTS.c.conversation_id == conversation_id))
        connection.execute(delete(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id))


def _copy_conversation(connection: Connection, conversation_id: int, nobody: int) -> int | None:
    """Return the id of the copy, made if there is none; None if the conversation is gone."""
    key = f"{ERASED_ADDRESS}{conversation_id}"
    found = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.key == key)
    row = connection.execute(_counted(CONVERSATIONS, CONVERSATIONS.c.id == conversation_id)).one_or_none()
    if row is None:
        return None
    blank = {"key": key, "contact_id": nobody, "background": "", "summary": "", "topic": ""}
    made = insert_once(connection, Conversation, summary_upto=0, **dict(row._mapping), **blank)
    return made if made is not None else int(connection.execute(found).scalar_one())


def _move_handoffs(connection: Connection, conversation_id: int, copy: int, words: Sequence[str]) -> int:
    ids = _ids(connection, HANDOFFS, HANDOFFS.c.conversation_id == conversation_id)
    for handoff_id in ids:
        clear_notices(connection, handoff_id, words)
    connection.execute(delete(OFFERS).where(OFFERS.c.handoff_id.in_(ids)))
    blank: dict[str, Any] = {
        "conversation_id": copy, "turn_number": None, "request_key": None, "number": "", "reason": "",
        "summary": "", "context": "", "message": "", "state": CLOSED, "owner": "",
    }  # fmt: skip
    return _move(connection, HANDOFFS, ids, blank)


def _move_messages(connection: Connection, conversation_id: int, copy: int) -> int:
    ids = _ids(connection, MESSAGES, MESSAGES.c.conversation_id == conversation_id)
    connection.execute(update(OFFERS).where(OFFERS.c.message_id.in_(ids)).values(message_id=None))
    blank: dict[str, Any] = {
        "conversation_id": copy, "turn_id": None, "part": None, "kind": ERASED, "body": "", "sid": None,
        "token": None, "attachments": [], "author": "",
    }  # fmt: skip
    return _move(connection, MESSAGES, ids, blank)


def _move_turns(connection: Connection, conversation_id: int, copy: int) -> int:
    ids = _ids(connection, TURNS, TURNS.c.conversation_id == conversation_id)
    for table in (SERVED, TOOL_RUNS):
        connection.execute(delete(table).where(table.c.turn_id.in_(ids)))
    blank: dict[str, Any] = {
        "conversation_id": copy,
        "kind": ERASED,
        "heard": "",
        "sentences": [],
        "owner": "",
    }
    return _move(connection, TURNS, ids, blank)


def _move_calls(connection: Connection, conversation_id: int, copy: int) -> None:
    ids = _ids(connection, CALLS, CALLS.c.conversation_id == conversation_id)
    sids = connection.execute(select(CALLS.c.call_sid).where(CALLS.c.id.in_(ids))).scalars().all()
    told = or_(*(WEBHOOK_EVENTS.c.key.like(f"%:{sid}") for sid in sids)) if sids else literal(False)
    connection.execute(delete(WEBHOOK_EVENTS).where(WEBHOOK_EVENTS.c.source == _POST_CALLS, told))
    for call_id in ids:
        # one that goes on is another conversation from here on
        connection.execute(
            update(CALLS)
            .where(CALLS.c.id == call_id, CALLS.c.ended_at.is_(None))
            .values(status="completed", ended_at=CALLS.c.started_at)
        )
        blank = {"conversation_id": copy, "call_sid": f"{ERASED_ADDRESS}{call_id}"}
        _move(connection, CALLS, [call_id], blank | {"from_number": "", "to_number": ""})


def _delete_items(connection: Connection, contact_id: int, nobody: int) -> int:
    ids = _ids(connection, MIRROR_ITEMS, MIRROR_ITEMS.c.contact_id == contact_id)
    # The last one stays, emptied: SQLite would give its id, by which Chatwoot's webhooks know it, to another
    last = connection.execute(select(func.max(MIRROR_ITEMS.c.id))).scalar_one()
    if last in ids:
        blank = {"contact_id": nobody, "ref": f"{ERASED_ADDRESS}{last}", "body": "", "state": "done"}
        connection.execute(update(MIRROR_ITEMS).where(MIRROR_ITEMS.c.id == last).values(blank))
    connection.execute(delete(MIRROR_ITEMS).where(MIRROR_ITEMS.c.id.in_(ids), MIRROR_ITEMS.c.id != last))
    return len(ids)


def _delete_contact(connection: Connection, contact_id: int) -> None:
    _delete_of(connection, contact_id, "identities", "merges", "mirrors")
    for name in ("whatsapp_of", "merged_into"):
        column = CONTACTS.c[name]
        connection.execute(update(CONTACTS).where(column == contact_id).values({name: None}))
    connection.execute(delete(HELPDESK_FACTS).where(HELPDESK_FACTS.c.fact == f"named:{contact_id}"))
    connection.execute(delete(CONTACTS).where(CONTACTS.c.id == contact_id))


def _delete_of(connection: Connection, contact_id: int, *tables: str) -> None:
    """Delete a contact's rows. Phones in browsers are found while the contact still has its number."""
    for name in tables:
        connection.execute(delete(Base.metadata.tables[name]).where(LINKS[name]([contact_id])))


def _ids(connection: Connection, table: Table, which: Any) -> list[int]:
    return list(
        connection.execute(select(table.c.id).where(which).order_by(table.c.id).limit(BATCH)).scalars()
    )


def _counted(table: Table, which: Any) -> Any:
    return select(*(table.c[name] for name in COUNTED[table.name])).where(which)


def _move(connection: Connection, table: Table, ids: Sequence[int], blank: dict[str, Any]) -> int:
    """Copy what is counted of rows, then delete them; return their number."""
    if not ids:
        return 0
    rows = connection.execute(_counted(table, table.c.id.in_(ids)).order_by(table.c.id)).all()
    connection.execute(insert(table), [dict(row._mapping) | blank for row in rows])
    connection.execute(delete(table).where(table.c.id.in_(ids)))
    return len(ids)
