"""WhatsApp's figures. The people are bench/person.py's: each waits for the answer, and then writes again."""

import asyncio
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count

from bench.chats import Chats, all_at_once, write_by_turns
from bench.figures import Bench
from bench.load import in_parallel, percentile
from bench.person import NEWCOMERS, RECEIPTS, Person
from bench.processes import Server
from bench.report import Row, above, below, ms
from bench.servers.model_server import ANSWER_TOKENS, FIRST_TOKEN_S, TOKENS_PER_S
from bench.summaries import wait_for_summaries, whatsapp_keys

USUAL_PER_S = 1.8
"""Answers per second of a usual bot in this field, with 100 people at once and this model, on two cores: two
blocking calls of the model for each message inside one event loop, in six processes."""
AT_ONCE_PER_S = 100
WITH_RECEIPTS = f", {len(RECEIPTS)} receipts of each answer"
MOST_MEMORY_KB = 300_000
MOST_GROWTH = 1.05
FEW = 20
WEB_PROCESSES = 2
"""As many as start.sh starts."""
LOOKS = 5
"""Number of memory readings, at equal intervals of messages."""

CHUNKS = 10
MODEL_S = FIRST_TOKEN_S + (ANSWER_TOKENS - 1) / TOKENS_PER_S
"""Duration of the model's answer, by its own clock."""
AT_ONCE = f"model at 0 s, {ANSWER_TOKENS} tokens in {CHUNKS} chunks"

WINDOW = 8
"""Messages measured of each chat: as many as lie between two summaries."""
EARLY = 10


def crowd(bench: Bench) -> Iterator[Row]:
    """Many people at once, and a model that takes its time; then the same with the receipts of each answer."""
    size = bench.size.chats
    bench.say(f"{size.people} people at once on WhatsApp, {size.rounds} messages each")
    with _alone(bench) as server:
        chats = _many(bench, server, size.rounds, receipts=())
    bench.say("the same with receipts")
    with _alone(bench) as server:
        told = _many(bench, server, size.rounds)
    floor = _floor(bench, size.rounds)
    where = f"WhatsApp, {size.people} people at once"
    name = f"{where}: webhook to answer over the model's time"
    for part, limit_s in ((0.5, 0.2), (0.99, 0.8)):
        value = percentile(chats.over_model_s, part)
        yield below(
            f"{name}, p{part * 100:.0f}", value, limit_s,
            f"{ms(value)} (with it {percentile(chats.whole_s, part):.2f} s)", must=f"≤ {ms(limit_s)}",
            floor=ms(percentile(floor.over_model_s, part)),
        )  # fmt: skip
    yield Row(f"{name}{WITH_RECEIPTS}, p50 and p99", _both(told.over_model_s))
    yield above(
        f"{where}: messages a second", chats.per_s, 20 * USUAL_PER_S,
        f"{chats.per_s:.1f} ({chats.per_s / USUAL_PER_S:.0f}x the usual bot's)", must="≥ 20x the usual bot's 1.8",
        floor=f"{floor.per_s:.1f}",
    )  # fmt: skip
    yield Row(f"{where}: messages a second{WITH_RECEIPTS}", f"{told.per_s:.1f}")
    late = [model_s - MODEL_S for model_s in (*chats.model_s, *told.model_s)]
    yield Row(f"{where}: the bench's model behind its own clock, p50 and p99", _both(late))
    yield from _spent(chats, where, floor)
    yield from _spent(told, f"{where}{WITH_RECEIPTS}")


