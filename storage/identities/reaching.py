"""Selects the number by which a contact is reached: as it came, never the form by which they are found.

Of somebody without a number it is what stands for one in `Contact.address`; see `phone_numbers.shown_number`.
"""

from sqlalchemy import ColumnElement, String, case, func, select, type_coerce

from storage.models import IdentityKind
from storage.tables import CALLS, CONTACTS, CONVERSATIONS, IDENTITIES

_WRITES_FROM = func.nullif(func.replace(CONTACTS.c.whatsapp_address, "whatsapp:", ""), "")
_GIVEN = (
    select(IDENTITIES.c.written_as)
    .where(
        IDENTITIES.c.contact_id == CONTACTS.c.id,
        IDENTITIES.c.kind == IdentityKind.PHONE,
        IDENTITIES.c.value == CONTACTS.c.address,
        IDENTITIES.c.retired_at.is_(None),
    )
    .limit(1)
    .correlate(CONTACTS)
    .scalar_subquery()
)
_CALLS_FROM = (
    select(case((CALLS.c.direction == "inbound", CALLS.c.from_number), else_=CALLS.c.to_number))
    .where(CALLS.c.conversation_id == CONVERSATIONS.c.id)
    .limit(1)
    .correlate(CONVERSATIONS)
    .scalar_subquery()
)
_HAS_NUMBER = CONTACTS.c.address.like("+%")


def _text(expression: ColumnElement[str]) -> ColumnElement[str]:
    return type_coerce(expression, String)


REACHED_BY = _text(
    case(
        (_HAS_NUMBER, func.coalesce(_WRITES_FROM, func.nullif(_GIVEN, ""), CONTACTS.c.address)),
        else_=CONTACTS.c.address,
    )
)
"""Of a contact, in a statement with `contacts`."""
REACHED_IN = _text(
    case(
        (
            _HAS_NUMBER & (CONVERSATIONS.c.channel == "phone"),
            func.coalesce(func.nullif(_CALLS_FROM, ""), REACHED_BY),
        ),
        else_=REACHED_BY,
    )
)
"""Of a conversation's contact, in a statement with both: the number of a call is the one that called or was called."""
