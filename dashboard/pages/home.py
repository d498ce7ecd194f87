"""Shows the first page: today and what goes wrong, looked at again and again; the last days and missing settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from dashboard.blueprint import bp
from dashboard.charts.bars import Plot
from dashboard.charts.costs import Prices, TokensToday
from dashboard.charts.days import day_in
from dashboard.formatting import zone
from dashboard.layout import render
from dashboard.live_updates import digest
from dashboard.services import services
from jobs.leases import is_worker_alive
from storage import model_failures
from storage.base import utc_now
from storage.ledger.entries import day_in as ledger_day
from storage.model_failures import Failing
from storage.reports.ceilings import refused_accounts
from storage.reports.lists import HandoffRow, Page, handoff_log
from storage.reports.overview import (
    Now,
    Tokens,
    Written,
    call_seconds,
    calls_begun,
    first_words_ms,
    going_on,
    messages_exchanged,
    written,
)
from translations import current_language

MOST_MISSED = 5
"""Promises that nobody kept, on the first page; the list has all."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried in the simulator today, which counts in no other number. cost: None without configured prices."""

    calls: int
    messages: int
    tokens: Tokens
    cost: float | None

    def __bool__(self) -> bool:
        return bool(self.calls or self.messages)


@dataclass(frozen=True, slots=True)
class Today:
    """Today's numbers, of people alone.

    half_ms, most_ms: median and 95th percentile of the time to an answer's first sentence.
    call_s: total length of the finished calls. cost: of the tokens; None without configured prices. refused: contacts
    who have used up what one person may in a day.
    """

    calls: int
    written: Written
    now: Now
    answers: int
    half_ms: int | None
    most_ms: int | None
    call_s: int
    tokens: Tokens
    cost: float | None
    refused: int
    tried: Tried


@dataclass(frozen=True, slots=True)
class FirstPage:
    """What changes on the first page. failing: the model, if it is. plots: the last days, drawn with the whole page."""

    today: Today
    has_worker: bool
    missed: Page[HandoffRow]
    failing: Failing | None
    plots: Mapping[str, Plot]

    @property
    def has_past(self) -> bool:
        """Return whether anybody called or wrote in the last days."""
        return any(plot.top for plot in self.plots.values())

    @property
    def seen(self) -> str:
        """Return a value that changes with anything shown, but for the plots."""
        return digest((self.today, self.has_worker, self.missed, self.failing, self.has_past))


@bp.get("/")
def home() -> str:
    """Show the first page."""
    return _page("home.html", _read(), off=services().off(current_language()))


@bp.get("/today")
def now() -> ResponseReturnValue:
    """Show the part that is looked at again and again; 204 if the page is up to date."""
    page = _read()
    return ("", 204) if request.args.get("seen") == page.seen else _page("home_live.html", page)


def _read() -> FirstPage:
    at = utc_now()
    with services().database.read() as connection:
        return FirstPage(
            today(connection, at, zone(), services().tokens, services().prices),
            is_worker_alive(connection, at),
            handoff_log(connection, missed=True, limit=MOST_MISSED),
            model_failures.failing(connection) if services().has_model else None,
            services().days.plots(connection, at, zone()),
        )


def _page(template: str, page: FirstPage, **values: Any) -> str:
    return render(template, here="home", page=page, reaches_people=services().reaches_people, **values)


def today(
    connection: Connection,
    now: datetime,
    zone: ZoneInfo,
    used: TokensToday | None = None,
    prices: Prices | None = None,
) -> Today:
    """Return the numbers since midnight in a zone."""
    since, until = day_in(zone, now.astimezone(zone).date())
    waits = first_words_ms(connection, since, until)
    tokens = (used or TokensToday()).count(connection, since, now)
    tried = Tried(
        calls_begun(connection, since, until, simulated=True),
        messages_exchanged(connection, since, until, simulated=True),
        tokens.tried,
        prices.of(tokens.tried) if prices else None,
    )
    return Today(
        calls=calls_begun(connection, since, until),
        written=written(connection, since, until),
        now=going_on(connection, now),
        answers=len(waits),
        half_ms=percentile(waits, 50),
        most_ms=percentile(waits, 95),
        call_s=call_seconds(connection, since, until),
        tokens=tokens.real,
        cost=prices.of(tokens.real) if prices else None,
        refused=refused_accounts(connection, ledger_day(zone, now)),
        tried=tried,
    )


def percentile(values: Sequence[int], percent: int) -> int | None:
    """Return a percentile (nearest rank). values: in order."""
    return values[max(0, ceil(len(values) * percent / 100) - 1)] if values else None
