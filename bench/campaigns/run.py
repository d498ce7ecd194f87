"""Runs one campaign through the program, and tells it the receipts of its messages as Twilio does."""

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from bench.caller import CallFailed, Line
from bench.load import get_json
from bench.person import receipt
from bench.processes import PUBLIC_URL, BenchError, Server
from messaging.campaigns.creation import Creation
from messaging.campaigns.probe import PROBED
from messaging.campaigns.recipient import ListedRecipient
from messaging.campaigns.run import MOST_AT_ONCE
from messaging.campaigns.states import Event, happened
from phone_numbers import ReachAddress
from storage.base import utc_now
from storage.campaigns.campaigns import NewCampaign
from storage.database import Database

TEMPLATE = f"HX{'b' * 32}"
LOOK_EVERY_S, LOOK_AT_MEMORY_EVERY_S = 0.1, 2.0
LONGEST_PAUSE_S = 60.0
LINES = 8
"""Connections on which receipts come."""
_Sent = tuple[float, str, str, str]
_Waiting: TypeAlias = "asyncio.Queue[tuple[_Sent, Sequence[str]]]"


@dataclass
class Sent:
    """What came of a campaign. at: when each message came to Twilio, on the monotonic clock, without the first few.

    to: how often each person was sent something. cpu_s, memory_kb: of web and worker; what memory there is beyond that
    before the campaign.
    """

    at: list[float] = field(default_factory=list)
    to: Counter[str] = field(default_factory=Counter)
    cpu_s: float = 0.0
    memory_kb: int = 0
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def messages(self) -> int:
        """Return how many messages there were."""
        return self.to.total()

    @property
    def per_s(self) -> float:
        """Return messages a second, once as many are on their way as may be at once."""
        times = sorted(self.at)[min(MOST_AT_ONCE, len(self.at) // 2) :]
        return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else math.nan

    @property
    def most_in_a_second(self) -> int:
        """Return how many came in the fullest second, wherever it begins."""
        times, begins, most = sorted(self.at), 0, 0
        for ends, at in enumerate(times):
            while times[begins] <= at - 1:
                begins += 1
            most = max(most, ends - begins + 1)
        return most


class CampaignRun:
    """A campaign to so many people. receipts: what is told of each message but the first few, of which all is told."""

    def __init__(
        self, server: Server, twilio_port: int, recipients: int, receipts: Sequence[str], *, takes_s: float
    ) -> None:
        self._server, self._twilio = server, f"http://127.0.0.1:{twilio_port}"
        self._recipients, self._receipts, self._takes_s = recipients, receipts, takes_s
        self.is_over = asyncio.Event()

    async def run(self) -> Sent:
        """Run it from its start until all is sent and told. Raises BenchError where nothing more comes."""
        get_json(f"{self._twilio}/pace?takes_s={self._takes_s}")
        get_json(f"{self._twilio}/sent")
        sent = Sent()
        before_s, before_kb = self._cpu_s(), self._server.memory_kb()
        await asyncio.to_thread(self._begin)
        waiting: _Waiting = asyncio.Queue()
        told = [asyncio.create_task(self._tell(waiting, sent)) for _ in range(LINES)]
        most_kb = await self._follow(sent, waiting, before_kb)
        await waiting.join()
        sent.cpu_s, sent.memory_kb = self._cpu_s() - before_s, most_kb - before_kb
        for task in told:
            task.cancel()
        self.is_over.set()
        get_json(f"{self._twilio}/pace?takes_s=0")
        return sent

    async def _follow(self, sent: Sent, waiting: _Waiting, most_kb: int) -> int:
        """Hand over the receipts of all that is sent; return the memory at the most."""
        seen_at = looked_at = time.monotonic()
        while sent.messages < self._recipients:
            new: list[_Sent] = await asyncio.to_thread(get_json, f"{self._twilio}/sent")
            for message in new:
                is_first = sent.messages < PROBED
                sent.to[message[2]] += 1
                if not is_first:
                    sent.at.append(message[0])
                waiting.put_nowait((message, ("sent", "delivered") if is_first else self._receipts))
            now = time.monotonic()
            if new:
                seen_at = now
            elif now - seen_at > LONGEST_PAUSE_S:
                raise BenchError(f"{sent.messages} messages of {self._recipients}, and no more come")
            if now - looked_at > LOOK_AT_MEMORY_EVERY_S:
                most_kb, looked_at = max(most_kb, self._server.memory_kb()), now
            await asyncio.sleep(LOOK_EVERY_S)
        return max(most_kb, self._server.memory_kb())

    async def _tell(self, waiting: _Waiting, sent: Sent) -> None:
        line = Line(self._server.port)
        while True:
            (_, sid, to, callback), receipts = await waiting.get()
            for status in receipts:
                try:
                    form = receipt(to.removeprefix("whatsapp:"), sid, status)
                    await line.post(callback.removeprefix(PUBLIC_URL), form)
                except CallFailed as error:
                    sent.errors[f"receipt: {error}"] += 1
            waiting.task_done()

    def _begin(self) -> None:
        quiet = structlog.make_filtering_bound_logger(logging.WARNING)
        structlog.configure(wrapper_class=quiet)  # nothing but the table goes to stdout
        database = Database(f"sqlite:///{self._server.database}", busy_timeout_s=10)
        try:
            new = NewCampaign(f"Cita {time.monotonic_ns()}", "whatsapp", template=TEMPLATE)
            campaign_id = Creation(database).create(new, map(_listed, range(self._recipients)))
            with database.write() as connection:
                happened(connection, campaign_id, Event.STARTED, utc_now())
        finally:
            database.close()

    def _cpu_s(self) -> float:
        return sum(part.cpu_s() for part in (self._server.web, self._server.worker) if part is not None)


def _listed(n: int) -> ListedRecipient:
    name = f"Ana {n}"
    body = f"{TEMPLATE}\n1={name}\n2=martes a las 9:30"
    variables = {"1": name, "2": "martes a las 9:30"}
    return ListedRecipient(
        n + 2, ReachAddress(f"+346001{n:05}"), body, variables, {"nombre": name, "día": "martes"}
    )
