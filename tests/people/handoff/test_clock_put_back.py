"""What happened before the clock was put back keeps nobody waiting for that time to pass again."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from conversation.handoff import Request, hand_off
from conversation.handoff_states import Event, State
from conversation.ledger import Ledger
from conversation.phrases import catalogue_for
from messaging.providers.base import Channels
from messaging.sending.outbox import Outbox
from people.handoff.offering import HandoffPolicy
from people.handoff.sellers import sellers_of
from people.handoff.service import Handoffs
from storage.models import Handoff, Offer
from storage.queries import contacts
from tests.records import every, the_only

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SELLERS = ("+34600000011", "+34600000012")
WORDS = catalogue_for("es")


class NoQueue:
    def enqueue(self, connection, job, payload, **options):
        pass


class Clock:
    now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def offer(database, clock):
    """Look at a handoff, which is offered to the first seller."""
    policy = HandoffPolicy(
        sellers_of(SELLERS), WORDS.sellers, WORDS.customers, "es-ES", ZoneInfo("Europe/Madrid"),
        timedelta(minutes=5), timedelta(hours=12),
    )  # fmt: skip
    outbox = Outbox(database, NoQueue(), Channels(), clock=clock)
    handoffs = Handoffs(
        database, NoQueue(), policy, ledger=Ledger(ZoneInfo("Europe/Madrid")), writer=outbox, clock=clock
    )
    with database.write() as connection:
        chat = contacts.recipient_for(connection, "+34600000001", NOON).conversation_id
        handoff = hand_off(connection, handoffs, chat, 1, Request("queja"), NOON)
    offer = lambda: handoffs.offer({"handoff_id": handoff.id})  # noqa: E731
    offer.handoffs, offer.id = handoffs, handoff.id
    return offer


def test_who_took_it_has_it_for_no_year(database, offer, clock):
    with database.write() as connection:
        offer.handoffs.happened(connection, offer.id, Event.TAKEN, NOON, by=SELLERS[0])

    clock.now = NOON - timedelta(hours=1)  # they are at it: an hour more does nobody harm
    offer()
    assert the_only(database, Handoff).state == State.OWNED

    clock.now = NOON - timedelta(days=365)
    offer()
    assert the_only(database, Handoff).state == State.CLOSED


def test_the_next_seller_is_asked_in_time(database, offer, clock):
    offer()
    clock.now = NOON + timedelta(minutes=4)
    offer()
    assert len(every(database, Offer)) == 1

    clock.now = NOON - timedelta(hours=1)
    offer()

    assert [each.seller for each in every(database, Offer)] == list(SELLERS)
