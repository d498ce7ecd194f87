"""Queries for what a campaign will cost: whom it reaches in which countries, and what the same has cost there."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median

from sqlalchemy import Connection, func, select

from phone_numbers import calling_code
from storage.campaigns.bills import BILLED, MILLION
from storage.models import RecipientState
from storage.tables import CAMPAIGN_RECIPIENTS, CAMPAIGNS

_C = CAMPAIGN_RECIPIENTS.c
_BEGINNING = func.substr(_C.number, 1, 4)
"""Of a number: calling codes have three digits at most."""


@dataclass(frozen=True, slots=True)
class UsualPrices:
    """What one message or call has cost, in the middle, by the calling code of the number."""

    currency: str
    by_code: Mapping[str, Decimal]


def waiting_by_code(connection: Connection, campaign_id: int) -> Counter[str]:
    """Return how many recipients of a campaign wait, by the calling code of their number."""
    waiting = (
        select(_BEGINNING, func.count())
        .where(_C.campaign_id == campaign_id, _C.state == RecipientState.WAITING)
        .group_by(_BEGINNING)
    )
    counted = Counter[str]()
    for beginning, count in connection.execute(waiting):
        counted[calling_code(beginning)] += count
    return counted


def usual_prices(connection: Connection, channel: str, template: str, since: datetime) -> UsualPrices | None:
    """Return what has been billed since a time on a channel, for the same template, or for text; None: nothing was.

    In the currency in which most was billed.
    """
    billed = BILLED[channel]
    prices = billed.table.c
    found = (
        select(prices.currency, _BEGINNING, prices.price, func.count())
        .join(CAMPAIGN_RECIPIENTS, _C.id == prices.recipient_id)
        .join(CAMPAIGNS, CAMPAIGNS.c.id == _C.campaign_id)
        .where(
            prices.price.is_not(None), billed.at >= since, CAMPAIGNS.c.template == template, _C.number != ""
        )
        .group_by(prices.currency, _BEGINNING, prices.price)
    )
    by_currency: dict[str, dict[str, Counter[int]]] = {}
    for currency, beginning, price, count in connection.execute(found):
        by_currency.setdefault(currency, {}).setdefault(calling_code(beginning), Counter())[price] += count
    if not by_currency:
        return None
    most = max(sorted(by_currency), key=lambda one: sum(each.total() for each in by_currency[one].values()))
    return UsualPrices(
        most, {code: Decimal(median(each.elements())) / MILLION for code, each in by_currency[most].items()}
    )
