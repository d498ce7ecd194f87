"""The kind of every table, and which of its rows are a person's. A table that is not named here fails a test."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, LargeBinary, Select, Table, func, or_, select

import phone_numbers
from storage.base import Base
from storage.models import IdentityKind, TurnKind
from storage.reports.browser_sessions import BrowserPhone
from storage.tables import (
    CAMPAIGN_RECIPIENTS,
    CONTACTS,
    CONVERSATIONS,
    HANDOFFS,
    IDENTITIES,
    MESSAGES,
    OFFERS,
    TURNS,
)

_PHONES = cast(Table, BrowserPhone.__table__)
_RECIPIENTS = CAMPAIGN_RECIPIENTS.c

ERASED = TurnKind.ERASED.value
"""The kind of a turn and of a message whose words are gone, and their counts kept."""
ERASED_ADDRESS = phone_numbers.ERASED

Ids = Sequence[int]


class Kept(StrEnum):
    """How long a table's rows are kept."""

    WITH_THEM = "with them"  # as long as the person has a conversation
    WORDS = "words"  # its words for KEEP_DAYS; a row without them stays, to be counted
    KEEP_DAYS = "keep days"  # for KEEP_DAYS
    MONTH = "month"  # for BOOKKEPT of aging.py: nothing needs it afterwards
    DAY = "day"  # for a day
    LEDGER = "ledger"  # for as long as conversation/ledger.py says: counts by the id of a contact
    ALWAYS = "always"  # it holds nothing of customers, or hashes alone


KEPT: dict[str, Kept] = {
    "contacts": Kept.WITH_THEM,
    "identities": Kept.WITH_THEM,
    "merges": Kept.WITH_THEM,
    "conversations": Kept.WORDS,
    "calls": Kept.WORDS,
    "turns": Kept.WORDS,
    "messages": Kept.WORDS,
    "handoffs": Kept.WORDS,
    "campaign_recipients": Kept.WORDS,
    "offers": Kept.KEEP_DAYS,
    "prompts": Kept.KEEP_DAYS,
    "served": Kept.MONTH,
    "tool_runs": Kept.MONTH,
    "mirrors": Kept.WITH_THEM,
    "mirror_items": Kept.MONTH,
    "webhook_events": Kept.MONTH,
    "browser_phones": Kept.DAY,
    "browser_commands": Kept.DAY,
    "browser_events": Kept.DAY,
    "campaign_drafts": Kept.DAY,
    "erasure_tasks": Kept.MONTH,
    "login_tries": Kept.MONTH,
    "ledger": Kept.LEDGER,
    "ledger_entries": Kept.LEDGER,
    "erasures": Kept.ALWAYS,
    "campaigns": Kept.ALWAYS,
    "paces": Kept.ALWAYS,
    "worker_slots": Kept.ALWAYS,
    "processes": Kept.ALWAYS,
    "model_failures": Kept.ALWAYS,
    "helpdesk_facts": Kept.ALWAYS,
}


def _conversations(ids: Ids) -> Select[Any]:
    return select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.contact_id.in_(ids))


def _turns(ids: Ids) -> Select[Any]:
    return select(TURNS.c.id).where(TURNS.c.conversation_id.in_(_conversations(ids)))


def _handoffs(ids: Ids) -> Select[Any]:
    return select(HANDOFFS.c.id).where(HANDOFFS.c.conversation_id.in_(_conversations(ids)))


def _notices(ids: Ids) -> Select[Any]:
    told = OFFERS.c.message_id.is_not(None)
    return select(OFFERS.c.message_id).where(told, OFFERS.c.handoff_id.in_(_handoffs(ids)))


def _phones(ids: Ids) -> Select[Any]:
    mine = CONTACTS.c.id.in_(ids)
    numbers = (CONTACTS.c.address, func.replace(CONTACTS.c.whatsapp_address, "whatsapp:", ""))
    return select(_PHONES.c.id).where(
        or_(*(_PHONES.c.number.in_(select(number).where(mine, number != "")) for number in numbers))
    )


