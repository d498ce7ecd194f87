"""Measures the memory of calls that wait for a slow model."""

import asyncio
import math
from dataclasses import dataclass

from bench.caller import Caller
from bench.load import Model, callers, go_through
from bench.processes import Server
from bench.servers.model_server import FIRST_TOKEN_S, TOKENS_PER_S

WARM_CALLS = 20
SLOW_MODEL_S = 60.0
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True, order=True)
class Waiting:
    """The memory at a moment when so many calls waited."""

    waiting: int
    now_kb: int
    before_kb: int
    threads: int

    @property
    def per_call_kb(self) -> float:
        """Growth divided by those who waited."""
        return (self.now_kb - self.before_kb) / self.waiting if self.waiting else math.nan


async def memory_of_waiting(server: Server, model: Model, calls: int) -> Waiting:
    """Let calls wait, all at once, and look while they do; return the moment when the most of them waited.

    What a server has before them is taken after a few calls one by one: threads and connections that only many at
    once bring are theirs.
    """
    model.pace(0, 0)
    for _ in range(WARM_CALLS):
        caller = Caller(server.port, next(callers))
        await go_through(caller, 1)
        caller.hang_up()
    before_kb = server.web.memory_kb()
    placed = [Caller(server.port, next(callers)) for _ in range(calls)]
    await asyncio.gather(*(caller.dial() for caller in placed))
    model.pace(SLOW_MODEL_S, TOKENS_PER_S)
    asked = [asyncio.create_task(caller.ask_only()) for caller in placed]
    most = Waiting(0, before_kb, before_kb, 0)
    while unanswered := sum(not task.done() for task in asked):
        most = max(most, Waiting(unanswered, server.web.memory_kb(), before_kb, server.web.threads()))
        await asyncio.sleep(LOOK_EVERY_S)
    await asyncio.gather(*asked, return_exceptions=True)
    for caller in placed:
        caller.hang_up()
    model.pace(FIRST_TOKEN_S, TOKENS_PER_S)
    return most
