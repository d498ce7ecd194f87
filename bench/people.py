"""Measures the Chatwoot copy, during and after answers, and the handoff API."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from bench import handovers
from bench.backlog import NUMBERS, TAKES_S, WARMING, Backlog, Chatwoot
from bench.figures import Bench
from bench.load import BRISK_TURN_S, Result, in_parallel, one_after_another, percentile
from bench.processes import Server
from bench.report import Row, above, below, ms

MOST_HANGING = 1.02
MOST_HANDOFF_S = 0.025
SQLITE_PER_S, POSTGRES_PER_S, ONE_PER_S = 100, 200, 20
WARM_EXCHANGES = 2
FIRST_TURNS = 3
SLOTS = ("worker-1", "worker-2")


def hanging(bench: Bench) -> Iterator[Row]:
    """The first word of calls while Chatwoot hangs, against the same with Chatwoot off, by turns."""
    bench.say(
        f"one call after another, {bench.size.turns} turns, with Chatwoot hanging and with Chatwoot off"
    )
    chatwoot = _chatwoot(bench)
    chatwoot.pace(0, hangs=True)
    with _app(bench, **chatwoot.settings) as hung, _app(bench) as off:
        pair = (Result(), Result())
        asyncio.run(_by_turns(list(zip((hung, off), pair, strict=True)), bench.size.turns))
    times = bench.model.times()
    hung_calls, off_calls = (result.join(times) for result in pair)
    words = [percentile(result.first_words_s, 0.5) for result in pair]
    over = [percentile(result.over_model_s, 0.5) for result in pair]
    yield below(
        "first word with Chatwoot hanging against Chatwoot off, p50", words[0] / words[1], MOST_HANGING,
        f"{words[0] / words[1]:.3f}x ({words[0]:.3f} s, {words[1]:.3f} s; {len(hung_calls.samples)} turns)",
        must=f"≤ {MOST_HANGING}x",
    )  # fmt: skip
    yield Row(
        "beyond the model with Chatwoot hanging against Chatwoot off, p50",
        f"{over[0] / over[1]:.2f}x ({ms(over[0])}, {ms(over[1])})",
    )
    left = chatwoot.counts()["left"]
    yield above("Chatwoot hanging: requests it left waiting", left, 1, f"{left:.0f}", must="≥ 1")
    failed = hung_calls.errors + off_calls.errors
    yield _errors("Chatwoot hanging", failed, 2 * bench.size.turns, "turns")


def drain(bench: Bench) -> Iterator[Row]:
    """Measure draining many contacts' exchanges with one worker over SQLite."""
    chatwoot = _chatwoot(bench)
    with _app(bench, **chatwoot.settings) as server:
        numbers = NUMBERS[: bench.size.people.contacts]
        load = _Load(chatwoot, f"sqlite:///{server.database}", [server], numbers, bench.size.people.exchanges)
        yield from _drained(bench, load, f"{len(numbers)} contacts, SQLite", SQLITE_PER_S)


def drain_postgres(bench: Bench) -> Iterator[Row]:
    """The same over PostgreSQL, by two workers."""
    from tests.postgres import NoPostgresError, run_server  # here: it needs what only developers install

    name = f"{bench.size.people.contacts} contacts, PostgreSQL, two workers"
    try:
        with run_server() as server:
            yield from _drained_over(bench, server.render_as_string(hide_password=False), name)
    except NoPostgresError as error:
        yield Row(f"mirrored messages a second, {name}", f"not measured: {error}", must=f"≥ {POSTGRES_PER_S}")


def drain_one(bench: Bench) -> Iterator[Row]:
    """Measure draining one contact's exchanges, one after the other."""
    chatwoot = _chatwoot(bench)
    with _app(bench, **chatwoot.settings) as server:
        load = _Load(
            chatwoot, f"sqlite:///{server.database}", [server], NUMBERS[:1], bench.size.people.backlog
        )
        yield from _drained(bench, load, "one contact, SQLite", ONE_PER_S)


