"""Rows as they are kept, and what is shown of them."""

from datetime import UTC, datetime

from people.helpdesk.phrases import helpdesk_phrases
from storage.queries import contacts, messages
from storage.queries.contacts import Sender
from storage.queries.messages import NewMessage

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANA = "+34600000001"
WORDS = helpdesk_phrases("es-ES")


def a_message(connection, body="", attachments=(), *, sid="SM1", simulated=False, provider="twilio"):
    sender = Sender(ANA, f"whatsapp:{ANA}", "Ana", simulated, provider=provider)
    recipient = contacts.conversation_with(connection, sender, "whatsapp:+12025550100", NOW)
    new = NewMessage(sid, "text", body, "whatsapp:+12025550100", attachments=tuple(attachments))
    return recipient, messages.keep_inbound(connection, recipient.conversation_id, new, body, NOW)
