"""Two handoffs at the same moment: each is offered to whoever has waited longest, the second knowing of the first."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from conversation.handoff import Request, hand_off
from conversation.ledger import Ledger
from conversation.phrases import catalogue_for
from messaging.providers.base import Channels
from messaging.sending.outbox import Outbox
from people.handoff.offering import HandoffPolicy
from people.handoff.sellers import sellers_of
from people.handoff.service import Handoffs
from storage.models import Offer
from storage.queries import contacts
from tests.records import every
from tests.waiting import is_anyone_blocked, wait_until

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SELLERS = ("+34600000011", "+34600000012")
WORDS = catalogue_for("es")


class NoQueue:
    def enqueue(self, connection, job, payload, **options):
        pass


@pytest.fixture
def handoffs(postgres_database):
    policy = HandoffPolicy(
        sellers_of(SELLERS), WORDS.sellers, WORDS.customers, "es-ES", ZoneInfo("Europe/Madrid"),
        timedelta(minutes=5), timedelta(hours=12),
    )  # fmt: skip
    outbox = Outbox(postgres_database, NoQueue(), Channels(), clock=lambda: NOON)
    return Handoffs(
        postgres_database,
        NoQueue(),
        policy,
        ledger=Ledger(ZoneInfo("Europe/Madrid")),
        writer=outbox,
        clock=lambda: NOON,
    )


@pytest.fixture
def asked(postgres_database, handoffs):
    """Two handoffs of two customers; return their ids."""
    ids = []
    with postgres_database.write() as connection:
        for number in ("+34600000001", "+34600000002"):
            chat = contacts.recipient_for(connection, number, NOON).conversation_id
            ids.append(hand_off(connection, handoffs, chat, 1, Request("queja"), NOON).id)
        for number in SELLERS:
            contacts.recipient_for(connection, number, NOON)  # so that writing to them waits for nobody
    return ids


def test_two_handoffs_at_once_go_to_two_sellers(postgres_database, handoffs, asked):
    others = []

    def begin_other(_connection, clause, *_):
        if not others and "INSERT INTO offers" in str(clause):
            others.append(pool.submit(handoffs.offer, {"handoff_id": asked[1]}))
            wait_until(lambda: others[0].done() or is_anyone_blocked(postgres_database))

    with ThreadPoolExecutor(1) as pool:
        event.listen(postgres_database.engine, "before_execute", begin_other)
        handoffs.offer({"handoff_id": asked[0]})
        others[0].result()

    assert sorted(offer.seller for offer in every(postgres_database, Offer)) == sorted(SELLERS)
