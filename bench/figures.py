"""Defines the figures: a load, a measurement and a limit each."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bench import history
from bench.caller import Caller, CallFailed
from bench.load import (
    BRISK_PAUSE_S,
    BRISK_TURN_S,
    Crowd,
    Model,
    Result,
    callers,
    crowd,
    go_through,
    in_parallel,
    one_after_another,
    percentile,
)
from bench.processes import Machine, Server
from bench.report import Row, below, ms
from bench.servers.model_server import FIRST_TOKEN_S, TOKENS_PER_S
from bench.summaries import wait_for_summaries
from bench.waiting import memory_of_waiting

WINDOW = 8
"""Turns that are measured around the 20th and the 200th: as many as lie between two summaries."""
EARLY, LATE = 20, 200


@dataclass(frozen=True, slots=True)
class ChatSize:
    """Sizes of the WhatsApp loads.

    rounds: messages of each of the people at once. alone: of one person. long_chat: of each who writes long.
    messages: of all together, where the model takes no time.
    """

    people: int
    rounds: int
    alone: int
    long_chats: int
    long_chat: int
    messages: int


@dataclass(frozen=True, slots=True)
class DashboardSize:
    """Sizes of the dashboard loads.

    windows: open at once, on so many calls, rounds: how often they are opened. messages: in the long past.
    opens: how often each page is opened over it.
    """

    windows: int
    calls: int
    rounds: int
    messages: int
    opens: int


@dataclass(frozen=True, slots=True)
class PeopleSize:
    """Sizes of the Chatwoot loads. exchanges: of each of the contacts; backlog: of one; two messages each."""

    contacts: int
    exchanges: int
    backlog: int
    handoffs: int


@dataclass(frozen=True, slots=True)
class CampaignSize:
    """Sizes of the campaign loads. lines: of a list that is read. recipients: of a campaign."""

    lines: int
    recipients: int


@dataclass(frozen=True, slots=True)
class Size:
    """Sizes of all loads."""

    turns: int
    crowd: Crowd
    long_calls: int
    history_turns: int
    history_samples: int
    chats: ChatSize
    dashboard: DashboardSize
    people: PeopleSize
    campaigns: CampaignSize


@dataclass
class Bench:
    """One run: the machine, the two servers that stand beside each other, and what is known so far."""

    machine: Machine
    size: Size
    say: Callable[[str], None]
    _one_call: Result | None = None
    _servers: dict[str, Server] = field(default_factory=dict)

    @property
    def model(self) -> Model:
        """The model that all ask."""
        return Model(self.machine.model_port)

    @property
    def app(self) -> Server:
        """The program, over a database that was empty at the beginning."""
        if "app" not in self._servers:
            self._servers["app"] = self.machine.start_app("app")
        return self._servers["app"]

    @property
    def whatsapp(self) -> Server:
        """The program as one that answers WhatsApp, over a database that was empty at the beginning."""
        if "whatsapp" not in self._servers:
            self._servers["whatsapp"] = self.machine.start_whatsapp("whatsapp")
        return self._servers["whatsapp"]

    @property
    def floor(self) -> Server:
        """The smallest app that does it."""
        if "floor" not in self._servers:
            self._servers["floor"] = self.machine.start_floor()
        return self._servers["floor"]

    def one_call(self) -> Result:
        """Return the program's result for single calls, measured once a run: the baseline of many calls."""
        if self._one_call is None:
            self.say(f"one call after another, {self.size.turns} turns")
            self._one_call = self._one_after_another(self.app, self.size.turns)
        return self._one_call

    def _one_after_another(self, server: Server, turns: int) -> Result:
        result = asyncio.run(one_after_another(server, turns, Result()))
        return result.join(self.model.times())

    # First word

    def first_word(self) -> Iterator[Row]:
        """Measure one call's delay of the first word beyond the model's first sentence."""
        app = self.one_call()
        turns = max(2, self.size.turns // 4)
        self.say(f"the same at the floor, {turns} turns")
        floor = self._one_after_another(self.floor, turns)
        for part, limit_s in ((0.5, 0.015), (0.99, 0.040)):
            value, beside = percentile(app.over_model_s, part), percentile(floor.over_model_s, part)
            name = f"first word over the model's first sentence, one call, p{part * 100:.0f}"
            yield below(name, value, limit_s, ms(value), must=f"≤ {ms(limit_s)}", floor=ms(beside))
        yield _silence(app, floor, "one call")
        yield Row(
            f"greeting, one call, p50 of {len(app.greetings_s)}", ms(percentile(app.greetings_s, 0.5)),
            floor=ms(percentile(floor.greetings_s, 0.5)),
        )  # fmt: skip
        yield _errors(app, "one call")

    # Many calls

    def crowd(self) -> Iterator[Row]:
        """Many calls at once: first word, dead air, processor, against one call and against the floor."""
        alone, plan = self.one_call(), self.size.crowd
        app, floor = self._crowd(self.app), self._crowd(self.floor)
        name = f"{plan.calls} calls at once, webhook to first word"
        for part, limit in ((0.5, 1.1), (0.99, 1.3)):
            value, one = percentile(app.first_words_s, part), percentile(alone.first_words_s, part)
            yield below(
                f"{name}, p{part * 100:.0f}", value / one, limit,
                f"{value / one:.3f}x one call ({value:.3f} s, {one:.3f} s)",
                must=f"≤ {limit}x", floor=f"{percentile(floor.first_words_s, part):.3f} s",
            )  # fmt: skip
        yield _errors(app, f"{plan.calls} calls")
        yield _silence(app, floor, f"{plan.calls} calls")
        yield Row(
            f"first word over the model's first sentence, {plan.calls} calls, p50 and p99",
            _both(app.over_model_s), floor=_both(floor.over_model_s),
        )  # fmt: skip
        late = [sample.model_late_s for sample in app.samples]
        yield Row("the bench's model behind its own clock, p50 and p99", _both(late))
        yield from self._processor(app, floor)

    def _crowd(self, server: Server) -> Result:
        plan = self.size.crowd
        self.say(
            f"{plan.calls} calls at the {server.name}, a turn every {plan.every_s:.0f} s, {plan.seconds:.0f} s"
        )
        return asyncio.run(crowd(server, plan)).join(self.model.times())

    def _processor(self, app: Result, floor: Result) -> Iterator[Row]:
        ours, least = _per_turn(app.web_cpu_s, app), _per_turn(floor.web_cpu_s, floor)
        yield below(
            f"processor per turn, {self.size.crowd.calls} calls", ours / least, 2,
            f"{ours / least:.2f}x the floor ({ms(ours)})", must="≤ 2x", floor=ms(least),
        )  # fmt: skip
        yield Row("processor of the worker, per turn", ms(_per_turn(app.worker_cpu_s, app)))

    # Growth

    def long_call(self) -> Iterator[Row]:
        """The 200th turn of a call against the 20th: eight turns around each, side by side."""
        self.say(f"{self.size.long_calls} calls of {LATE} turns")
        late, early = asyncio.run(self._late_and_early(self.size.long_calls))
        times = self.model.times()
        yield from _compared(f"turn {LATE} against turn {EARLY}", late.join(times), early.join(times))
        sizes = [percentile([float(s.prompt_bytes) for s in result.samples], 0.5) for result in (late, early)]
        yield Row(
            f"what the model is sent at turn {LATE} against {EARLY}",
            f"{sizes[0] / sizes[1]:.2f}x ({sizes[0] / 1000:.1f} kB, {sizes[1] / 1000:.1f} kB)",
        )

    async def _late_and_early(self, many: int) -> tuple[Result, Result]:
        old = [Caller(self.app.port, next(callers)) for _ in range(many)]
        young = [Caller(self.app.port, next(callers)) for _ in range(many)]
        self.model.pace(0, 0)
        await in_parallel([go_through(caller, LATE - WINDOW // 2) for caller in old])
        await in_parallel([go_through(caller, EARLY - WINDOW // 2) for caller in young])
        self._wait_for_summaries(old)
        self.model.pace(FIRST_TOKEN_S, TOKENS_PER_S)
        self.model.times()
        late, early = Result(), Result()
        # in turns, so that neither has a better moment of the machine's
        await _take_turns(
            [pair for two in zip(old, young, strict=True) for pair in zip(two, (late, early), strict=True)]
        )
        return late, early

    def _wait_for_summaries(self, old: list[Caller]) -> None:
        assert self.app.database is not None
        due = LATE - WINDOW // 2 - 16  # the newest but one, for a call whose last one is just being written
        keys = [f"phone:{caller.call_sid}" for caller in old]
        if not wait_for_summaries(self.app.database, keys, due):
            self.say("summaries are late: the prompts of the late turns hold more turns in full")

    def big_database(self) -> Iterator[Row]:
        """A database of a million turns against an empty one, turn by turn side by side."""
        many = self.size.history_turns
        self.say(f"making a database of {many:,} turns")
        big = self.machine.start_app("big")
        self.machine.stop(big)
        path = big.database
        assert path is not None
        began = time.monotonic()
        size = history.fill(path, many)
        self.say(
            f"made in {time.monotonic() - began:.0f} s, {size / 1e6:.0f} MB; {self.size.history_samples} turns each"
        )
        empty, big = self.machine.start_app("empty"), self.machine.start_app("big")
        grown, fresh = Result(), Result()
        asyncio.run(self._side_by_side([(big, grown), (empty, fresh)]))
        times = self.model.times()
        yield from _compared(
            f"database of {many:,} turns against an empty one", grown.join(times), fresh.join(times)
        )
        greetings = [percentile(result.greetings_s, 0.5) for result in (grown, fresh)]
        yield Row(
            f"greeting with {many:,} turns against none, p50",
            f"{greetings[0] / greetings[1]:.2f}x ({ms(greetings[0])}, {ms(greetings[1])})",
        )
        for server in (big, empty):
            self.machine.stop(server)
        path.unlink()

    async def _side_by_side(self, pairs: list[tuple[Server, Result]]) -> None:
        async def calls(server: Server, result: Result, offset_s: float) -> None:
            await asyncio.sleep(offset_s)
            await one_after_another(server, self.size.history_samples, result, first_turns=3)

        await in_parallel([calls(*pair, index * BRISK_TURN_S / 2) for index, pair in enumerate(pairs)])

    # Memory

    def memory(self) -> Iterator[Row]:
        """Measure a waiting call's memory."""
        calls = self.size.crowd.calls
        self.say(f"{calls} calls that wait for a slow model")
        app = self.machine.start_app("patient", ANSWER_WAIT_S="4")
        ours = asyncio.run(memory_of_waiting(app, self.model, calls))
        self.machine.stop(app)
        floor = self.machine.start_floor()  # a fresh one: what has had many calls before keeps their memory
        least = asyncio.run(memory_of_waiting(floor, self.model, calls))
        self.machine.stop(floor)
        yield below(
            f"memory per waiting call, {calls} of them", ours.per_call_kb, 150,
            f"{ours.per_call_kb:.0f} KB ({ours.waiting} waited, {ours.threads} threads)",
            must="≤ 150 KB", floor=f"{least.per_call_kb:.0f} KB ({least.waiting} waited)",
        )  # fmt: skip
        yield Row(
            "memory before", f"{ours.before_kb / 1000:.0f} MB", floor=f"{least.before_kb / 1000:.0f} MB"
        )


FIGURES: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "first-word": Bench.first_word,
    "crowd": Bench.crowd,
    "long-call": Bench.long_call,
    "big-database": Bench.big_database,
    "memory": Bench.memory,
}


async def _take_turns(pairs: list[tuple[Caller, Result]]) -> None:
    async def call(caller: Caller, result: Result, offset_s: float) -> None:
        await asyncio.sleep(offset_s)
        try:
            for _ in range(WINDOW):
                result.turns.append(await caller.turn(longest_pause_s=BRISK_PAUSE_S))
        except CallFailed as error:
            result.errors[str(error)] += 1
        caller.hang_up()

    step_s = BRISK_TURN_S / len(pairs)
    await in_parallel([call(*pair, index * step_s) for index, pair in enumerate(pairs)])


def _compared(name: str, grown: Result, fresh: Result) -> Iterator[Row]:
    words = [percentile(result.first_words_s, 0.5) for result in (grown, fresh)]
    over = [percentile(result.over_model_s, 0.5) for result in (grown, fresh)]
    yield below(
        f"{name}: first word, p50", words[0] / words[1], 1.1,
        f"{words[0] / words[1]:.3f}x ({words[0]:.3f} s, {words[1]:.3f} s; {len(grown.samples)} turns)", must="≤ 1.1x",
    )  # fmt: skip
    yield Row(f"{name}: beyond the model, p50", f"{over[0] / over[1]:.2f}x ({ms(over[0])}, {ms(over[1])})")
    yield _errors(grown, name)


def _per_turn(seconds: float, result: Result) -> float:
    return seconds / len(result.turns) if result.turns else math.nan


def _silence(app: Result, floor: Result, where: str) -> Row:
    value = percentile(app.silences_s, 0.99)
    return below(
        f"dead air after the first word, {where}, p99", value, 0.050,
        f"{ms(value)} (p50 {ms(percentile(app.silences_s, 0.5))})",
        must="≤ 50 ms", floor=ms(percentile(floor.silences_s, 0.99)),
    )  # fmt: skip


def _errors(result: Result, where: str) -> Row:
    failed = sum(result.errors.values())
    what = "".join(f"; {reason}: {times}" for reason, times in result.errors.items())
    return below(
        f"errors, {where}",
        failed,
        0,
        f"{failed} in {len(result.turns)} turns, {result.fillers} fillers{what}",
        must="0",
    )


def _both(values: list[float]) -> str:
    return f"{ms(percentile(values, 0.5))}, {ms(percentile(values, 0.99))}"
