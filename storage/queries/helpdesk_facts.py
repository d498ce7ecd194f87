"""Queries for what is known of the connected Chatwoot: the number of its inbox, whom it has by name."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from storage.models import HelpdeskFact
from storage.tables import HELPDESK_FACTS
from storage.upsert import insert_once


def note_fact(connection: Connection, fact: str, now: datetime) -> None:
    """Store a fact, and when it was found. fact: at most 160 characters."""
    if insert_once(connection, HelpdeskFact, fact=fact, found_at=now) is None:
        connection.execute(update(HELPDESK_FACTS).where(HELPDESK_FACTS.c.fact == fact).values(found_at=now))


def is_fact(connection: Connection, fact: str, since: datetime | None = None) -> bool:
    """Return whether a fact is known. since: and was found after that."""
    found = select(HELPDESK_FACTS.c.id).where(HELPDESK_FACTS.c.fact == fact)
    if since is not None:
        found = found.where(HELPDESK_FACTS.c.found_at > since)
    return connection.execute(found).first() is not None
