"""Queries for what a campaign has cost: its messages or calls as billed, and the model's tokens in what followed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import Connection, bindparam, exists, func, or_, select

from storage.campaigns.bills import BILLED, MILLION
from storage.models import CampaignChannel
from storage.reports.overview import Tokens
from storage.tables import CALLS, CAMPAIGN_RECIPIENTS, TURNS

_C = CAMPAIGN_RECIPIENTS.c


@dataclass(frozen=True, slots=True)
class Costs:
    """What a campaign's messages or calls have cost. amounts: by currency.

    billable: how many have a price, or are to have one. priced: how many have one.
    """

    billable: int
    priced: int
    amounts: Mapping[str, Decimal]


def costs_of(connection: Connection, campaign_id: int, channel: str) -> Costs:
    """Return what a campaign has cost so far, all attempts together."""
    billed = BILLED[channel]
    prices = billed.table.c
    found = (
        select(prices.currency, func.count(), func.count(prices.price), func.sum(prices.price))
        .join(CAMPAIGN_RECIPIENTS, _C.id == prices.recipient_id)
        .where(_C.campaign_id == campaign_id, or_(prices.price.is_not(None), billed.is_due))
        .group_by(prices.currency)
        .order_by(prices.currency)
    )
    rows = connection.execute(found).all()
    amounts = {currency: _amount(total) for currency, _, priced, total in rows if priced}
    return Costs(sum(row[1] for row in rows), sum(row[2] for row in rows), amounts)


def costs_by_line(connection: Connection, campaign_id: int, channel: str) -> dict[int, dict[str, Decimal]]:
    """Return what each line's messages or calls have cost, by currency; lines without a price are not there."""
    prices = BILLED[channel].table.c
    of_line = (
        select(_C.line, prices.currency, func.sum(prices.price))
        .join(CAMPAIGN_RECIPIENTS, _C.id == prices.recipient_id)
        .where(_C.campaign_id == campaign_id, prices.price.is_not(None))
        .group_by(_C.line, prices.currency)
        .order_by(_C.line, prices.currency)
    )
    found: dict[int, dict[str, Decimal]] = {}
    for line, currency, total in connection.execute(of_line):
        found.setdefault(line, {})[currency] = _amount(total)
    return found


def tokens_of(connection: Connection, campaign_id: int, channel: str, within: timedelta) -> Tokens:
    """Return the model's tokens in a campaign's calls, or in what was written within a time after its messages."""
    if channel == CampaignChannel.VOICE:
        read, written = connection.execute(_IN_CALLS, {"campaign": campaign_id}).one()
        return Tokens(int(read), int(written))
    read = written = 0
    for begun_at, at, prompt, completion in connection.execute(_IN_CHATS, {"campaign": campaign_id}):
        if at <= begun_at + within:
            read, written = read + (prompt or 0), written + completion
    return Tokens(read, written)


def _amount(millionths: int) -> Decimal:
    return Decimal(int(millionths)) / MILLION


_IN_CALLS = (
    select(
        func.coalesce(func.sum(TURNS.c.prompt_tokens), 0), func.coalesce(func.sum(TURNS.c.completion_tokens), 0)
    )
    .join(CALLS, CALLS.c.conversation_id == TURNS.c.conversation_id)
    .join(CAMPAIGN_RECIPIENTS, _C.id == CALLS.c.recipient_id)
    .where(_C.campaign_id == bindparam("campaign"))
)  # fmt: skip
_LATER = CAMPAIGN_RECIPIENTS.alias("later")
_IN_CHATS = (
    select(_C.begun_at, TURNS.c.created_at, TURNS.c.prompt_tokens, TURNS.c.completion_tokens)
    .join(TURNS, TURNS.c.conversation_id == _C.conversation_id)
    .where(
        _C.campaign_id == bindparam("campaign"),
        TURNS.c.created_at >= _C.begun_at,
        TURNS.c.completion_tokens.is_not(None),
        # What people answer is an answer to the last campaign that wrote to them
        ~exists().where(
            _LATER.c.conversation_id == _C.conversation_id,
            _LATER.c.begun_at > _C.begun_at,
            _LATER.c.begun_at <= TURNS.c.created_at,
        ),
    )
)
