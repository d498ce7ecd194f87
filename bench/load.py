"""Measures the turns of calls, one after another and many at once."""

import asyncio
import json
import math
import time
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from bench.caller import Caller, CallFailed, Turn
from bench.processes import Server

BRISK_PAUSE_S = 1.7
"""Seconds that a hurried caller listens to a first sentence: just until the model has written the rest."""
BRISK_TURN_S = 2.6
TURNS_PER_CALL = 10

callers = count(1)


@dataclass(frozen=True, slots=True)
class Sample:
    """One turn with the model's own times. Seconds."""

    first_word_s: float
    """From the webhook to the first word, the model's time included."""
    over_model_s: float
    """The same, from the moment the model had sent what makes the end of its first sentence certain."""
    silences_s: tuple[float, ...]
    model_late_s: float
    prompt_bytes: int


@dataclass
class Result:
    """Latencies of the calls."""

    turns: list[Turn] = field(default_factory=list)
    greetings_s: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)
    web_cpu_s: float = 0.0
    worker_cpu_s: float = 0.0

    @property
    def fillers(self) -> int:
        """Return the number of fillers."""
        return sum(turn.fillers for turn in self.turns)

    @property
    def first_words_s(self) -> list[float]:
        """Of each turn, from the webhook to the first word."""
        return [sample.first_word_s for sample in self.samples]

    @property
    def over_model_s(self) -> list[float]:
        """Of each turn, what the first word took beyond the model."""
        return [sample.over_model_s for sample in self.samples]

    @property
    def silences_s(self) -> list[float]:
        """Each silence after a first word."""
        return [silence for sample in self.samples for silence in sample.silences_s]

    def join(self, times: dict[str, list[float]]) -> "Result":
        """Take in the model's times, by the questions' numbers."""
        for turn in self.turns:
            if (at := times.get(str(turn.question))) is not None:
                self.samples.append(
                    Sample(
                        turn.first_word - turn.asked,
                        turn.first_word - at[2],
                        tuple(turn.silences_s),
                        at[4],
                        int(at[5]),
                    )
                )
        return self


class Model:
    """The model server's other side: how fast it is to be, and when it said what."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def pace(self, first_s: float, tokens_per_s: float, chunks: int = 0) -> None:
        """Set how fast the next answers come; 0 tokens per second is all at once, in so many events (0: one each)."""
        self._get(f"/pace?first_s={first_s}&tokens_per_s={tokens_per_s}&chunks={chunks}")

    def times(self) -> dict[str, list[float]]:
        """Return the times of answers that ended since it was last asked."""
        times: dict[str, list[float]] = self._get("/times")
        return times

    def _get(self, target: str) -> Any:
        return get_json(self._url + target)


def get_json(url: str) -> Any:
    """Ask a stand-in on this machine."""
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.load(response)


def percentile(values: Sequence[float], part: float) -> float:
    """The nearest-rank percentile; NaN of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else math.nan


async def one_after_another(server: Server, turns: int, result: Result, first_turns: int = 1) -> Result:
    """One call at a time, ten turns each; the first turns, when all is cold, are not counted."""
    left = turns + first_turns
    while left > 0:
        caller = Caller(server.port, next(callers))
        try:
            result.greetings_s.append(await caller.dial())
            for _ in range(min(left, TURNS_PER_CALL)):
                result.turns.append(await caller.turn(longest_pause_s=BRISK_PAUSE_S))
                left -= 1
        except CallFailed as error:
            result.errors[str(error)] += 1
            left -= 1
        caller.hang_up()
    del result.turns[:first_turns]
    return result


@dataclass(frozen=True, slots=True)
class Crowd:
    """Many calls at once: how many, a turn every so often each, measured for so long."""

    calls: int
    every_s: float
    seconds: float
    keep_alive: bool = True


async def crowd(server: Server, plan: Crowd) -> Result:
    """Place the calls evenly over one interval, let it settle for another, then measure."""
    result, starts = Result(), time.monotonic() + 0.2
    measured_from = starts + 2 * plan.every_s
    measured_to = measured_from + plan.seconds
    placed = [
        asyncio.create_task(
            _steady_call(server.port, plan, starts + plan.every_s * index / plan.calls, measured_to, result)
        )
        for index in range(plan.calls)
    ]
    await _until(measured_from)
    web_before, worker_before = _cpu(server)
    await _until(measured_to)
    web_after, worker_after = _cpu(server)
    await asyncio.gather(*placed)
    result.web_cpu_s, result.worker_cpu_s = web_after - web_before, worker_after - worker_before
    result.turns = [turn for turn in result.turns if measured_from <= turn.asked < measured_to]
    return result


async def _steady_call(port: int, plan: Crowd, at: float, until: float, result: Result) -> None:
    """A turn at each of its times, whatever the server does; one that is late begins as soon as it can."""
    caller = Caller(port, next(callers), keep_alive=plan.keep_alive)
    await _until(at)
    try:
        result.greetings_s.append(await caller.dial())
    except CallFailed as error:
        result.errors[f"/voice: {error}"] += 1
        return
    while (at := at + plan.every_s) < until:
        await _until(at)
        try:
            result.turns.append(await caller.turn())
        except CallFailed as error:
            result.errors[str(error)] += 1
    caller.hang_up()


async def go_through(caller: Caller, turns: int) -> None:
    """Hear the greeting and take a number of turns without listening; for a model that answers at once."""
    await caller.dial()
    for _ in range(turns):
        await caller.turn(longest_pause_s=0)


async def in_parallel(calls: Sequence[Awaitable[object]]) -> None:
    """Run them side by side."""
    await asyncio.gather(*calls)


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))


def _cpu(server: Server) -> tuple[float, float]:
    return server.web.cpu_s(), server.worker.cpu_s() if server.worker else 0.0
