"""Receipts that never came are asked for once each, however late the runs are that ask, and however they end."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from messaging import missed
from messaging.missed import EVERY, RECEIPT_DUE, MissedMessages
from messaging.providers.base import Channels
from messaging.receipts import Receipts
from messaging.sending.outbox import Outbox
from storage.models import Message, MessageStatus
from storage.queries import contacts, outgoing
from tests.fakes.twilio.server import FakeTwilio, Refuse
from tests.integrations.twilio.messages import client

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SIDS = ["SM" + digit * 32 for digit in "123"]


class Clock:
    now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def twilio():
    """Twilio, which knows none of our messages any more."""
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def fetch(database, work, twilio, clock):
    """Ask for receipts, as a worker does that has just started."""
    receipts = Receipts(database, Outbox(database, work, Channels(), clock=clock), clock=clock)
    asks = MissedMessages(database, client(twilio), None, receipts, our_address=None, clock=clock)
    return lambda: asks.fetch({})


@pytest.fixture
def send(database):
    """Keep a message that was sent at a time."""

    def keep(sid, at):
        with database.write() as connection:
            chat = contacts.recipient_for(connection, "+34600000001", at).conversation_id
            message = outgoing.add_outbound(connection, chat, "text", "Hola", at, MessageStatus.SENT)
            connection.execute(update(Message).where(Message.id == message).values(sid=sid))

    return keep


def asked(twilio):
    return [request.path.rpartition("/")[2].removesuffix(".json") for request in twilio.requests]


@pytest.mark.both_databases
def test_one_that_falls_due_between_two_runs_is_asked_for_however_late_the_second_comes(
    fetch, send, twilio, clock
):
    fetch()
    send(SIDS[0], NOON - RECEIPT_DUE + timedelta(seconds=1))
    clock.now += EVERY + timedelta(minutes=1)

    fetch()
    fetch()

    assert asked(twilio) == SIDS[:1]


def test_one_that_could_not_be_asked_for_is_asked_for_again(fetch, send, twilio, clock):
    send(SIDS[0], NOON - timedelta(hours=1))
    twilio.fail(Refuse(503, 20500))

    fetch()
    clock.now += EVERY
    fetch()
    fetch()

    assert asked(twilio) == [SIDS[0], SIDS[0]]


def test_of_more_than_are_asked_for_at_once_the_next_run_asks_for_the_rest(fetch, send, twilio, monkeypatch):
    monkeypatch.setattr(missed, "MOST_ASKED", 2)
    for number, sid in enumerate(SIDS):
        send(sid, NOON - timedelta(hours=1) + timedelta(minutes=number))

    for _ in range(3):
        fetch()

    assert asked(twilio) == SIDS
