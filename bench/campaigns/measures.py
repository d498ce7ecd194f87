"""What reading a long list takes, what each recipient of a campaign costs, and what calls and chats notice of it."""

import asyncio
import json
import math
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from bench.campaigns.list_files import write_csv, write_xlsx
from bench.campaigns.run import CampaignRun, Sent
from bench.chats import Chats, write_by_turns
from bench.figures import Bench
from bench.load import Result, one_after_another, percentile
from bench.person import RECEIPTS, Person
from bench.processes import ROOT, BenchError, Server
from bench.report import Row, above, below, ms

MOST_LIST_S, MOST_LIST_KB = 10.0, 100_000
MOST_CPU_S, MOST_CPU_WITH_RECEIPTS_S = 0.008, 0.020
MOST_MEMORY_KB = 20_000
MOST_A_SECOND = 80
SETTLES_S = 3.0
"""After a start, until the program is idle."""
SLOW_PER_S, SLOW_TAKES_S = 20, 1.6
"""Twilio takes 1.6 s for each message, and has 32 of them at once: 20 a second."""
MOST_OFF = 0.05
MOST_MOVED = 1.1
MOST_SLOW = 2000
"""Recipients of a campaign at 20 a second: of more, it takes too long."""
TALKERS = 2
"""Calls, and people who write, at once beside a campaign."""
TURNS = 3
"""Of each call."""


def lists(bench: Bench) -> Iterator[Row]:
    """Read a long list, as CSV and as XLSX, each in a process of its own."""
    lines = bench.size.campaigns.lines
    for kind, write in (("CSV", write_csv), ("XLSX", write_xlsx)):
        bench.say(f"a list of {lines:,} lines, {kind}")
        path = bench.machine.folder / f"list.{kind.lower()}"
        write(path, lines)
        name, read = f"campaign: list of {lines:,} lines, {kind}", _read(path)
        path.unlink()
        yield below(
            name, read["seconds"], MOST_LIST_S, f"{read['seconds']:.1f} s", must=f"≤ {MOST_LIST_S:.0f} s"
        )
        yield below(
            f"{name}: memory above an idle process", read["kb"], MOST_LIST_KB, _mb(read["kb"]),
            must=f"≤ {_mb(MOST_LIST_KB)}",
        )  # fmt: skip
        lost = lines - read["recipients"]
        yield below(f"{name}: errors", lost, 0, f"{lost:.0f} of {lines:,} lines not read", must="0")


def costs(bench: Bench) -> Iterator[Row]:
    """What a recipient takes of the processor, and what the program takes of memory; and how evenly messages leave."""
    many = bench.size.campaigns.recipients
    bench.say(f"a campaign to {many:,} people without receipts, as fast as our number may")
    with _alone(bench) as server:
        sent = asyncio.run(_campaign(bench, server, many).run())
    name = f"campaign: {many:,} recipients"
    yield from _spent(sent, many, name, MOST_CPU_S)
    yield below(
        f"{name}: the most messages within a second", sent.most_in_a_second, MOST_A_SECOND,
        f"{sent.most_in_a_second} ({sent.per_s:.1f} a second)", must=f"≤ {MOST_A_SECOND}",
    )  # fmt: skip
    some = min(many, MOST_SLOW)
    bench.say(f"a campaign to {some:,} people at {SLOW_PER_S} a second, {len(RECEIPTS)} receipts each")
    with _alone(bench) as server:
        told = asyncio.run(_campaign(bench, server, some, RECEIPTS, takes_s=SLOW_TAKES_S).run())
    name = f"campaign: {some:,} recipients, {len(RECEIPTS)} receipts each"
    yield from _spent(told, some, name, MOST_CPU_WITH_RECEIPTS_S)
    yield above(
        f"{name}: messages a second where Twilio takes {SLOW_PER_S}", told.per_s, SLOW_PER_S * (1 - MOST_OFF),
        f"{told.per_s:.1f}", must=f"within {MOST_OFF:.0%}",
    )  # fmt: skip


def beside(bench: Bench) -> Iterator[Row]:
    """The first word of calls and the answers on WhatsApp beside a campaign, against the same before and after it."""
    many = min(bench.size.campaigns.recipients, MOST_SLOW)
    bench.say(
        f"calls and chats before, beside and after a campaign to {many:,} people at {SLOW_PER_S} a second"
    )
    with _alone(bench) as server:
        without, during, sent = asyncio.run(_beside(bench, server, many))
    name = f"campaign at {SLOW_PER_S} a second, {len(RECEIPTS)} receipts each"
    for what, values in (
        ("first word of calls", [calls.first_words_s for calls, _ in (during, without)]),
        ("WhatsApp's answer", [chats.whole_s for _, chats in (during, without)]),
    ):
        with_, none = (percentile(each, 0.5) for each in values)
        yield below(
            f"{name}: {what}, p50", with_ / none, MOST_MOVED,
            f"{with_ / none:.3f}x none ({with_:.3f} s, {none:.3f} s; {len(values[0])} turns)",
            must=f"≤ {MOST_MOVED}x",
        )  # fmt: skip
    errors = sum((each.errors for pair in (during, without) for each in pair), Counter[str]())
    turns = sum(len(calls.turns) + len(chats.exchanges) for calls, chats in (during, without))
    yield _errors(name, errors + sent.errors, turns)


