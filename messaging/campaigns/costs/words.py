"""Says what a campaign has cost, for those who run it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection

from messaging.campaigns.replies import ANSWERED_WITHIN
from storage.campaigns.campaigns import CampaignRecord
from storage.models import CampaignChannel
from storage.reports.campaign_costs import Costs, costs_of, tokens_of
from storage.reports.campaign_estimates import usual_prices, waiting_by_code
from translations import Message
from translations import lazy_gettext as _
from translations import lazy_ngettext as ngettext
from translations.numbers import Number

BILLED_WITHIN = timedelta(days=30)
"""Prices change: what was billed earlier says little."""


def cost_lines(connection: Connection, campaign: CampaignRecord) -> list[Message]:
    """Return what a campaign has cost so far, as billed, and the model's tokens; nothing of what is not known."""
    costs = costs_of(connection, campaign.id, campaign.channel)
    tokens = tokens_of(connection, campaign.id, campaign.channel, ANSWERED_WITHIN)
    lines = [_billed(campaign, costs)] if costs.billable else []
    if tokens.read or tokens.written:
        words = _("The model's tokens in what followed: {read} read, {written} written.")
        lines.append(words.format(read=Number(f"{tokens.read:,}"), written=Number(f"{tokens.written:,}")))
    return lines


def estimate_line(
    connection: Connection, campaign: CampaignRecord, setting: float | None, now: datetime
) -> Message | None:
    """Return about what a campaign will cost whose recipients wait, and how that is known; None where it is not.

    setting: the price of a message or a call, as it is set; None: it is not set.
    """
    waiting = waiting_by_code(connection, campaign.id)
    return estimate_of(connection, waiting, campaign.channel, campaign.template, setting=setting, now=now)


def estimate_of(
    connection: Connection,
    waiting: Mapping[str, int],
    channel: str,
    template: str,
    *,
    setting: float | None,
    now: datetime,
) -> Message | None:
    """Return the same of so many people, by their calling codes, who may be on no campaign's list yet."""
    if not waiting:
        return None
    usual = usual_prices(connection, channel, template, now - BILLED_WITHIN)
    if usual is not None and waiting.keys() <= usual.by_code.keys():
        amount = sum((usual.by_code[code] * count for code, count in waiting.items()), Decimal(0))
        words = _(
            "It will cost about {amount} {currency}, by what was billed for the same in the last {days} days."
        )
        return words.format(amount=shown(amount), currency=usual.currency, days=BILLED_WITHIN.days)
    if setting is None:
        return None
    name = "CALL_PRICE" if channel == CampaignChannel.VOICE else "MESSAGE_PRICE"
    amount = Decimal(str(setting)) * sum(waiting.values())
    return _("It will cost about {amount}, by {setting}.").format(amount=shown(amount), setting=name)


def shown(amount: Decimal) -> Number:
    """Return an amount as it is shown: to the cent, and with all its digits where it is less than one unit."""
    cents = f"{amount:,.2f}"
    exact = f"{amount.normalize():f}"
    return Number(exact if amount < 1 and len(exact) > len(cents) else cents)


def _billed(campaign: CampaignRecord, costs: Costs) -> Message:
    if campaign.is_by_phone:
        has_price = ngettext(
            "The price of {priced} of {count} answered call is known.",
            "The price of {priced} of {count} answered calls is known.",
            costs.billable,
        )
    else:
        has_price = ngettext(
            "The price of {priced} of {count} message is known.",
            "The price of {priced} of {count} messages is known.",
            costs.billable,
        )
    of_all = has_price.format(count=Number(f"{costs.billable:,}"), priced=Number(f"{costs.priced:,}"))
    if not costs.amounts:
        return of_all
    words = _("Billed so far: {amounts}. {of_all}")
    return words.format(amounts=_Sum(costs), of_all=of_all)


class _Sum:
    """Amounts in one or several currencies, as a value of a Message."""

    def __init__(self, costs: Costs) -> None:
        self._costs = costs

    def __str__(self) -> str:
        return " + ".join(f"{shown(amount)} {unit}" for unit, amount in self._costs.amounts.items())
