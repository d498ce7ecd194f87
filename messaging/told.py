"""Puts messages into the words that the model is told, in which only what the program wrote is a mark."""

from conversation.marks import without_marks
from storage.queries.messages import MessageRecord

DESCRIBED = frozenset({"location", "contacts", "reaction"})
"""Kinds of messages whose body the program wrote from what it holds, marks and all."""


def told(message: MessageRecord) -> str:
    """Return all of a message in words, its files too."""
    body = message.body if message.kind in DESCRIBED else without_marks(message.body)
    return "\n".join(filter(None, [body, *(attachment.words for attachment in message.attachments)]))
