"""What the worker looks for again and again is found by an index: tables of years are not read for it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from storage.queries import helpdesk_items, outgoing

pytestmark = pytest.mark.sqlite_alone  # PostgreSQL reads a small table whole, whatever its indexes

NOW = datetime(2026, 11, 29, 11, tzinfo=UTC)
SWEEPS = {
    "messages": lambda connection: outgoing.forgotten(connection, NOW, 500),
    "mirror_items": lambda connection: helpdesk_items.contacts_waiting(connection, NOW, 50),
}


@pytest.mark.parametrize("table", SWEEPS)
def test_a_sweep_searches_its_table(database, table):
    asked = []
    with database.read() as connection:

        @event.listens_for(connection, "before_cursor_execute")
        def hear(_connection, _cursor, statement, parameters, _context, _many):
            asked.append((statement, parameters))

        SWEEPS[table](connection)
        [(statement, parameters)] = asked
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()

    steps = [step.detail for step in plan]
    assert any(step.startswith(f"SEARCH {table} ") for step in steps), steps
