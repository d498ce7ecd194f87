"""Obeys the wish of somebody on the phone that we neither call nor write of our own accord."""

from datetime import datetime

from sqlalchemy import Connection

from storage.campaigns import campaign_calls
from storage.queries import contacts

OUTCOME = "opt-out"
"""The outcome of a campaign's call that ended so."""


def opt_out(connection: Connection, conversation_id: int, now: datetime) -> None:
    """Record that the person of a call wants nothing more of our own accord, on the phone or on WhatsApp."""
    contact_id = campaign_calls.contact_of(connection, conversation_id)
    if contact_id is not None:
        contacts.opt_out(connection, contact_id, now)
        campaign_calls.note_outcome(connection, conversation_id, OUTCOME, now)