FIGURES: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "campaign-lists": lists,
    "campaign-costs": costs,
    "campaign-beside": beside,
}

_programs = count(1)


def _read(path: Path) -> dict[str, float]:
    """Return what reading a list in a new process took. Raises BenchError."""
    command = [sys.executable, "-m", "bench.campaigns.list_reader", str(path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise BenchError(f"the list was not read: {ran.stderr[-2000:]}")
    read: dict[str, float] = json.loads(ran.stdout)
    return read


@contextmanager
def _alone(bench: Bench) -> Iterator[Server]:
    """A program of its own, that writes to people at any hour."""
    usual = (ROOT / "profiles" / "recepcion.es.toml").read_text(encoding="utf-8")
    profile = bench.machine.folder / "any-hour.es.toml"
    profile.write_text(f'{usual}\n[campaigns]\nquiet = ""\nweekends = true\n', encoding="utf-8")
    server = bench.machine.start_whatsapp(f"campaign-{next(_programs)}", ASSISTANT_PROFILE=str(profile))
    time.sleep(SETTLES_S)
    yield server
    bench.machine.stop(server)


def _campaign(
    bench: Bench, server: Server, many: int, receipts: Sequence[str] = (), *, takes_s: float = 0.0
) -> CampaignRun:
    return CampaignRun(server, bench.machine.twilio_port, many, receipts, takes_s=takes_s)


_Talk = tuple[Result, Chats]


async def _beside(bench: Bench, server: Server, many: int) -> tuple[_Talk, _Talk, Sent]:
    """Let people call and write: before a campaign and after it for half as long as it lasts, and beside it."""
    warm, without, during = ((Result(), Chats()) for _ in range(3))
    part_s = many / SLOW_PER_S / 2
    await _talk(server, warm, asyncio.sleep(5))
    bench.model.times()
    await _talk(server, without, asyncio.sleep(part_s))
    run = _campaign(bench, server, many, RECEIPTS, takes_s=SLOW_TAKES_S)
    sent, _ = await asyncio.gather(run.run(), _talk(server, during, run.is_over.wait()))
    await _talk(server, without, asyncio.sleep(part_s))
    times = bench.model.times()
    for calls, chats in (without, during):
        calls.join(times)
        chats.join(times)
    return without, during, sent


async def _talk(server: Server, talk: _Talk, ends: Awaitable[object]) -> None:
    """Let some call and some write, until something comes to pass."""
    is_over = asyncio.ensure_future(ends)
    calls, chats = talk
    people = [Person(server.port, number, lost=chats.errors) for number in range(TALKERS)]

    async def call() -> None:
        while not is_over.done():
            await one_after_another(server, TURNS, calls, first_turns=0)

    async def write(person: Person) -> None:
        while not is_over.done():
            await write_by_turns(person, 1, chats)
        person.leave()

    await asyncio.gather(*(call() for _ in range(TALKERS)), *map(write, people))


def _spent(sent: Sent, many: int, name: str, most_cpu_s: float) -> Iterator[Row]:
    each_s = sent.cpu_s / many if many else math.nan
    yield below(
        f"{name}: processor of web and worker, per recipient", each_s, most_cpu_s, ms(each_s),
        must=f"≤ {ms(most_cpu_s)}",
    )  # fmt: skip
    yield below(
        f"{name}: memory of web and worker beyond that before", sent.memory_kb, MOST_MEMORY_KB, _mb(sent.memory_kb),
        must=f"≤ {_mb(MOST_MEMORY_KB)}",
    )  # fmt: skip
    twice = Counter({"sent more than once": sum(times - 1 for times in sent.to.values())})
    yield _errors(name, sent.errors + twice, many)


def _errors(where: str, errors: Counter[str], many: int) -> Row:
    failed = errors.total()
    which = "".join(f"; {reason}: {times}" for reason, times in errors.items())
    return below(f"{where}: errors", failed, 0, f"{failed} in {many:,}{which}", must="0")


def _mb(kilobytes: float) -> str:
    return f"{kilobytes / 1000:.0f} MB"
