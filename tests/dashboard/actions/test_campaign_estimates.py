"""What a campaign will cost, said before it is made."""

import pytest

from tests.dashboard.campaigns import Campaigns
from tests.dashboard.new_campaigns import said, send_form

LIST = "teléfono\n600000001\n600000002\n+351 912 345 678\n"


@pytest.fixture
def estimate(open_desk):
    """Look at a campaign; return its page. billed: of a text to a number in Spain, in millionths."""

    def look(content=LIST, billed=None, language="es", channel="whatsapp", **settings):
        desk = open_desk(language=language, **settings)
        if billed:
            campaigns = Campaigns(desk.parts.database)
            earlier = campaigns.make(1, template="")
            campaigns.sent(earlier, 2, "delivered")
            campaigns.billed(earlier, 2, billed)
        return said(send_form(desk, content, "/look", channel=channel, text="Hola"), 200)

    return look


def test_it_is_by_what_was_billed_in_the_same_countries(estimate):
    page = estimate("teléfono\n600000001\n600000002\n", billed=50_000, message_price=0.3)

    assert "Costará unos 0,10 USD, según lo facturado por lo mismo en los últimos 30 días." in page


def test_it_is_by_the_price_that_is_set_where_a_country_was_never_billed(estimate):
    assert "Costará unos 0,90, según MESSAGE_PRICE." in estimate(billed=50_000, message_price=0.3)


def test_it_is_said_in_the_readers_language_and_calls_have_their_own_price(estimate):
    page = estimate(language="en", channel="voice", call_price=1.5)

    assert "It will cost about 4.50, by CALL_PRICE." in page


def test_nothing_is_said_where_nothing_is_known_or_something_is_wrong(estimate):
    assert 'id="estimate"' not in estimate()
    assert 'id="estimate"' not in estimate("teléfono\n12\n", message_price=0.3)


def test_who_is_reminded_too_late_costs_nothing(open_desk):
    desk = open_desk(message_price=0.3)

    page = said(
        send_form(desk, "teléfono,fecha\n600000001,2020-01-01\n600000002,2120-01-01\n", "/look",
                  text="Hola", remind="1 h antes de {fecha}"), 200
    )  # fmt: skip

    assert "Costará unos 0,30, según MESSAGE_PRICE." in page
