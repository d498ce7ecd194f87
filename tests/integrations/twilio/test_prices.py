"""What messages and calls have cost, read from Twilio's lists whatever is on them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from integrations.errors import IntegrationError
from integrations.twilio.prices import Price, TwilioPrices
from tests.fakes.fixed_answers import FixedAnswers, answer
from tests.fakes.twilio.call import Step
from tests.fakes.twilio.server import ACCOUNT_SID, Close, FakeTwilio, Page, Refuse
from tests.integrations.twilio.calls import client as calls_of
from tests.integrations.twilio.calls import place
from tests.integrations.twilio.messages import NOON, client, send

TODAY = NOON.date()
PATH = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
ENDLESS = 10


def reader(url, **limits):
    return TwilioPrices(ACCOUNT_SID, "0f" * 16, api_url=url, **{"timeout_s": 2, **limits})


def listed(pages):
    return [price for page in pages for price in page]


def read(body):
    """What is read of a list that says this."""
    with FixedAnswers({PATH: answer(body)}) as server:
        return listed(reader(server.url).of_messages(TODAY))


def record(price, unit="USD", sid="SM1"):
    return {"sid": sid, "price": price, "price_unit": unit}


def test_messages_are_listed_by_the_day_on_which_they_were_sent(timed, clock):
    for _ in range(2):
        timed.messages.finish(timed.messages.made[send(client(timed)).sid])
        clock.pass_(timedelta(days=1).total_seconds())
    first, second = timed.messages.made

    assert listed(reader(timed.url).of_messages(TODAY)) == [Price(first, Decimal("0.00500"), "USD")]
    assert [price.sid for price in listed(reader(timed.url).of_messages(TODAY + timedelta(days=1)))] == [
        second
    ]


def test_calls_are_listed_by_the_day_on_which_they_began(clock):
    with FakeTwilio(clock=clock) as twilio:
        twilio.calls.script(Step("completed", price="-0.00850"))
        call = place(calls_of(twilio))
        twilio.calls.advance(twilio.calls.last)

        assert listed(reader(twilio.url).of_calls(TODAY)) == [Price(call.sid, Decimal("0.00850"), "USD")]
        assert listed(reader(twilio.url).of_calls(TODAY - timedelta(days=1))) == []


@pytest.mark.parametrize(
    ("price", "unit"),
    [
        (None, None), (None, "USD"), ("0", "USD"), ("-0.00000", "USD"), ("", "USD"), ("free", "USD"), ("NaN", "USD"),
        ("sNaN", "USD"), ("Infinity", "USD"), ("-1e30", "USD"), ("-0.005", None), ("-0.005", ""), ("-0.005", "US$"),
        ({}, "USD"), (True, "USD"),
    ],
)  # fmt: skip
def test_what_is_no_price_is_left_out_and_the_others_are_read(price, unit):
    found = read({"messages": [record(price, unit), record("-0.005", "eur", "SM2")]})

    assert found == [Price("SM2", Decimal("0.005"), "EUR")]


def test_all_pages_are_read():
    def page(query):
        number = int(query.get("Page", 0))
        following = f"{PATH}?Page={number + 1}" if number < 2 else None
        return answer({"messages": [record("-1", sid=f"SM{number}")], "next_page_uri": following})

    with FixedAnswers({PATH: page}) as server:
        found = listed(reader(server.url).of_messages(TODAY))

    assert [price.sid for price in found] == ["SM0", "SM1", "SM2"]


def test_a_list_that_goes_round_in_a_circle_ends():
    def page(query):
        following = f"{PATH}?Page={(int(query.get('Page', 0)) + 1) % 2}"
        return answer({"messages": [record("-1")], "next_page_uri": following})

    with FixedAnswers({PATH: page}) as server:
        pages = reader(server.url).of_messages(TODAY)
        found = [page for page, _ in zip(pages, range(ENDLESS), strict=False)]

    assert len(found) < ENDLESS


@pytest.mark.parametrize(
    "body",
    [
        {"messages": None}, {"messages": 7}, {"messages": [None]}, {"messages": ["SM1"]}, {}, [],
        {"messages": [], "next_page_uri": 7},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_list_is_an_error_of_twilios(body):
    with pytest.raises(IntegrationError):
        read(body)


@pytest.mark.parametrize("fault", [Refuse(429, 20429), Refuse(401, 20003), Page(), Close()], ids=str)
def test_a_failure_is_an_error_of_twilios(twilio, fault):
    twilio.fail(fault)

    with pytest.raises(IntegrationError):
        listed(reader(twilio.url).of_messages(TODAY))