def handoff(bench: Bench) -> Iterator[Row]:
    """A request for a person, until the seller's notice is with Twilio; Chatwoot is told as well, behind it."""
    requests = bench.size.people.handoffs
    bench.say(f"{requests} requests for a person, one after another")
    chatwoot = _chatwoot(bench)
    chatwoot.pace(TAKES_S)
    settings = chatwoot.settings | handovers.SETTINGS
    server = bench.machine.start_whatsapp(f"people-{next(_servers)}", **settings)
    before_s = server.web.cpu_s()
    done = handovers.ask_by_turns(server.port, bench.machine.twilio_port, requests)
    cpu_s = server.web.cpu_s() - before_s
    bench.machine.stop(server)
    twilio_s = percentile(done.twilio_s, 0.5)
    value, late = (percentile(done.took_s, part) - twilio_s for part in (0.5, 0.99))
    yield below(
        "handoff API: over Twilio's own time, p50", value, MOST_HANDOFF_S,
        f"{ms(value)} (p99 {ms(late)}; Twilio {ms(twilio_s)})", must=f"≤ {ms(MOST_HANDOFF_S)}",
    )  # fmt: skip
    yield Row("handoff API: processor per request", ms(cpu_s / (handovers.WARMING + requests)))
    yield _errors("handoff API", done.errors, requests, "requests")


FIGURES: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "people-hanging": hanging,
    "people-drain": drain,
    "people-drain-postgres": drain_postgres,
    "people-drain-one": drain_one,
    "people-handoff": handoff,
}

_servers = count(1)


@dataclass(frozen=True, slots=True)
class _Load:
    """The exchanges to be drained, per number, and the servers with the workers."""

    chatwoot: Chatwoot
    database_url: str
    servers: Sequence[Server]
    numbers: Sequence[str]
    exchanges: int

    def worker_cpu_s(self) -> float:
        return sum(server.worker.cpu_s() for server in self.servers if server.worker)


def _chatwoot(bench: Bench) -> Chatwoot:
    """One for each figure, with nothing in it."""
    return Chatwoot(bench.machine.start_stand_in("chatwoot"))


@contextmanager
def _app(bench: Bench, **settings: str) -> Iterator[Server]:
    server = bench.machine.start_app(f"people-{next(_servers)}", **settings)
    yield server
    bench.machine.stop(server)


async def _by_turns(pairs: Sequence[tuple[Server, Result]], turns: int) -> None:
    """One call after another at each, half a turn apart, so that neither has a better moment of the machine's."""

    async def calls(server: Server, result: Result, offset_s: float) -> None:
        await asyncio.sleep(offset_s)
        await one_after_another(server, turns, result, first_turns=FIRST_TURNS)

    await in_parallel([calls(*pair, index * BRISK_TURN_S / len(pairs)) for index, pair in enumerate(pairs)])


def _drained_over(bench: Bench, url: str, name: str) -> Iterator[Row]:
    chatwoot = _chatwoot(bench)
    settings = chatwoot.settings | {"DATABASE_URL": url}
    with (
        _app(bench, **settings, WORKER_ID=SLOTS[0]) as one,
        _app(bench, **settings, WORKER_ID=SLOTS[1]) as two,
    ):
        numbers = NUMBERS[: bench.size.people.contacts]
        load = _Load(chatwoot, url, [one, two], numbers, bench.size.people.exchanges)
        yield from _drained(bench, load, name, POSTGRES_PER_S)


def _drained(bench: Bench, load: _Load, name: str, least_per_s: int) -> Iterator[Row]:
    bench.say(f"{name}: {2 * load.exchanges} messages each that Chatwoot has not")
    load.chatwoot.pace(TAKES_S)
    backlog = Backlog(load.database_url, load.chatwoot)
    try:
        backlog.wait_for_workers(SLOTS[: len(load.servers)])
        backlog.drain(WARMING, WARM_EXCHANGES)
        before_s = load.worker_cpu_s()
        drained = backlog.drain(load.numbers, load.exchanges)
        cpu_s = load.worker_cpu_s() - before_s
        few = backlog.drain(load.numbers, 1, after=load.exchanges)
        astray = backlog.astray(load.numbers, load.exchanges + 1)
    finally:
        backlog.close()
    yield above(
        f"mirrored messages a second, {name}", drained.per_s, least_per_s,
        f"{drained} (Chatwoot takes {ms(TAKES_S)} for each)", must=f"≥ {least_per_s}",
    )  # fmt: skip
    if len(load.numbers) > 1:
        yield Row(f"mirrored messages a second, {name}, two of each", f"{few}")
    yield Row(f"{name}: processor of the workers, per message", ms(cpu_s / drained.messages))
    yield below(f"{name}: contacts not shown whole, once and in order", astray, 0, f"{astray}", must="0")


def _errors(where: str, errors: Counter[str], many: int, what: str) -> Row:
    failed = sum(errors.values())
    which = "".join(f"; {reason}: {times}" for reason, times in errors.items())
    return below(f"{where}: errors", failed, 0, f"{failed} in {many} {what}{which}", must="0")
