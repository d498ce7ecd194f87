"""Puts messages into the words that the model is told, in which only what the program wrote is a mark."""

from datetime import datetime

from conversation.marks import mark, without_marks
from conversation.message_kinds import DELETED, DESCRIBED, EDIT
from storage.queries.messages import MessageRecord

NOT_PASSED_ON = mark("sent something that WhatsApp does not pass on")
LATE = "written {ago} ago, and received only now: begin with a word of apology for the delay"
LATE_MIN = 10


def told_late(message: MessageRecord, now: datetime) -> str:
    """Return what the model is told of a message that it answers now; of a late one, that it is late."""
    minutes = int((now - message.created_at).total_seconds() / 60)
    if minutes < LATE_MIN:
        return told(message)
    ago = f"{minutes // 60} hours" if minutes >= 120 else f"{minutes} minutes"
    return f"{mark(LATE.format(ago=ago))}\n{told(message)}"


def told(message: MessageRecord) -> str:
    """Return all of a message in words, its files too."""
    if message.kind == DELETED:
        return mark("took back a message")
    body = message.body if message.kind in DESCRIBED else without_marks(message.body)
    if message.kind == EDIT:
        body = f"{mark('changed an earlier message, which now says:')}\n{body}"
    return "\n".join(filter(None, [body, *(attachment.words for attachment in message.attachments)]))


def from_advertisement(words: str, kind: str, advertisement: str) -> tuple[str, str]:
    """Return a message's body and kind, with the advertisement that brought the person ("": none)."""
    if not advertisement:
        return words, kind
    said = words if kind in DESCRIBED else without_marks(words)
    return "\n".join(
        filter(None, [mark(f"came from an advertisement: {advertisement}"), said])
    ), "advertisement"