def _on_lists(ids: Ids) -> Select[Any]:
    """Return the recipients of campaigns that contacts are, written to or not yet."""
    numbers = select(IDENTITIES.c.value).where(
        IDENTITIES.c.contact_id.in_(ids),
        IDENTITIES.c.kind == IdentityKind.PHONE,
        IDENTITIES.c.retired_at.is_(None),
        IDENTITIES.c.simulated.is_(False),
    )
    return select(_RECIPIENTS.id).where(
        or_(_RECIPIENTS.conversation_id.in_(_conversations(ids)), _RECIPIENTS.found_by.in_(numbers))
    )


def _in_conversations(table: str) -> Callable[[Ids], ColumnElement[bool]]:
    return lambda ids: _column(table, "conversation_id").in_(_conversations(ids))


def _of_contact(table: str) -> Callable[[Ids], ColumnElement[bool]]:
    return lambda ids: _column(table, "contact_id").in_(ids)


def _column(table: str, name: str) -> ColumnElement[Any]:
    return Base.metadata.tables[table].c[name]


LINKS: dict[str, Callable[[Ids], ColumnElement[bool]]] = {
    "contacts": lambda ids: CONTACTS.c.id.in_(ids),
    "identities": _of_contact("identities"),
    "merges": lambda ids: or_(
        _column("merges", "from_contact_id").in_(ids), _column("merges", "to_contact_id").in_(ids)
    ),
    "conversations": _of_contact("conversations"),
    "calls": _in_conversations("calls"),
    "turns": _in_conversations("turns"),
    "prompts": _in_conversations("prompts"),
    "served": lambda ids: _column("served", "turn_id").in_(_turns(ids)),
    "tool_runs": lambda ids: _column("tool_runs", "turn_id").in_(_turns(ids)),
    "messages": lambda ids: or_(
        MESSAGES.c.conversation_id.in_(_conversations(ids)), MESSAGES.c.id.in_(_notices(ids))
    ),
    "handoffs": _in_conversations("handoffs"),
    "offers": lambda ids: OFFERS.c.handoff_id.in_(_handoffs(ids)),
    "campaign_recipients": lambda ids: _RECIPIENTS.id.in_(_on_lists(ids)),
    "mirrors": _of_contact("mirrors"),
    "mirror_items": _of_contact("mirror_items"),
    "browser_phones": lambda ids: _PHONES.c.id.in_(_phones(ids)),
    "browser_commands": lambda ids: _column("browser_commands", "phone_id").in_(_phones(ids)),
    "browser_events": lambda ids: _column("browser_events", "phone_id").in_(_phones(ids)),
}
"""The rows of contacts, by table, in the order in which they are told."""
WITHOUT_PEOPLE = {
    "webhook_events": "ids of webhooks, which are forgotten after two weeks",
    "erasures": "keyed hashes",
    "erasure_tasks": "what an erasure is about, until it is done",
    "login_tries": "addresses that browsers of operators logged in from",
    "ledger": "what was counted, by a contact's id",
    "ledger_entries": "what was counted, by the ids of turns, messages and handoffs",
    "campaigns": "what is written to many",
    "campaign_drafts": "lists that were sent in, of which any may name them: whoever is erased, all of these are",
    "paces": "our own numbers",
    "worker_slots": "our own processes",
    "processes": "the same",
    "model_failures": "since when our model fails",
    "helpdesk_facts": "numbers of inboxes, and ids of contacts until they are erased",
}
"""Tables that hold no customer, and what they hold."""

_NOT_THEIRS = {"turns": {"owner", "epoch", "beat_at"}, "offers": {"seller"}}
"""Columns about our processes and our people."""


def rows_of(connection: Connection, table: str, contact_ids: Ids) -> list[dict[str, Any]]:
    """Return everything that a table holds about contacts, without the bytes of files."""
    columns = Base.metadata.tables[table].c
    left_out = _NOT_THEIRS.get(table, set())
    chosen = [
        column
        for column in columns
        if column.name not in left_out and not isinstance(column.type, LargeBinary)
    ]
    rows = connection.execute(select(*chosen).where(LINKS[table](contact_ids)).order_by(columns["id"]))
    return [dict(row._mapping) for row in rows]


def count_of(connection: Connection, table: str, contact_ids: Ids) -> int:
    """Return how many rows of a table are about contacts."""
    counted = select(func.count()).select_from(Base.metadata.tables[table])
    return int(connection.execute(counted.where(LINKS[table](contact_ids))).scalar_one())
