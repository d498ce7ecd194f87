"""Queries for conversations in the terminal, and for the words of any conversation."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from phone_numbers import MatchingNumber
from storage.identities.finding import contacts_of_number
from storage.models import Contact, Conversation, Turn
from storage.queries.calls import ConversationRecord, find_conversation
from storage.upsert import insert_once

CHANNEL = "chat"
ADDRESS = "terminal"
"""The address of the terminal's user, known on no other channel."""


@dataclass(frozen=True, slots=True)
class SaidRecord:
    """The utterance and the answer of a turn."""

    created_at: datetime
    channel: str
    heard: str
    sentences: list[str]


def new_key() -> str:
    """Return an unused conversation key."""
    return f"{CHANNEL}:{secrets.token_hex(8)}"


def open_chat(connection: Connection, key: str, now: datetime) -> ConversationRecord:
    """Return a conversation of the terminal, created if it is new."""
    insert_once(
        connection, Contact, address=ADDRESS, simulated=True, name="", whatsapp_address="", created_at=now
    )
    contact_id = connection.execute(
        select(Contact.id).where(Contact.address == ADDRESS, Contact.simulated.is_(True))
    ).scalar_one()
    insert_once(
        connection, Conversation, key=key, contact_id=contact_id, channel=CHANNEL, background="", summary="",
        summary_upto=0, topic="", our_address="", created_at=now,
    )  # fmt: skip
    found = find_conversation(connection, key)
    assert found is not None
    return found


def newest_chat(connection: Connection) -> str | None:
    """Return the key of the terminal's last conversation."""
    return connection.execute(
        select(Conversation.key)
        .where(Conversation.channel == CHANNEL)
        .order_by(Conversation.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def said_in(connection: Connection, key: str, limit: int) -> list[SaidRecord]:
    """Return the last turns of a conversation, oldest first."""
    return _said(connection, limit, Conversation.key == key)


def said_with(connection: Connection, number: MatchingNumber, limit: int) -> list[SaidRecord]:
    """Return the last turns with a person on every channel, oldest first."""
    return _said(connection, limit, Contact.id.in_(contacts_of_number(number)))


def _said(connection: Connection, limit: int, which: Any) -> list[SaidRecord]:
    rows = connection.execute(
        select(Turn.created_at, Conversation.channel, Turn.heard, Turn.sentences)
        .join(Conversation, Conversation.id == Turn.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(which)
        .order_by(Turn.id.desc())
        .limit(limit)
    ).all()
    return [SaidRecord(*row) for row in reversed(rows)]
