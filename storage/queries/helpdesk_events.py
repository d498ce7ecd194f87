"""Queries for Chatwoot's events, in the order in which they happened there.

They are stored with the accepted webhooks, under a source of each conversation's own.
"""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, Table, func, select

from storage.base import UtcDateTime
from storage.models import WebhookEvent
from storage.queries.webhook_events import take_event

SOURCE = "chatwoot"
_FACTS = "chatwoot-fact"
_EVENTS = cast(Table, WebhookEvent.__table__)
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def take_in_order(
    connection: Connection, conversation_id: int, what: str, at: datetime, now: datetime
) -> bool:
    """Accept an event of a conversation; return False if it, or a later one, was accepted before.

    at: by Chatwoot's clock. what: at most 100 characters, to tell events of the same moment apart.
    """
    source, moment = f"{SOURCE}:{conversation_id}", f"{(at - _EPOCH) // timedelta(microseconds=1):020d}"
    is_new = take_event(connection, source, f"{moment}:{what}", now)
    newest = select(func.max(_EVENTS.c.key)).where(_EVENTS.c.source == source)
    return is_new and str(connection.execute(newest).scalar_one())[:20] <= moment


def note_fact(connection: Connection, fact: str, now: datetime) -> None:
    """Store a fact about the connected Chatwoot. fact: at most 160 characters."""
    take_event(connection, _FACTS, fact, now)


def is_fact(connection: Connection, fact: str) -> bool:
    """Return whether a fact about the connected Chatwoot is known."""
    found = select(_EVENTS.c.id).where(_EVENTS.c.source == _FACTS, _EVENTS.c.key == fact)
    return connection.execute(found).first() is not None


def last_webhook_at(connection: Connection) -> datetime | None:
    """Return the time of the last Chatwoot event that we acted upon."""
    newest = select(func.max(_EVENTS.c.received_at, type_=UtcDateTime())).where(
        _EVENTS.c.source.like(f"{SOURCE}%"), _EVENTS.c.source != _FACTS
    )
    found: datetime | None = connection.execute(newest).scalar_one()
    return found
