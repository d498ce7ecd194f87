"""Measures the dashboard: the effect of open windows on calls, and pages' load times over a long history."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench.caller import Caller, CallFailed
from bench.dashboard_past import Past, fill_past
from bench.figures import Bench
from bench.load import BRISK_PAUSE_S, BRISK_TURN_S, Result, callers, in_parallel, percentile
from bench.processes import Server
from bench.report import Row, below, ms
from bench.windows import Browser, PageFailed, Seen, Window

MOST_MOVED = 1.05
MOST_STREAMS = 8
"""Of each web process: dashboard/live_updates.py."""
TURNS = 4
"""Of each call, with the windows and without, in each round."""
SETTLES_S = 1.0

OPENS_IN_S = 0.150


def windows(bench: Bench) -> Iterator[Row]:
    """Measure the delay of the first word caused by windows, alternating with and without them."""
    size = bench.size.dashboard
    bench.say(
        f"{size.calls} calls, {size.rounds} times {TURNS} turns with {size.windows} open windows and without"
    )
    with _alone(bench, "watched") as server:
        shut, watched, seen = asyncio.run(_with_and_without(bench, server))
    name = f"{size.windows} open windows on {size.calls} calls"
    for part in (0.5, 0.9):
        without, with_ = (percentile(result.first_words_s, part) for result in (shut, watched))
        yield below(
            f"{name}: first word, p{part * 100:.0f}", with_ / without, MOST_MOVED,
            f"{with_ / without:.3f}x none ({with_:.3f} s, {without:.3f} s; {len(watched.samples)} turns)",
            must=f"≤ {MOST_MOVED}x",
        )  # fmt: skip
    yield below(
        f"{name}: streams at once", seen.most, MOST_STREAMS * PROCESSES, str(seen.most),
        must=f"≤ {MOST_STREAMS * PROCESSES}",
    )  # fmt: skip
    yield Row(
        f"{name}: how often they looked again", f"{seen.looks.total()}, of that nothing new {seen.looks[204]}"
    )
    yield _errors(name, shut.errors + watched.errors + seen.errors, len(shut.turns) + len(watched.turns))


def pages(bench: Bench) -> Iterator[Row]:
    """Measure pages' load times over a long history."""
    many = bench.size.dashboard.messages
    bench.say(f"making a database of {many:,} messages, their turns and calls")
    server, past = _with_past(bench, many)
    bench.say(f"{past.bytes / 1e6:.0f} MB; each page {bench.size.dashboard.opens} times")
    where, failed, cookie = f"{many:,} messages", Counter[str](), server.log_in()
    for name, path in _pages(past).items():
        times, html = asyncio.run(_open(server, cookie, path, bench.size.dashboard.opens, failed))
        value = percentile(times, 0.5)
        yield below(
            f"{where}: {name}", value, OPENS_IN_S,
            f"{ms(value)} (first {ms(times[0])}, slowest {ms(max(times))}; {len(html) / 1000:.0f} kB)",
            must=f"≤ {ms(OPENS_IN_S)}",
        )  # fmt: skip
    yield _errors(where, failed, len(_pages(past)) * bench.size.dashboard.opens)
    bench.machine.stop(server)
    assert server.database is not None
    server.database.unlink()


FIGURES: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "dashboard-windows": windows,
    "dashboard-pages": pages,
}

PROCESSES = 2
"""Web processes, as many as a small machine has cores."""


@contextmanager
def _alone(bench: Bench, name: str) -> Iterator[Server]:
    server = bench.machine.start_app(name, WEB_CONCURRENCY=str(PROCESSES))
    yield server
    bench.machine.stop(server)


# Windows


async def _with_and_without(bench: Bench, server: Server) -> tuple[Result, Result, Seen]:
    """Let calls go on, and open and shut the windows meanwhile."""
    size, shut, watched, seen = bench.size.dashboard, Result(), Result(), Seen()
    placed = [Caller(server.port, next(callers)) for _ in range(size.calls)]
    await in_parallel([caller.dial() for caller in placed])
    await _turns(placed, Result(), 1)  # when all is cold nothing is counted
    assert server.database is not None
    paths, cookie = _pages_of(server.database, placed), server.log_in()
    bench.model.times()
    for number in range(size.rounds):
        for is_watched in (number % 2 == 0, number % 2 == 1):  # neither always has the later turns
            opened = await _open_windows(server, cookie, paths, size.windows, seen) if is_watched else []
            await _turns(placed, watched if is_watched else shut, TURNS)
            await in_parallel([window.close() for window in opened])
            await asyncio.sleep(SETTLES_S)
    for caller in placed:
        caller.hang_up()
    times = bench.model.times()
    return shut.join(times), watched.join(times), seen


