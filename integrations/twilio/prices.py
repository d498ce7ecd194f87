"""Reads what messages and calls have cost from Twilio's lists, a day at a time.

Twilio gives a price minutes to hours after a message was sent or a call has ended. It gives that of the connection
alone: see https://www.twilio.com/docs/voice/api/call-resource.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.twilio.account import TwilioAccount, one_error

PAGE = 1000
MOST_PAGES = 500
"""Of a day: more are a list that never ends."""
_MOST = Decimal(1_000_000)
"""No single message or call costs so much, in any currency."""
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Price:
    """What a message or a call has cost. amount: above 0. currency: ISO 4217, in upper case."""

    sid: str
    amount: Decimal
    currency: str


class TwilioPrices(TwilioAccount):
    """The prices of an account's messages and calls. What has none yet is left out, and so is what is no price."""

    def of_messages(self, day: date) -> Iterator[list[Price]]:
        """Yield the prices of the messages sent on a day, in UTC, page by page."""
        return _pages(lambda: self._client.messages.page(date_sent=day.isoformat(), page_size=PAGE))

    def of_calls(self, day: date) -> Iterator[list[Price]]:
        """Yield the prices of the calls begun on a day, in UTC, page by page."""
        return _pages(lambda: self._client.calls.page(start_time=day.isoformat(), page_size=PAGE))


def _pages(first: Callable[[], Any]) -> Iterator[list[Price]]:
    read = set[str]()
    with _understood():
        page = first()
    while True:
        with _understood():
            prices = [price for record in page if (price := _price(record)) is not None]
            following = page.next_page_url
        yield prices
        if not following or following in read or len(read) >= MOST_PAGES:
            return
        read.add(following)
        with _understood():
            page = page.next_page()


@contextmanager
def _understood() -> Iterator[None]:
    """Convert every failure inside the block to IntegrationError, and a list that is none as well."""
    with one_error():
        try:
            yield
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError("no list") from error


def _price(record: Any) -> Price | None:
    try:
        amount = abs(Decimal(str(record.price)))
    except InvalidOperation:
        return None
    currency = str(record.price_unit).upper()
    # Before it has billed anything, Twilio says 0 as well
    if not amount.is_finite() or not 0 < amount < _MOST or not _CURRENCY.fullmatch(currency):
        return None
    return Price(str(record.sid), amount, currency)
