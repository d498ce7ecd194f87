"""What is known of the connected Chatwoot outlives the webhooks that it was learned from."""

from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import text

from jobs.migrate import run_alembic
from people.helpdesk.read_receipts import REFUSED_FOR, is_refused
from storage.queries import helpdesk_events
from storage.queries.helpdesk_facts import is_fact, note_fact
from storage.queries.webhook_events import forget_events, take_event

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
INBOX = "inbox:abc:7"


def test_an_inbox_is_known_after_its_webhooks_are_forgotten(database):
    with database.write() as connection:
        take_event(connection, "chatwoot", "1", NOW)
        note_fact(connection, INBOX, NOW)
        note_fact(connection, INBOX, NOW)

        assert forget_events(connection, NOW + timedelta(days=15)) == 1

        assert is_fact(connection, INBOX)
        assert not is_fact(connection, "inbox:abc:8")


def test_a_refusal_is_believed_for_a_while_and_again_once_it_is_repeated(database):
    with database.write() as connection:
        note_fact(connection, "no-receipts:1", NOW)
        assert is_refused(connection, "no-receipts:1", NOW + timedelta(days=1))
        later = NOW + REFUSED_FOR + timedelta(days=1)
        assert not is_refused(connection, "no-receipts:1", later)

        note_fact(connection, "no-receipts:1", later)

        assert is_refused(connection, "no-receipts:1", later)


def test_what_was_known_before_stays_known(database, database_url):
    run_alembic(database_url, command.downgrade, "0013")
    with database.write() as connection:
        take_event(connection, "chatwoot-fact", INBOX, NOW)
        take_event(connection, "chatwoot", "1", NOW - timedelta(days=1))

    run_alembic(database_url, command.upgrade, "head")

    with database.read() as connection:
        assert is_fact(connection, INBOX)
        assert connection.scalar(text("SELECT count(*) FROM webhook_events")) == 1
        assert helpdesk_events.last_webhook_at(connection) == NOW - timedelta(days=1)
