"""The query for unsent messages to simulated contacts."""

from typing import cast

from sqlalchemy import Connection, Table, select

from storage.models import Contact, Conversation, Message, MessageStatus

_CONTACTS = cast(Table, Contact.__table__)
_CONVERSATIONS = cast(Table, Conversation.__table__)
_MESSAGES = cast(Table, Message.__table__)


def waits_for(connection: Connection, number: str) -> int | None:
    """Return the conversation in which a message to a simulated contact (E.164) waits; None: none does."""
    theirs = (
        select(_CONVERSATIONS.c.id)
        .join(_CONTACTS, _CONTACTS.c.id == _CONVERSATIONS.c.contact_id)
        .join(_MESSAGES, _MESSAGES.c.conversation_id == _CONVERSATIONS.c.id)
        .where(_CONTACTS.c.address == number, _CONTACTS.c.simulated.is_(True))
        .where(_CONVERSATIONS.c.channel == "whatsapp", _MESSAGES.c.status == MessageStatus.WAITING)
    )
    return connection.scalar(theirs.limit(1))
