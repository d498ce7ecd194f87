"""Queries for Chatwoot's events, in the order in which they happened there.

They are stored with the accepted webhooks, under a source of each conversation's own.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from storage import locks
from storage.base import UtcDateTime
from storage.queries.webhook_events import take_event
from storage.tables import WEBHOOK_EVENTS

SOURCE = "chatwoot"
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def take_in_order(
    connection: Connection, conversation_id: int, what: str, at: datetime, now: datetime
) -> bool:
    """Accept an event of a conversation; return False if it, or a later one, was accepted before.

    at: by Chatwoot's clock. what: at most 100 characters, to tell events of the same moment apart.
    """
    locks.hold(connection, f"{SOURCE}:{conversation_id}")
    source, moment = f"{SOURCE}:{conversation_id}", f"{(at - _EPOCH) // timedelta(microseconds=1):020d}"
    is_new = take_event(connection, source, f"{moment}:{what}", now)
    newest = select(func.max(WEBHOOK_EVENTS.c.key)).where(WEBHOOK_EVENTS.c.source == source)
    return is_new and str(connection.execute(newest).scalar_one())[:20] <= moment


def last_webhook_at(connection: Connection) -> datetime | None:
    """Return the time of the last Chatwoot event that we acted upon."""
    newest = select(func.max(WEBHOOK_EVENTS.c.received_at, type_=UtcDateTime())).where(
        WEBHOOK_EVENTS.c.source.like(f"{SOURCE}%")
    )
    found: datetime | None = connection.execute(newest).scalar_one()
    return found
