"""Serves answers by phone: says the sentences that are ready, or a filler while none is.

If nothing is ready in time, a filler is spoken while listening; after two fillers the answer is given up with an
apology.
"""

import time
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from conversation.answers.answer import Reading
from conversation.manager import ConversationManager
from conversation.turns.utterance import Utterance
from ivr.documents import Documents
from ivr.transferring import Transferring
from storage.base import utc_now
from storage.models import Ending, ServedKind
from storage.queries.calls import CallFacts
from storage.queries.turns import ServedRecord

log = structlog.get_logger()

MOST_FILLERS = 2
LAST_WAIT_S = 4.0
"""The wait of the request after the last filler: after it, the caller can only be given an apology."""
LONGEST_WEBHOOK_S = 4.5


class AnswerServing:
    """Serves the answers of calls. wait_s: the longest that a request waits for a sentence before a filler."""

    def __init__(
        self, manager: ConversationManager, documents: Documents, transferring: Transferring, *, wait_s: float
    ) -> None:
        self._manager, self._documents, self._transferring = manager, documents, transferring
        self._wait_s = wait_s

    def answer(self, facts: CallFacts, utterance: Utterance) -> str:
        """Have an utterance answered, and serve the beginning of its answer."""
        started = time.monotonic()
        self._manager.answer(utterance)
        return self.serve(facts, utterance.number, spent_s=time.monotonic() - started)

    def serve(
        self, facts: CallFacts, number: int, start: int = 0, wait: int = 0, *, spent_s: float = 0.0
    ) -> str:
        """Serve the answer to a turn from a sentence on.

        wait: the fillers said so far; spent_s: what the request has taken so far.
        """
        patience_s = LAST_WAIT_S if wait >= MOST_FILLERS else self._wait_s
        reading = self._read(facts.key, number, start, min(patience_s, LONGEST_WEBHOOK_S - spent_s))
        if reading is None:
            return self._documents.apology(facts.key, self.next_number(facts.key))
        if wait >= MOST_FILLERS and not reading.sentences and not reading.complete:
            self._manager.give_up(facts.key, number)
            reading = self._read(facts.key, number, start, 0.0) or reading
        record = self._manager.serve(
            facts.key, number, reading.turn_id, _next_serving(reading, number, wait, utc_now())
        )
        if record is None:  # another process has this answer by now; what stands is in its row
            return self.serve(facts, number, start, wait, spent_s=spent_s)
        return self._render(facts, number, record, reading)

    def next_number(self, key: str) -> int:
        """Return the number of the next turn of a call; the first one if that cannot be read."""
        try:
            return self._manager.next_number(key)
        except SQLAlchemyError as error:
            log.error("turns_not_read", error=type(error).__name__)
            return 1

    def _read(self, key: str, number: int, start: int, wait_s: float) -> Reading | None:
        try:
            return self._manager.read(key, number, start, max(0.0, wait_s))
        except SQLAlchemyError as error:
            log.error("answer_not_read", turn=number, error=type(error).__name__)
            return None

    def _render(self, facts: CallFacts, number: int, record: ServedRecord, reading: Reading) -> str:
        if record.kind is ServedKind.FILLER:
            return self._documents.filler(number, record)
        words = reading.sentences[: record.upto - record.start]
        if record.ending is None:
            return self._documents.more_to_come(number, words, record)
        if record.ending is Ending.HANG_UP:
            return self._documents.end_of_call(words)
        if record.ending is Ending.TRANSFER:
            return self._transferring.begin(facts, number, words, record.upto)
        if record.ending is Ending.GATHER:
            return self._documents.end(number, words, record)
        return self._documents.ask_for_message(facts.key, number, words)


def _next_serving(reading: Reading, number: int, wait: int, now: datetime) -> ServedRecord:
    if not reading.sentences and not reading.complete:
        # A turn does not begin with the filler that the last one ended with
        which = wait + MOST_FILLERS * (number % 2)
        return ServedRecord(ServedKind.FILLER, reading.start, wait, reading.start, None, which, now)
    ending = (reading.ending or Ending.GATHER) if reading.complete else None
    return ServedRecord(ServedKind.WORDS, reading.start, wait, reading.upto, ending, None, now)
