"""Queries for accepted webhooks, and for what else happens once: a link is used up, a session ends."""

from datetime import datetime
from typing import cast

from sqlalchemy import Connection, Table, delete, select

from storage.models import WebhookEvent
from storage.upsert import insert_once

_EVENTS = cast(Table, WebhookEvent.__table__)


def take_event(connection: Connection, source: str, key: str, now: datetime) -> bool:
    """Accept a webhook in the caller's transaction; return False if it came before. key: at most 160 characters."""
    return insert_once(connection, WebhookEvent, source=source, key=key, received_at=now) is not None


def has_come(connection: Connection, source: str, key: str) -> bool:
    """Return whether it was accepted before."""
    found = select(_EVENTS.c.key).where(_EVENTS.c.source == source, _EVENTS.c.key == key)
    return connection.execute(found).first() is not None


def forget_events(connection: Connection, before: datetime) -> int:
    """Delete webhooks accepted before a time; return their number."""
    return connection.execute(delete(_EVENTS).where(_EVENTS.c.received_at < before)).rowcount
