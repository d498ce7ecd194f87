"""Every column of a row that loses its words by age: it is emptied, or named here as one that is counted or ours."""

from datetime import timedelta

import pytest
from sqlalchemy import JSON, DateTime, String, select, update

from storage.base import CutString, UtcDateTime
from storage.models import Call, Handoff, Message, Turn
from tests.people.privacy.conftest import NOW
from tests.people.privacy.rows import Rows

KEPT = {
    "messages": {
        "id", "conversation_id", "turn_id", "part", "outbound", "status", "error_code", "created_at", "changed_at",
        "tries", "recipient_id", "price", "currency",
    },
    "turns": {
        "id", "conversation_id", "number", "confidence", "state", "ending", "failures", "owner", "epoch", "beat_at",
        "heard_upto", "model", "prompt_tokens", "completion_tokens", "first_token_ms", "first_sentence_ms",
        "created_at", "finished_at",
    },
    "handoffs": {
        "id", "conversation_id", "turn_number", "source", "state", "owner", "owned_at", "created_at", "updated_at",
    },
    "calls": {
        "id", "call_sid", "conversation_id", "direction", "transferred_at", "dial_ended_at", "status", "answered_by",
        "duration_s", "started_at", "answered_at", "ended_at", "recipient_id", "price", "currency",
    },
}  # fmt: skip
"""What stays: numbers of other rows, what is counted, and times."""


@pytest.mark.parametrize("model", [Message, Turn, Handoff, Call])
def test_what_stays_of_an_old_row_is_named(database, rows, sweep, model):
    rows.everything()
    young = Rows(database, NOW + timedelta(days=20))  # so that the contact stays
    with database.read() as connection:
        chat = connection.execute(select(Message.conversation_id)).scalars().first()
    young.message(chat, body="ventanas", attachments=[])
    fill(database, model)
    [before, *_] = all_rows(database, model)

    sweep(31)

    [after] = [row for row in all_rows(database, model) if row["id"] == before["id"]]
    assert {name for name, value in after.items() if value == before[name]} == KEPT[model.__tablename__]


def fill(database, model):
    """Put something into each column that is empty."""
    table = model.__table__
    for row in all_rows(database, model):
        values = {
            column.name: something(column, row["id"]) for column in table.c if row[column.name] in (None, "")
        }
        with database.write() as connection:
            connection.execute(update(table).where(table.c.id == row["id"]).values(values))


def something(column, row_id):
    if column.foreign_keys:
        return None
    if isinstance(column.type, UtcDateTime | DateTime):
        return NOW
    if isinstance(column.type, JSON):
        return ["azulejos"]
    if isinstance(column.type, String | CutString):
        return f"azulejos{row_id}"[: column.type.length]
    return row_id


def all_rows(database, model):
    with database.read() as connection:
        table = model.__table__
        return [dict(row._mapping) for row in connection.execute(select(table).order_by(table.c.id))]
