"""Takes a person's number and ids out of other people's rows: notices to sellers, notes, what somebody else wrote."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import JSON, Column, Connection, String, Table, Text, func, or_, select, update
from sqlalchemy import cast as sql_cast

from phone_numbers import matching_number
from storage.base import Base
from storage.database import Database
from storage.models import MessageStatus
from storage.privacy.tables import ERASED, LINKS
from storage.tables import CONTACTS, CONVERSATIONS, HANDOFFS, MESSAGES, OFFERS

LEFT = "…"
"""What stands in the place of a number."""
PAGE, BATCH = 20_000, 200
"""Rows of a table that are searched at once, and that are changed in one transaction."""
NOTICES = ("notice", "template", "team")
"""Kinds of messages to sellers, which tell of customers."""
TOLD_FOR = timedelta(days=3)
"""The longest after a handoff's last change that a seller is told something of it."""
UNSENT = (MessageStatus.WAITING, MessageStatus.CLAIMED, MessageStatus.SENDING)

_IDENTIFIERS = frozenset(
    [
        "key",
        "call_sid",
        "sid",
        "token",
        "ref",
        "address",
        "source_id",
        "owner",
        "seller",
        "value",
        "written_as",
        "whatsapp_address",
        "whatsapp_user_id",
        "from_number",
        "to_number",
        "forwarded_from",
    ]
)
"""Columns by which rows are found and people are reached: in the rows of others they name others.

Whoever writes from the number before the erasure has ended is another contact already.
"""


def clear_notices(connection: Connection, handoff_id: int, words: Sequence[str]) -> None:
    """Empty what sellers were told of a handoff: the notices, and what else names the customer. words: of them."""
    told = select(OFFERS.c.message_id).where(OFFERS.c.handoff_id == handoff_id)
    ids = {found for found in connection.execute(told).scalars() if found is not None}
    if words:
        ids |= _others(connection, handoff_id, words)
    if not ids:
        return
    which = MESSAGES.c.id.in_(ids)
    held = (which, MESSAGES.c.status.in_(UNSENT))
    connection.execute(update(MESSAGES).where(*held).values(status=MessageStatus.HELD))
    connection.execute(update(MESSAGES).where(which).values(body="", kind=ERASED, attachments=[]))


def _others(connection: Connection, handoff_id: int, words: Sequence[str]) -> set[int]:
    """Return further messages to sellers, in the handoff's time, that hold one of the words."""
    handoff = connection.execute(
        select(HANDOFFS.c.owner, HANDOFFS.c.created_at, HANDOFFS.c.updated_at).where(
            HANDOFFS.c.id == handoff_id
        )
    ).one()
    asked = connection.execute(select(OFFERS.c.seller).where(OFFERS.c.handoff_id == handoff_id)).scalars()
    sellers = {matching_number(seller) for seller in (handoff.owner, *asked) if seller}
    conversations = (
        select(CONVERSATIONS.c.id)
        .join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
        .where(CONTACTS.c.address.in_(sellers))
    )
    since, until = cast(datetime, handoff.created_at), cast(datetime, handoff.updated_at) + TOLD_FOR
    found = select(MESSAGES.c.id).where(
        MESSAGES.c.conversation_id.in_(conversations),
        MESSAGES.c.outbound.is_(True),
        MESSAGES.c.kind.in_(NOTICES),
        MESSAGES.c.created_at.between(since, until),
        or_(*(MESSAGES.c.body.contains(word, autoescape=True) for word in words)),
    )
    return set(connection.execute(found).scalars())


def clear_mentions(database: Database, texts: Sequence[str]) -> int:
    """Replace numbers and ids wherever they stand, in all tables with people; return the number of rows.

    Each page is read, and written if need be, in a transaction of its own.
    """
    if not texts:
        return 0
    return sum(_clear_table(database, Base.metadata.tables[name], texts) for name in LINKS)


def _clear_table(database: Database, table: Table, texts: Sequence[str]) -> int:
    columns = [column for column in table.c if _holds_text(column)]
    if not columns:
        return 0
    with database.read() as connection:
        last = connection.execute(select(func.max(table.c.id))).scalar_one() or 0
    changed = 0
    for start in range(0, last, PAGE):
        with database.read() as connection:
            ids = _found(connection, table, columns, texts, start)
        for batch in (ids[at : at + BATCH] for at in range(0, len(ids), BATCH)):
            with database.write() as connection:
                changed += sum(_clear_row(connection, table, columns, texts, row_id) for row_id in batch)
    return changed


def _holds_text(column: Column[Any]) -> bool:
    is_text = isinstance(column.type, String | Text | JSON) or isinstance(
        getattr(column.type, "impl", None), String
    )
    return is_text and column.name not in _IDENTIFIERS


def _found(
    connection: Connection, table: Table, columns: Sequence[Column[Any]], texts: Sequence[str], start: int
) -> list[int]:
    holds = [sql_cast(column, Text).contains(text, autoescape=True) for column in columns for text in texts]
    which = (table.c.id > start, table.c.id <= start + PAGE, or_(*holds))
    return list(connection.execute(select(table.c.id).where(*which)).scalars())


def _clear_row(
    connection: Connection, table: Table, columns: Sequence[Column[Any]], texts: Sequence[str], row_id: int
) -> bool:
    row = connection.execute(select(*columns).where(table.c.id == row_id).with_for_update()).one_or_none()
    before = {} if row is None else dict(row._mapping)
    after = {name: _cleared(value, texts) for name, value in before.items()}
    changes = {name: value for name, value in after.items() if value != before[name]}
    if changes:
        connection.execute(update(table).where(table.c.id == row_id).values(changes))
    return bool(changes)


def _cleared(value: Any, texts: Sequence[str]) -> Any:
    """Return a value without the texts, where they stand alone and are not part of a longer number."""
    if isinstance(value, str):
        for text in texts:
            value = re.sub(rf"(?<![0-9A-Za-z]){re.escape(text)}(?![0-9A-Za-z])", LEFT, value)
        return value
    if isinstance(value, list):
        return [_cleared(item, texts) for item in value]
    if isinstance(value, dict):
        return {_cleared(key, texts): _cleared(item, texts) for key, item in value.items()}
    return value
