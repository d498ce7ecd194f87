"""What a campaign will cost is said before it begins, and how that is known; nothing where it is not."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from storage.base import utc_now
from storage.models import Message

pytestmark = pytest.mark.both_databases
SENTENCE = "It will cost about"


@pytest.fixture
def billed(create, run, line, twilio):
    """Send a first campaign, and let Twilio bill its two messages."""

    def bill(*prices):
        create(name="Anterior")
        run("run", "Anterior")
        for message, price in zip(twilio.messages.made.values(), prices, strict=True):
            twilio.messages.finish(message)
            message.price = price
        line.parts.campaigns.billing.read({})

    return bill


def test_where_nothing_was_billed_and_no_price_is_set_nothing_is_said(create, run):
    assert SENTENCE not in create() + run("preview", "Cita")


@pytest.mark.parametrize("settings", [{"message_price": 0.06}])
def test_where_nothing_was_billed_the_setting_counts(create, run, settings):
    said = "It will cost about 0.12, by MESSAGE_PRICE."

    assert said in create()
    assert said in run("preview", "Cita")


@pytest.mark.parametrize("settings", [{"message_price": 0.06}])
def test_the_middle_of_what_was_billed_for_the_same_is_known_better(create, billed, settings):
    billed("-0.02000", "-0.04000")

    assert "It will cost about 0.06 USD, by what was billed for the same in the last 30 days." in create()


def test_what_was_billed_long_ago_or_in_another_country_says_nothing(create, billed, line):
    billed("-0.02000", "-0.04000")
    abroad = "nombre;teléfono;día\nAna;+34600000003;lunes\nJoe;+12025550123;lunes\n"

    assert SENTENCE not in create(abroad, name="Fuera")
    with line.parts.database.write() as connection:
        connection.execute(update(Message).values(created_at=utc_now() - timedelta(days=31)))
    assert SENTENCE not in create()