async def _open_windows(
    server: Server, cookie: str, paths: Sequence[str], many: int, seen: Seen
) -> list[Window]:
    opened = [Window(server.port, cookie, paths[number % len(paths)], seen) for number in range(many)]
    for window in opened:
        try:
            await window.open()
        except PageFailed as error:
            seen.errors[str(error)] += 1
    await asyncio.sleep(SETTLES_S)
    return opened


async def _turns(placed: Sequence[Caller], result: Result, many: int) -> None:
    """Have each call take so many turns, evenly spread over time."""

    async def take_turns(caller: Caller, offset_s: float) -> None:
        await asyncio.sleep(offset_s)
        for _ in range(many):
            try:
                result.turns.append(await caller.turn(longest_pause_s=BRISK_PAUSE_S))
            except CallFailed as error:
                result.errors[str(error)] += 1

    step_s = BRISK_TURN_S / len(placed)
    await in_parallel([take_turns(caller, number * step_s) for number, caller in enumerate(placed)])


def _pages_of(database: Path, placed: Sequence[Caller]) -> list[str]:
    """Return the pages of calls."""
    connection = sqlite3.connect(database)
    keys = [f"phone:{caller.call_sid}" for caller in placed]
    marks = ",".join("?" * len(keys))
    rows = connection.execute(f"SELECT id FROM conversations WHERE key IN ({marks})", keys).fetchall()
    connection.close()
    return [f"/dashboard/conversations/{id_}" for (id_,) in rows]


# Pages


def _with_past(bench: Bench, messages: int) -> tuple[Server, Past]:
    server = bench.machine.start_app("past")  # which makes the tables
    bench.machine.stop(server)
    assert server.database is not None
    past = fill_past(server.database, messages, datetime.now(UTC))
    return bench.machine.start_app("past"), past


def _pages(past: Past) -> dict[str, str]:
    listed = "/dashboard/conversations"
    today = datetime.now(UTC).date()
    return {
        "home": "/dashboard/",
        "home's numbers, asked for again and again": "/dashboard/today",
        "conversations": listed,
        "conversations, asked for again and again": f"{listed}/listed",
        "conversations on WhatsApp": f"{listed}?channel=whatsapp",
        "calls among the conversations": f"{listed}?channel=phone",
        "conversations of a day": f"{listed}?day={today}",
        "conversations that wait for a person": f"{listed}?state=waiting",
        "conversations that a person has": f"{listed}?state=person",
        "search for a name": f"{listed}?q=bego%C3%B1a+n%C3%BA%C3%B1ez",
        "search for a number": f"{listed}?q=5501000001",
        "search for a word said often": f"{listed}?q=abrimos",
        "search for a word never said": f"{listed}?q=unicornio",
        "one long conversation": f"{listed}/{past.longest}",
        "one call": f"{listed}/{past.one_call}",
        "calls": "/dashboard/calls",
        "WhatsApp log": "/dashboard/messages",
        "WhatsApp log, what came in": "/dashboard/messages?which=incoming",
        "WhatsApp log, what did not arrive": "/dashboard/messages?which=lost",
        "handoffs": "/dashboard/handoffs",
        "handoffs that wait": "/dashboard/handoffs?which=waiting",
    }


async def _open(
    server: Server, cookie: str, path: str, times: int, failed: Counter[str]
) -> tuple[list[float], str]:
    """Open a page several times; return what each took, and what was shown last."""
    browser, took, html = Browser(server.port, cookie), [], ""
    for _ in range(times):
        shown = await browser.get(path)
        took.append(shown.seconds)
        html = shown.html
        if shown.status != 200:
            failed[f"{path}: HTTP {shown.status}"] += 1
    browser.close()
    return took, html


def _errors(where: str, errors: Counter[str], of: int) -> Row:
    failed = errors.total()
    what = "".join(f"; {reason}: {times}" for reason, times in errors.items())
    return below(f"{where}: errors", failed, 0, f"{failed} in {of}{what}", must="0")
