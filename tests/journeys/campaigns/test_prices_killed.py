"""A worker that is killed while it reads a list of prices: the list is read anew, and nothing counts twice."""

from decimal import Decimal

import pytest

from messaging.campaigns.creation import Creation
from messaging.campaigns.recipient import ListedRecipient
from storage.base import utc_now
from storage.campaigns.campaigns import NewCampaign
from storage.models import CampaignChannel, CampaignRecipient, Message, MessageStatus
from storage.queries import contacts, outgoing
from storage.reports.campaign_costs import Costs, costs_of
from tests.fakes.fixed_answers import HANG, FixedAnswers, answer
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN
from tests.journeys.campaigns.starting import TEMPLATE
from tests.journeys.whatsapp.killed import worker
from tests.processes import kill
from tests.records import every
from tests.waiting import wait_until

pytestmark = pytest.mark.both_databases
PATH = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
FIRST, SECOND = (f"SM{digit * 32}" for digit in "12")


def page_of(sid, following=None):
    records = [{"sid": sid, "price": "-0.00500", "price_unit": "USD"}]
    return answer({"messages": records, "next_page_uri": following})


@pytest.fixture
def pages():
    """The list's pages, of which the second one never comes."""
    return {"0": page_of(FIRST, f"{PATH}?PageSize=1000&Page=1"), "1": HANG}


@pytest.fixture
def site(environment, pages):
    def listed(query):
        is_of_prices = query.get("PageSize") == "1000"
        return pages[query.get("Page", "0")] if is_of_prices else answer({"messages": []})

    with FixedAnswers({PATH: listed}) as server:
        yield environment | {
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_AUTH_TOKEN": AUTH_TOKEN, "TWILIO_API_URL": server.url,
            "TWILIO_WHATSAPP_NUMBER": "+14155550100",
        }  # fmt: skip


def sent(database):
    """Keep a campaign whose two messages Twilio has; return its id."""
    listed = [ListedRecipient(n, f"+3460000000{n}", "Hola", {"1": "Ana"}) for n in (1, 2)]
    campaign_id = Creation(database).create(NewCampaign("Cita", "whatsapp", template=TEMPLATE), listed)
    for recipient, sid in zip(every(database, CampaignRecipient), (FIRST, SECOND), strict=True):
        with database.write() as connection:
            to, now = contacts.recipient_for(connection, recipient.number, utc_now()), utc_now()
            status = MessageStatus.SENDING
            message_id = outgoing.add_outbound(
                connection, to.conversation_id, "campaign", "Hola", now, status, recipient_id=recipient.id
            )
            outgoing.sent(connection, message_id, sid, MessageStatus.SENT, now)
    return campaign_id


def costs(database, campaign_id):
    with database.read() as connection:
        return costs_of(connection, campaign_id, CampaignChannel.WHATSAPP)


def prices(database):
    return [message.price for message in every(database, Message)]


def test_every_price_is_known_once(site, database, pages):
    campaign_id = sent(database)
    with worker(site) as running:
        wait_until(lambda: any(prices(database)), every_s=0.05)
        kill(running)
    assert prices(database) == [5000, None]
    pages["1"] = page_of(SECOND)

    with worker(site):
        wait_until(lambda: all(prices(database)), every_s=0.05)

    assert costs(database, campaign_id) == Costs(2, 2, {"USD": Decimal("0.01")})
