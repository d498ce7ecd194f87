"""Measures WhatsApp conversations, many at once or one alone: latency and resources."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.caller import CallFailed
from bench.load import get_json
from bench.person import Exchange, Person
from bench.processes import Machine, Process, Server

WARMING = 8


@dataclass(frozen=True, slots=True)
class Answered:
    """One answered message with the model's own time. Seconds."""

    whole_s: float
    """From the webhook to the answer."""
    model_s: float
    """From when the model was asked until it had sent the end, by its own account."""

    @property
    def over_model_s(self) -> float:
        """Return the program's own share: before, during and after the model's answer."""
        return self.whole_s - self.model_s


@dataclass
class Chats:
    """Latencies of the messages, and the machine's resources spent on them."""

    look: Callable[[], int] = lambda: 0
    look_every: int = 0
    exchanges: list[Exchange] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    """From the first webhook until the last answer was there and its receipts were taken."""
    cpu_s: Mapping[str, float] = field(default_factory=dict)
    """Seconds of processor: of web, worker, the stand-ins (model, twilio) and of those who write (people)."""
    asked_of_twilio: Mapping[str, int] = field(default_factory=dict)
    memory_kb: list[int] = field(default_factory=list)
    """Results of `look` after every `look_every` messages."""
    answered: list[Answered] = field(default_factory=list)

    def add(self, exchange: Exchange) -> None:
        """Add an answered message."""
        self.exchanges.append(exchange)
        if self.look_every and len(self.exchanges) % self.look_every == 0:
            self.memory_kb.append(self.look())

    @property
    def per_s(self) -> float:
        """Messages answered in a second."""
        return len(self.exchanges) / self.seconds if self.seconds else 0.0

    def cpu_each_s(self, name: str) -> float:
        """Return a process's CPU seconds per message."""
        return self.cpu_s[name] / max(1, len(self.exchanges))

    @property
    def whole_s(self) -> list[float]:
        """Of each message, from the webhook to the answer."""
        return [message.whole_s for message in self.answered]

    @property
    def over_model_s(self) -> list[float]:
        """Of each message, the same without the model's time."""
        return [message.over_model_s for message in self.answered]

    @property
    def model_s(self) -> list[float]:
        """Of each message, the model's time."""
        return [message.model_s for message in self.answered]

    def join(self, times: Mapping[str, Sequence[float]]) -> "Chats":
        """Take in the model's times, by the questions' numbers."""
        for exchange in self.exchanges:
            if (at := times.get(str(exchange.question))) is not None:
                self.answered.append(Answered(exchange.answered - exchange.asked, at[3] - at[0]))
            else:
                self.errors["not asked of the model"] += 1
        return self


async def write_by_turns(person: Person, messages: int, chats: Chats) -> None:
    """Write the next message as soon as the last one was answered."""
    for _ in range(messages):
        try:
            chats.add(await person.write())
        except CallFailed as error:
            chats.errors[str(error)] += 1
    await person.read()


async def all_at_once(
    machine: Machine,
    server: Server,
    people: int,
    messages: int,
    *,
    receipts: Sequence[str],
    look_every: int = 0,
) -> Chats:
    """Let so many people write so many messages each, all beginning at the same moment.

    look_every: memory is looked at each time that so many more were answered; 0 is never.
    """
    chats = Chats(look=server.memory_kb, look_every=look_every)
    placed = [Person(server.port, n, lost=chats.errors, receipts=receipts) for n in range(people)]
    # When all is cold nothing is counted: a few of them write first, which has both web processes answer.
    await asyncio.gather(*(write_by_turns(person, 1, Chats()) for person in placed[:WARMING]))
    asked_of_twilio(machine)
    watched = {"web": server.web, "worker": server.worker, **machine.stand_ins}
    before, began = _cpu_s(watched), time.monotonic()
    await asyncio.gather(*(write_by_turns(person, messages, chats) for person in placed))
    chats.seconds = time.monotonic() - began
    chats.cpu_s = {name: after - before[name] for name, after in _cpu_s(watched).items()}
    chats.asked_of_twilio = asked_of_twilio(machine)
    for person in placed:
        person.leave()
    return chats


def asked_of_twilio(machine: Machine) -> dict[str, int]:
    """Return the number of requests to Twilio by kind since the last call."""
    counts: dict[str, int] = get_json(f"http://127.0.0.1:{machine.twilio_port}/counts")
    return counts


def _cpu_s(watched: Mapping[str, Process | None]) -> dict[str, float]:
    spent = {name: process.cpu_s() for name, process in watched.items() if process is not None}
    return {**spent, "people": time.process_time()}
