"""Queries for accepted webhooks, and for what else happens once: a link is used up, a session ends."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, or_, select, update

from storage.base import SKEW
from storage.models import WebhookEvent
from storage.tables import WEBHOOK_EVENTS
from storage.upsert import insert_once


def take_event(connection: Connection, source: str, key: str, now: datetime) -> bool:
    """Accept a webhook in the caller's transaction; return False if it came before. key: at most 160 characters."""
    return insert_once(connection, WebhookEvent, source=source, key=key, received_at=now) is not None


def take_event_within(
    connection: Connection, source: str, key: str, now: datetime, within: timedelta
) -> bool:
    """Accept an event in the caller's transaction; return False if it came within that time before.

    A time well ahead was stored before the clock was put back, and counts as long gone.
    """
    if take_event(connection, source, key, now):
        return True
    again = update(WEBHOOK_EVENTS).where(
        WEBHOOK_EVENTS.c.source == source,
        WEBHOOK_EVENTS.c.key == key,
        or_(WEBHOOK_EVENTS.c.received_at <= now - within, WEBHOOK_EVENTS.c.received_at > now + within + SKEW),
    )
    return connection.execute(again.values(received_at=now)).rowcount == 1


def has_come(connection: Connection, source: str, key: str) -> bool:
    """Return whether it was accepted before."""
    found = select(WEBHOOK_EVENTS.c.key).where(WEBHOOK_EVENTS.c.source == source, WEBHOOK_EVENTS.c.key == key)
    return connection.execute(found).first() is not None


def forget_event(connection: Connection, source: str, key: str) -> None:
    """Take back that an event was accepted."""
    connection.execute(
        delete(WEBHOOK_EVENTS).where(WEBHOOK_EVENTS.c.source == source, WEBHOOK_EVENTS.c.key == key)
    )


def forget_events(connection: Connection, before: datetime) -> int:
    """Delete webhooks accepted before a time; return their number."""
    return connection.execute(delete(WEBHOOK_EVENTS).where(WEBHOOK_EVENTS.c.received_at < before)).rowcount