def throughput(bench: Bench) -> Iterator[Row]:
    """Measure the maximum messages per second, without and with receipts."""
    size = bench.size.chats
    each = max(1, size.messages // 2 // size.people)
    bench.say(f"{size.people} people at once on WhatsApp, {each} messages each, {AT_ONCE}")
    with _alone(bench) as server, _at_once(bench):
        told = _many(bench, server, each, looks=LOOKS)
        bench.say("the same without receipts")
        # Last, for what no receipt came of is looked for at Twilio after a minute.
        chats = _many(bench, server, each, looks=LOOKS, receipts=())
        whole_kb = server.whole.memory_kb()
        floor = _floor(bench, each)
    where = f"WhatsApp, {AT_ONCE}"
    yield above(
        f"{where}: messages a second", chats.per_s, AT_ONCE_PER_S,
        f"{chats.per_s:.1f} (webhook to answer, p50 and p99: {_both(chats.whole_s)})",
        must=f"≥ {AT_ONCE_PER_S}", floor=f"{floor.per_s:.1f}",
    )  # fmt: skip
    yield Row(
        f"{where}: messages a second{WITH_RECEIPTS}",
        f"{told.per_s:.1f} (webhook to answer, p50 and p99: {_both(told.whole_s)})",
    )
    most_kb = max((*chats.memory_kb, *told.memory_kb), default=math.nan)
    yield below(
        f"{where}: memory of web and worker at the most", most_kb, MOST_MEMORY_KB,
        f"{_mb(most_kb)} (at the end {_mb(whole_kb)} with the process that keeps them up)",
        must=f"≤ {_mb(MOST_MEMORY_KB)}",
    )  # fmt: skip
    yield from _spent(chats, where, floor)
    yield from _spent(told, f"{where}{WITH_RECEIPTS}")


def one_person(bench: Bench) -> Iterator[Row]:
    """One person's messages, with nobody else about."""
    messages = bench.size.chats.alone
    bench.say(f"one person on WhatsApp, {messages} messages")
    chats = _many(bench, bench.whatsapp, messages, people=1)
    value = percentile(chats.over_model_s, 0.5)
    yield below(
        "WhatsApp, one person: webhook to answer over the model's time, p50", value, 0.030,
        f"{ms(value)} (p99 {ms(percentile(chats.over_model_s, 0.99))}; {len(chats.answered)} messages)",
        must="≤ 30.0 ms",
    )  # fmt: skip
    yield _errors(chats, "WhatsApp, one person")


def history(bench: Bench) -> Iterator[Row]:
    """A late message of one contact against an early one of another, by turns, over the model's time."""
    size = bench.size.chats
    bench.say(f"{size.long_chats} people on WhatsApp, {size.long_chat:,} messages each, {AT_ONCE}")
    with _at_once(bench):
        late, early = asyncio.run(_late_and_early(bench, bench.whatsapp))
    name = f"WhatsApp, message {size.long_chat:,} of a contact against message {EARLY}"
    old, young = (percentile(chats.over_model_s, 0.5) for chats in (late, early))
    yield below(
        f"{name}: over the model's time, p50", old / young, 1.1,
        f"{old / young:.2f}x ({ms(old)}, {ms(young)}; {len(late.answered)} messages each)", must="≤ 1.1x",
    )  # fmt: skip
    late.errors += early.errors
    yield _errors(late, name)


def memory(bench: Bench) -> Iterator[Row]:
    """Measure memory growth per message; with fewer people, so that none is refused."""
    people, messages = min(FEW, bench.size.chats.people), bench.size.chats.messages
    bench.say(f"{people} people at once on WhatsApp, {messages // people} messages each, {AT_ONCE}")
    with _alone(bench) as server, _at_once(bench):
        chats = _many(bench, server, messages // people, people=people, looks=LOOKS)
    looked = chats.memory_kb
    growth = looked[-1] / looked[0] if len(looked) >= LOOKS else math.nan
    yield below(
        f"WhatsApp, memory after {len(looked) * chats.look_every:,} messages against after {chats.look_every:,}",
        growth, MOST_GROWTH, f"{growth:.3f}x ({', '.join(map(_mb, looked))})", must=f"≤ {MOST_GROWTH}x",
    )  # fmt: skip
    yield _errors(chats, "WhatsApp, memory")


FIGURES: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "whatsapp-crowd": crowd,
    "whatsapp-throughput": throughput,
    "whatsapp-one": one_person,
    "whatsapp-history": history,
    "whatsapp-memory": memory,
}


@contextmanager
def _at_once(bench: Bench) -> Iterator[None]:
    bench.model.pace(0, 0, CHUNKS)
    try:
        yield
    finally:
        bench.model.pace(FIRST_TOKEN_S, TOKENS_PER_S)


@contextmanager
def _alone(bench: Bench) -> Iterator[Server]:
    """A program of its own, that has answered nobody before."""
    server = bench.machine.start_whatsapp(f"whatsapp-{next(_programs)}")
    yield server
    bench.machine.stop(server)


_programs = count(1)


def _many(
    bench: Bench,
    server: Server,
    messages: int,
    *,
    people: int | None = None,
    looks: int = 0,
    receipts: Sequence[str] = RECEIPTS,
) -> Chats:
    """People who write so many messages each. receipts: what Twilio tells of each answer."""
    people = people or bench.size.chats.people
    look_every = max(1, people * messages // looks) if looks else 0
    bench.model.times()
    load = all_at_once(bench.machine, server, people, messages, receipts=receipts, look_every=look_every)
    return asyncio.run(load).join(bench.model.times())


def _floor(bench: Bench, messages: int) -> Chats:
    """The same load on the smallest app that answers, right after."""
    bench.say("the same at the floor")
    server = bench.machine.start_floor("whatsapp_floor", WEB_PROCESSES)
    chats = _many(bench, server, messages, receipts=())
    bench.machine.stop(server)
    return chats


async def _late_and_early(bench: Bench, server: Server) -> tuple[Chats, Chats]:
    many, late_at = bench.size.chats.long_chats, bench.size.chats.long_chat
    late, early, newcomers = Chats(), Chats(), range(NEWCOMERS + 1, NEWCOMERS + 1 + 2 * many)
    old, young = (
        [Person(server.port, number, lost=chats.errors) for number in numbers]
        for chats, numbers in ((late, newcomers[:many]), (early, newcomers[many:]))
    )
    await in_parallel([write_by_turns(person, late_at - WINDOW // 2, late) for person in old])
    await in_parallel([write_by_turns(person, EARLY - WINDOW // 2, early) for person in young])
    for chats in (late, early):
        chats.exchanges.clear()  # what led there is not measured
    _wait_for_summaries(bench, server, [person.number for person in old], late_at)
    for pair in zip(old, young, strict=True):
        await _take_turns(list(zip(pair, (late, early), strict=True)))
    for person in (*old, *young):
        person.leave()
    times = bench.model.times()
    return late.join(times), early.join(times)


def _wait_for_summaries(bench: Bench, server: Server, numbers: Sequence[str], late_at: int) -> None:
    assert server.database is not None
    keys = whatsapp_keys(server.database, numbers)
    if not wait_for_summaries(server.database, keys, late_at - WINDOW // 2 - 16):
        bench.say("summaries are late: the prompts of the late messages hold more turns in full")


async def _take_turns(pair: Sequence[tuple[Person, Chats]]) -> None:
    """One message at a time, so that neither has a better moment of the machine's."""
    for _ in range(WINDOW):
        for person, chats in pair:
            await write_by_turns(person, 1, chats)


def _spent(chats: Chats, where: str, floor: Chats | None = None) -> Iterator[Row]:
    yield Row(
        f"{where}: processor per message, web and worker",
        f"{ms(chats.cpu_each_s('web'))}, {ms(chats.cpu_each_s('worker'))}",
        floor=ms(floor.cpu_each_s("web")) if floor else "",
    )
    rest = ", ".join(f"{name} {chats.cpu_s[name]:.1f} s" for name in ("people", "model", "twilio"))
    yield Row(
        f"{where}: processor of those who write and of the stand-ins", f"{rest} (of {chats.seconds:.0f} s)"
    )
    asked = ", ".join(f"{name} {times}" for name, times in chats.asked_of_twilio.items())
    yield Row(f"{where}: what Twilio was asked", asked)
    yield _errors(chats, where)


def _errors(chats: Chats, where: str) -> Row:
    failed = sum(chats.errors.values())
    what = "".join(f"; {reason}: {times}" for reason, times in chats.errors.items())
    return below(
        f"{where}: errors", failed, 0, f"{failed} in {len(chats.exchanges)} messages{what}", must="0"
    )


def _both(values: list[float]) -> str:
    return f"{ms(percentile(values, 0.5))}, {ms(percentile(values, 0.99))}"


def _mb(kilobytes: float) -> str:
    return f"{kilobytes / 1000:.0f} MB"
