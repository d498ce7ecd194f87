"""The query for unsent messages to simulated contacts."""

from sqlalchemy import Connection, select

from phone_numbers import matching_number
from storage.identities.finding import contacts_of_number
from storage.models import MessageStatus
from storage.tables import CONTACTS, CONVERSATIONS, MESSAGES


def waits_for(connection: Connection, number: str) -> int | None:
    """Return the conversation in which a message to a simulated contact (E.164) waits; None: none does."""
    theirs = (
        select(CONVERSATIONS.c.id)
        .join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
        .join(MESSAGES, MESSAGES.c.conversation_id == CONVERSATIONS.c.id)
        .where(CONTACTS.c.id.in_(contacts_of_number(matching_number(number))), CONTACTS.c.simulated.is_(True))
        .where(CONVERSATIONS.c.channel == "whatsapp", MESSAGES.c.status == MessageStatus.WAITING)
    )
    return connection.scalar(theirs.limit(1))
