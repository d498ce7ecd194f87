"""Measures how fast WhatsApp messages missing from Chatwoot after an outage are copied there."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.load import get_json
from bench.processes import BenchError
from jobs.leases import worker_beats
from jobs.queue import Work
from people.helpdesk.observer import show_later
from storage.base import utc_now
from storage.database import Database
from storage.models import MessageStatus
from storage.queries import contacts as recipients
from storage.queries import helpdesk, messages, outgoing
from storage.queries.messages import NewMessage

TAKES_S = 0.02
"""The bench's Chatwoot's response time: a real one is slower, because of its database."""
INBOX, TOKEN = "bench-inbox", "bot-bench"
NUMBERS = tuple(f"+346000000{number:02}" for number in range(100))
WARMING = tuple(f"+120255501{number:02}" for number in range(16))
"""Contacts of whom a little is drained before it counts."""
LONGEST_PAUSE_S = 60.0
LOOK_EVERY_S = 0.1
READY_WITHIN_S = 30.0


class Chatwoot:
    """The Chatwoot server's other side."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    @property
    def settings(self) -> dict[str, str]:
        """Return the program's settings for Chatwoot."""
        return {
            "CHATWOOT_ENABLED": "true", "CHATWOOT_URL": self.url, "CHATWOOT_INBOX_ID": INBOX,
            "CHATWOOT_ACCOUNT_ID": "1", "CHATWOOT_API_TOKEN": TOKEN,
        }  # fmt: skip

    def pace(self, takes_s: float, *, hangs: bool = False) -> None:
        """Set the response time, or stop answering."""
        get_json(f"{self.url}/pace?takes_s={takes_s}&hangs={int(hangs)}")

    def counts(self) -> dict[str, float]:
        """Return how many messages and conversations it has, when the last came, and how many it left waiting."""
        counts: dict[str, float] = get_json(f"{self.url}/counts")
        return counts

    def words(self) -> dict[str, list[list[str]]]:
        """Return the texts in each contact's conversations."""
        words: dict[str, list[list[str]]] = get_json(f"{self.url}/words")
        return words


@dataclass(frozen=True, slots=True)
class Drained:
    """The result. seconds: from the workers' start until the last message arrived."""

    messages: int
    seconds: float

    @property
    def per_s(self) -> float:
        """Return messages per second."""
        return self.messages / self.seconds

    def __str__(self) -> str:
        return f"{self.per_s:.0f}: {self.messages} in {self.seconds:.1f} s"


class Backlog:
    """Fills a database through the product's own functions, and has workers drain it."""

    def __init__(self, database_url: str, chatwoot: Chatwoot) -> None:
        self._database, self._chatwoot = Database(database_url, busy_timeout_s=10), chatwoot
        self._work = Work(self._database)

    def close(self) -> None:
        """Close the database."""
        self._work.close()
        self._database.close()

    def wait_for_workers(self, slots: Sequence[str]) -> None:
        """Wait until they are there. Raises BenchError."""
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            with self._database.read() as connection:
                if set(slots) <= set(worker_beats(connection)):
                    return
            time.sleep(LOOK_EVERY_S)
        raise BenchError("the workers did not start")

    def drain(self, numbers: Sequence[str], exchanges: int, *, after: int = 0) -> Drained:
        """Have so much of each contact drained. Raises BenchError.

        after: how many exchanges of each there were before.
        """
        expected = self._there() + 2 * exchanges * len(numbers)
        contacts = [
            self._keep(number, _said(number, after + exchanges)[2 * after :], after) for number in numbers
        ]
        missing = expected - self._there()  # the workers look by themselves for what has waited for a minute
        began = time.monotonic()
        with self._database.write() as connection:
            for contact_id in contacts:
                show_later(self._work, connection, contact_id)
        return Drained(missing, self._wait_for(expected) - began)

    def astray(self, numbers: Sequence[str], exchanges: int) -> int:
        """Return how many contacts' words are not in one conversation, each once and in order."""
        there = self._chatwoot.words()
        return sum(there.get(number[1:]) != [_said(number, exchanges)] for number in numbers)

    def _there(self) -> int:
        return int(self._chatwoot.counts()["messages"])

    def _keep(self, number: str, words: Sequence[str], after: int) -> int:
        # As items alone, for the workers are there already: the job that a door hands over with a message, one for
        # all that a contact has open, follows once all is kept.
        at = utc_now()
        with self._database.write() as connection:
            recipient = recipients.recipient_for(connection, number, at)
            for place, body in enumerate(words, start=2 * after):
                if place % 2:
                    sent = MessageStatus.SENT
                    kept = outgoing.add_outbound(
                        connection, recipient.conversation_id, "text", body, at, sent
                    )
                else:
                    new = NewMessage(f"SM{number[1:]}{place:018x}", "text", body, "")
                    made = messages.keep_inbound(connection, recipient.conversation_id, new, body, at)
                    assert made is not None
                    kept = made
                    messages.set_aside(connection, kept)
                helpdesk.add_message(connection, kept, at)
        return recipient.contact_id

    def _wait_for(self, messages: int) -> float:
        """Return when the last of so many messages came. Raises BenchError."""
        there, seen_at = -1.0, time.monotonic()
        while time.monotonic() - seen_at < LONGEST_PAUSE_S:
            counts = self._chatwoot.counts()
            if counts["messages"] >= messages:
                return counts["last_at"]
            if counts["messages"] > there:
                there, seen_at = counts["messages"], time.monotonic()
            time.sleep(LOOK_EVERY_S)
        raise BenchError(f"Chatwoot has {there:.0f} messages of {messages}, and no more come")


def _said(number: str, exchanges: int) -> list[str]:
    """Return a contact's messages and answers, alternating."""
    return [
        words.format(number=number, n=n)
        for n in range(1, exchanges + 1)
        for words in (
            "¿Y a qué hora abren ustedes? Pregunta {n} de {number}",
            "Mañana abrimos a las nueve, {n}.",
        )
    ]
