"""What a campaign's messages have cost is noted from Twilio's lists, once and rightly, however the lists come."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from integrations.twilio.prices import TwilioPrices
from messaging.campaigns.control import send_again
from messaging.campaigns.costs.billing import Billing
from storage.base import utc_now
from storage.campaigns import bills
from storage.campaigns.bills import Bill
from storage.models import CampaignChannel, Message, MessageStatus, RecipientState
from storage.queries import outgoing
from storage.reports.campaign_costs import Costs, costs_by_line, costs_of
from tests.fakes.fixed_answers import FixedAnswers, answer
from tests.fakes.twilio import message as twilio_messages
from tests.fakes.twilio.server import ACCOUNT_SID, AUTH_TOKEN, Close, Page, Refuse
from tests.messaging.campaigns.stand import people
from tests.records import every

pytestmark = pytest.mark.both_databases
BY_WHATSAPP = CampaignChannel.WHATSAPP
HALF = timedelta(hours=12)
PATH = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"


class Clock:
    def __init__(self):
        self.now = utc_now()

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def read(database, twilio, clock):
    """Read the lists, as a process does that has just started."""
    prices = TwilioPrices(twilio.account_sid, twilio.auth_token, api_url=twilio.url, timeout_s=2, total_s=2)
    return lambda: Billing(database, prices, clock=clock).read({})


@pytest.fixture
def sent(stand):
    """Send a campaign to so many; return its id and Twilio's messages, none of which has a price."""

    def send(count):
        campaign_id = stand.start(people(count))
        stand.run(stand.process())
        made = list(stand.twilio.messages.made.values())
        for message in made:
            stand.twilio.messages.tell(message, twilio_messages.Receipt("sent"))
        stand.twilio.requests.clear()
        return campaign_id, made

    return send


def bill(message, price="-0.00500"):
    message.price = price


def costs(database, campaign_id):
    with database.read() as connection:
        return costs_of(connection, campaign_id, BY_WHATSAPP)


def dollars(amount):
    return {"USD": Decimal(amount)}


def lists_read(twilio):
    return [request.query for request in twilio.requests if request.method == "GET"]


def test_prices_are_noted_of_whom_they_have_come_for_and_the_others_later(read, sent, database, clock):
    campaign_id, (first, second, third) = sent(3)
    assert costs(database, campaign_id) == Costs(3, 0, {})
    bill(first), bill(second, "-0.01250")

    read()
    assert costs(database, campaign_id) == Costs(3, 2, dollars("0.0175"))

    bill(third)
    clock.now += HALF
    read()

    assert costs(database, campaign_id) == Costs(3, 3, dollars("0.0225"))
    with database.read() as connection:
        by_line = costs_by_line(connection, campaign_id, BY_WHATSAPP)
    assert sorted(sum(amounts.values()) for amounts in by_line.values()) == [
        Decimal("0.005"), Decimal("0.005"), Decimal("0.0125"),
    ]  # fmt: skip


def test_lists_are_read_once_in_half_a_day_and_not_at_all_once_all_is_known(read, sent, twilio, clock):
    _, [message] = sent(1)

    read()
    once = len(lists_read(twilio))
    read()
    assert len(lists_read(twilio)) == once
    bill(message)
    clock.now += HALF
    read()
    twice = len(lists_read(twilio))
    clock.now += HALF
    read()

    assert 1 <= once < twice == len(lists_read(twilio))
    assert all(query["PageSize"] == "1000" and "DateSent" in query for query in lists_read(twilio))


def test_after_three_days_nobody_asks_any_more(read, sent, twilio, clock):
    sent(1)
    clock.now += timedelta(days=4)

    read()

    assert lists_read(twilio) == []


@pytest.mark.parametrize("fault", [Refuse(429, 20429), Refuse(401, 20003), Page(), Close()], ids=str)
def test_where_twilio_fails_it_is_asked_again_soon(read, sent, twilio, database, fault, caplog):
    campaign_id, [message] = sent(1)
    bill(message)
    twilio.fail(fault)

    read()
    assert costs(database, campaign_id).priced == 0
    read()

    assert costs(database, campaign_id) == Costs(1, 1, dollars("0.005"))
    assert "Traceback" not in caplog.text


def test_who_was_killed_before_the_list_was_done_begins_anew_and_counts_nothing_twice(
    read, sent, database, clock
):
    campaign_id, made = sent(2)
    for message in made:
        bill(message)
    read()
    with database.write() as connection:  # as if the second half of what was read had not been committed
        connection.execute(
            update(Message).where(Message.sid == made[1].sid).values(price=None, currency=None)
        )
    clock.now += HALF

    read()

    assert costs(database, campaign_id) == Costs(2, 2, dollars("0.01"))


def page_of(*prices, next_page=None):
    """A page of a list. prices: (message, price, currency)."""
    records = [{"sid": message.sid, "price": price, "price_unit": unit} for message, price, unit in prices]
    following = None if next_page is None else f"{PATH}?Page={next_page}"
    return answer({"messages": records, "next_page_uri": following})


