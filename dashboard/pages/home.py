"""Shows the first page: today, live conversations, the last days and missing settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from dashboard.blueprint import bp
from dashboard.charts.costs import Prices, TokensToday
from dashboard.charts.days import day_in
from dashboard.formatting import zone
from dashboard.layout import render
from dashboard.services import services
from jobs.leases import is_worker_alive
from storage.base import utc_now
from storage.reports.overview import (
    Now,
    Tokens,
    Written,
    call_seconds,
    calls_begun,
    first_words_ms,
    going_on,
    written,
)
from translations import current_language


@dataclass(frozen=True, slots=True)
class Today:
    """Today's numbers. half_ms, most_ms: median and 95th percentile of the time to an answer's first sentence.

    call_s: total length of the finished calls. cost: of the tokens; None without configured prices.
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


@bp.get("/")
def home() -> str:
    """Show the first page."""
    at = utc_now()
    with services().database.read() as connection:
        plots = services().days.plots(connection, at, zone())
        numbers = today(connection, at, zone(), services().tokens, services().prices)
        has_worker = is_worker_alive(connection, at)
    return render(
        "home.html",
        here="home",
        today=numbers,
        plots=plots,
        has_worker=has_worker,
        off=services().off(current_language()),
    )


@bp.get("/today")
def now() -> str:
    """Show the numbers alone; the page refreshes them repeatedly."""
    with services().database.read() as connection:
        numbers = today(connection, utc_now(), zone(), services().tokens, services().prices)
    return render("today.html", today=numbers)


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
    return Today(
        calls=calls_begun(connection, since, until),
        written=written(connection, since, until),
        now=going_on(connection, now),
        answers=len(waits),
        half_ms=percentile(waits, 50),
        most_ms=percentile(waits, 95),
        call_s=call_seconds(connection, since, until),
        tokens=tokens,
        cost=prices.of(tokens) if prices else None,
    )


def percentile(values: Sequence[int], percent: int) -> int | None:
    """Return a percentile (nearest rank). values: in order."""
    return values[max(0, ceil(len(values) * percent / 100) - 1)] if values else None
