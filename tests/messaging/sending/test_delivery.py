"""Notices count among what the business begins in a day, and go out whatever its ceiling."""

from zoneinfo import ZoneInfo

import pytest

from conversation.daily_ceilings import DailyCeilings, Limit
from conversation.message_kinds import NOTICE
from integrations.twilio.messages import TwilioMessages
from messaging.providers.twilio import TwilioProvider
from messaging.sending.delivery import Delivery
from phone_numbers import ReachAddress
from storage.base import utc_now
from storage.models import LedgerTotal, MessageStatus
from storage.queries import contacts, messages, outgoing
from tests.fakes.twilio.server import FakeTwilio
from tests.records import every

pytestmark = pytest.mark.both_databases


@pytest.fixture
def twilio():
    with FakeTwilio() as fake:
        yield fake


@pytest.fixture
def deliver(database, twilio):
    rest = TwilioMessages(twilio.account_sid, twilio.auth_token, api_url=twilio.url, timeout_s=2)
    provider = TwilioProvider(
        rest, sender="whatsapp:+14155550100", template_sid="HX" + "0" * 32, public_url=None
    )
    limits = (Limit("DAILY_MESSAGES", 1, 0.1), Limit("DAILY_CALLS", None, 0.5))
    delivery = Delivery(database, ceilings=DailyCeilings(ZoneInfo("Europe/Madrid"), *limits, None))

    def deliver(kind):
        with database.write() as connection:
            recipient = contacts.recipient_for(connection, ReachAddress("+34600000001"), utc_now())
            made = outgoing.add_outbound(
                connection, recipient.conversation_id, kind, "Hola", utc_now(), MessageStatus.SENDING
            )
            (message,) = messages.by_ids(connection, [made])
        delivery.deliver(provider, recipient, message)

    return deliver


def test_a_notice_counts_and_goes_out_beyond_the_ceiling(database, deliver, twilio):
    for _ in range(3):
        deliver(NOTICE)

    assert len(twilio.messages.made) == 3
    assert [row.units for row in every(database, LedgerTotal)] == [3]


def test_an_answer_asks_nothing_of_the_ceilings(database, deliver, twilio):
    deliver("text")

    assert len(twilio.messages.made) == 1
    assert every(database, LedgerTotal) == []