@pytest.fixture
def read_pages(database, clock):
    """Read a list of these pages, each of which is a function that gives it."""

    def read(*pages):
        with FixedAnswers({PATH: lambda query: pages[int(query.get("Page", 0))]()}) as server:
            prices = TwilioPrices(ACCOUNT_SID, AUTH_TOKEN, api_url=server.url, timeout_s=2, total_s=2)
            Billing(database, prices, clock=clock).read({})

    return read


def test_what_was_read_before_a_page_that_is_lost_stays_and_the_list_is_read_again(
    read_pages, sent, database
):
    campaign_id, (first, second, third) = sent(3)

    def pages(middle):
        return [
            lambda: page_of((first, "-0.005", "USD"), next_page=1),
            middle,
            lambda: page_of((third, "-0.02", "USD")),
        ]

    read_pages(*pages(lambda: answer({}, 500)))
    assert costs(database, campaign_id) == Costs(3, 1, dollars("0.005"))
    read_pages(*pages(lambda: page_of((second, "-0.01", "USD"), next_page=2)))

    assert costs(database, campaign_id) == Costs(3, 3, dollars("0.035"))


def test_what_is_on_two_pages_or_twice_on_one_counts_once(read_pages, sent, database):
    campaign_id, (first, second) = sent(2)

    read_pages(
        lambda: page_of((first, "-0.005", "USD"), (first, "-0.005", "USD"), next_page=1),
        lambda: page_of((first, "-0.005", "USD"), (second, "-0.01", "USD")),
    )

    assert costs(database, campaign_id) == Costs(2, 2, dollars("0.015"))
    twice = [Bill(first.sid, 7000, "USD")] * 2
    with database.write() as connection:
        assert bills.note(connection, BY_WHATSAPP, twice) == 1


def test_a_price_that_comes_in_another_currency_replaces_the_earlier_one(read_pages, sent, database, clock):
    campaign_id, (first, second) = sent(2)

    read_pages(lambda: page_of((first, "-0.005", "USD"), (first, "-0.004", "EUR")))
    assert costs(database, campaign_id) == Costs(2, 1, {"EUR": Decimal("0.004")})
    clock.now += HALF
    read_pages(lambda: page_of((first, "-0.005", "USD"), (second, "-0.01", "EUR")))

    assert costs(database, campaign_id) == Costs(2, 2, {"EUR": Decimal("0.01"), "USD": Decimal("0.005")})


def test_a_price_that_twilio_corrects_replaces_the_earlier_one(read, sent, database, clock):
    campaign_id, (first, second) = sent(2)
    bill(first)
    read()
    bill(first, "-0.06000")
    clock.now += HALF
    read()

    assert costs(database, campaign_id) == Costs(2, 1, dollars("0.06"))
    assert second.price is None


def test_currencies_are_never_added_up(read, sent, database):
    campaign_id, made = sent(2)
    for message in made:
        bill(message)
    read()
    with database.write() as connection:
        connection.execute(update(Message).where(Message.sid == made[0].sid).values(currency="EUR"))

    found = costs(database, campaign_id)

    assert found == Costs(2, 2, {"EUR": Decimal("0.005"), "USD": Decimal("0.005")})


def test_messages_of_no_campaign_are_left_alone(read, sent, database, twilio):
    _, [message] = sent(1)
    [ours] = every(database, Message)
    reply = twilio.messages.replied(to=message.to, sender=message.sender, body="Hola")
    twilio.messages.tell(reply, twilio_messages.Receipt("sent"))
    with database.write() as connection:
        kept = outgoing.add_outbound(
            connection, ours.conversation_id, "text", "Hola", utc_now(), MessageStatus.SENT
        )
        connection.execute(update(Message).where(Message.id == kept).values(sid=reply.sid))
    bill(message), bill(reply)

    read()

    assert [row.price for row in every(database, Message)] == [5000, None]


@pytest.mark.parametrize(
    "values", [{"status": MessageStatus.FAILED}, {"sid": "wamid.1"}], ids=["failed", "another provider's"]
)
def test_what_twilio_bills_hardly_or_not_at_all_is_not_waited_for(read, sent, database, twilio, values):
    campaign_id, _ = sent(1)
    with database.write() as connection:
        connection.execute(update(Message).values(values))

    read()

    assert lists_read(twilio) == []
    assert costs(database, campaign_id) == Costs(0, 0, {})


def test_all_attempts_count_also_those_that_failed_and_were_billed(read, sent, stand, database, clock):
    campaign_id, [first] = sent(1)
    [recipient] = stand.recipients()
    stand.receipt(recipient.message_id, "failed", 63024)
    with database.write() as connection:
        assert send_again(connection, campaign_id, [RecipientState.FAILED], utc_now())
    stand.run(stand.process("two"))
    second = stand.twilio.messages.last
    stand.twilio.messages.tell(second, twilio_messages.Receipt("sent"))
    bill(first, "-0.00100"), bill(second)

    read()

    assert costs(database, campaign_id) == Costs(2, 2, dollars("0.006"))
    with database.read() as connection:
        assert costs_by_line(connection, campaign_id, BY_WHATSAPP) == {1: dollars("0.006")}
