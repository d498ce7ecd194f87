"""The accounts of the ledger: who a contact, a call or a written conversation is counted for.

A contact is an account; callers without a number are one account together, so that nobody gets another ceiling by
withholding it.
"""

from dataclasses import fields
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    bindparam,
    case,
    exists,
    literal,
    select,
)
from sqlalchemy import cast as sql_cast

from phone_numbers import WITHHELD
from storage.ledger.entries import OF_CONTACT, SIMULATED, TOTALS, WITHHELD_CALLERS, Account
from storage.models import IdentityKind
from storage.queries.calls import ConversationRecord
from storage.tables import CONTACTS, CONVERSATIONS, IDENTITIES

_JOINED = CONVERSATIONS.join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
_ID = sql_cast(CONTACTS.c.id, String)
_SHOWS_NO_NUMBER = and_(
    CONTACTS.c.address.startswith(WITHHELD),  # asked first: it spares most the look at their identities
    exists().where(IDENTITIES.c.contact_id == CONTACTS.c.id, IDENTITIES.c.kind == IdentityKind.WITHHELD),
)
"""Whose number is another person's by now has such an address too, and is somebody we know all the same."""
_NAME: ColumnElement[str] = case(
    (CONTACTS.c.simulated.is_(True), literal(SIMULATED).concat(_ID)),
    (_SHOWS_NO_NUMBER, literal(WITHHELD_CALLERS)),
    else_=literal(OF_CONTACT).concat(_ID),
)


def of_contact(connection: Connection, contact_id: int) -> Account:
    """Return the account of a contact."""
    return Account(*connection.execute(_OF_CONTACT, {"contact_id": contact_id}).one())


def of_conversation(connection: Connection, conversation_id: int) -> Account:
    """Return the account of a conversation's contact."""
    return Account(*connection.execute(_OF_CONVERSATION, {"conversation_id": conversation_id}).one())


def of_key(connection: Connection, key: str) -> Account | None:
    """Return the account of a conversation's contact, by its key; None if there is no such conversation."""
    row = connection.execute(_OF_KEY, {"key": key}).one_or_none()
    return None if row is None else Account(*row)


_ACCOUNT = select(_NAME, CONTACTS.c.id)
_OF_CONTACT = _ACCOUNT.where(CONTACTS.c.id == bindparam("contact_id"))
_OF_CONVERSATION = _ACCOUNT.select_from(_JOINED).where(CONVERSATIONS.c.id == bindparam("conversation_id"))
_OF_KEY = _ACCOUNT.select_from(_JOINED).where(CONVERSATIONS.c.key == bindparam("key"))


def conversation_with_use(
    connection: Connection, key: str, kind: str, hour: str, day: str
) -> tuple[ConversationRecord, Account, int, int] | None:
    """Return a conversation, its account, and what that has used of a kind in an hour and a day; None: no such one."""
    values = {"key": key, "kind": kind, "hour": hour, "day": day}
    row = connection.execute(_WITH_USE, values).one_or_none()
    if row is None:
        return None
    *record, account, contact_id, in_hour, in_day = row
    return ConversationRecord(*record), Account(account, contact_id), in_hour or 0, in_day or 0


def _used_in(period: str) -> Any:
    return (
        select(TOTALS.c.units)
        .where(
            TOTALS.c.account == _NAME,
            TOTALS.c.kind == bindparam("kind"),
            TOTALS.c.period == bindparam(period),
        )
        .correlate(CONTACTS)
        .scalar_subquery()
    )


_RECORD = tuple(CONVERSATIONS.c[field.name] for field in fields(ConversationRecord))
_WITH_USE = (
    select(*_RECORD, _NAME, CONTACTS.c.id, _used_in("hour"), _used_in("day"))
    .select_from(_JOINED)
    .where(CONVERSATIONS.c.key == bindparam("key"))
)
"""Executed for each turn, on the way to its first word, so one statement, built once."""
