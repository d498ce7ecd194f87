"""Decides the TwiML of each webhook of a call.

A turn is served in order: /gather claims it and speaks the first sentence, /continue speaks the sentences
ready since, and the last of them stands inside a <Gather> for the next turn. If nothing is ready in time, a
filler is spoken while listening; after two fillers the answer is given up with an apology.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from conversation.answers.answer import Reading
from conversation.intents import is_continue
from conversation.manager import ConversationManager, Utterance
from ivr import twiml
from ivr.call_closing import CallLifecycle
from ivr.requests import CallPosition, Heard
from storage.base import utc_now
from storage.database import Database
from storage.models import Ending, ServedKind, TurnKind
from storage.queries import calls
from storage.queries.calls import OVER, STATUS_RANKS, CallFacts, CallProgress, ConversationRecord
from storage.queries.turns import ServedRecord

log = structlog.get_logger()

MOST_FILLERS = 2
LAST_WAIT_S = 4.0
"""The wait of the request after the last filler: after it, the caller can only be given an apology."""
LONGEST_WEBHOOK_S = 4.5
MOST_SILENCES = 2


@dataclass(frozen=True, slots=True)
class Serving:
    """Sentences of an answer about to be spoken."""

    record: ServedRecord
    words: tuple[str, ...]


class PhoneLine:
    """Calls of one profile. Every method returns a whole TwiML document and never waits over 5 s."""

    def __init__(
        self,
        *,
        manager: ConversationManager,
        database: Database,
        lifecycle: CallLifecycle,
        wait_s: float,
        human_number: str | None,
        base_path: str = "",
        demonstration: bool = False,
    ) -> None:
        self.manager, self._database, self._lifecycle = manager, database, lifecycle
        self._wait_s, self._human_number = wait_s, human_number
        self._base_path, self._demonstration = base_path, demonstration
        profile = manager.profile
        self._profile, self._phrases = profile, profile.phrases
        self._voice = twiml.Voice(
            profile.voice,
            profile.voice_language,
            profile.language,
            ",".join(profile.hints),
            profile.speech_model,
        )

    # The three webhooks that speak

    def greet(self, facts: CallFacts, answered_by: str = "") -> str:
        """A call came in, or one of ours was answered, by a person or by a machine."""
        try:
            with self._database.write() as connection:
                calls.open_call(connection, facts, utc_now())
        except SQLAlchemyError as error:
            log.error("call_not_kept", error=type(error).__name__)
        if answered_by.startswith(("machine", "fax")):
            return twiml.say_and_hang_up(self._voice, [self._profile.voicemail])
        outbound = facts.direction != "inbound"
        words = [self._profile.greeting_outbound if outbound else self._profile.greeting]
        if self._demonstration:
            words = [self._phrases.demonstration, *words]
        return twiml.gather(self._voice, words, self._url("/gather", turn=1))

    def apologise(self, facts: CallFacts) -> str:
        """Apologise and listen again, after a webhook of this call failed."""
        action = self._url("/gather", turn=self._next_number(facts.key))
        return twiml.gather(self._voice, [self._phrases.fallback], action)

    def hear(self, facts: CallFacts, position: CallPosition, heard: Heard) -> str:
        """The caller spoke, pressed keys, or did neither."""
        if position.is_message:
            return self._hear_message(facts, position, heard)
        if not heard.text:
            return self._silence(facts, position)
        if position.pending is not None and is_continue(heard.text, self._phrases):
            return self._serve(facts, position.pending, position.start, position.wait)
        number = position.turn or self._next_number(facts.key)
        started = time.monotonic()
        self.manager.answer(self._utterance(facts, number, position, heard))
        return self._serve(facts, number, 0, 0, spent_s=time.monotonic() - started)

    def go_on(self, facts: CallFacts, position: CallPosition, dial_status: str = "") -> str:
        """Speak the rest of an answer, or go on after a transfer."""
        if position.turn is None:
            return self.apologise(facts)
        if position.is_transfer_end or dial_status:
            return self._after_transfer(facts, position.turn, dial_status)
        return self._serve(facts, position.turn, position.start, position.wait)

    def progress(self, facts: CallFacts, progress: CallProgress) -> str:
        """Keep a status callback. Raises SQLAlchemyError if it cannot be kept, so that Twilio sends it again."""
        with self._database.write() as connection:
            calls.open_call(connection, facts, progress.at)
            over = calls.record_progress(connection, facts.call_sid, progress)
            if STATUS_RANKS.get(progress.status) == OVER:
                self._lifecycle.close(connection, facts.key, utc_now())
        if over:
            self.manager.stop(facts.key)
        return twiml.nothing()

    # Serving an answer

    def _serve(self, facts: CallFacts, number: int, start: int, wait: int, spent_s: float = 0.0) -> str:
        patience_s = LAST_WAIT_S if wait >= MOST_FILLERS else self._wait_s
        reading = self._read(facts.key, number, start, min(patience_s, LONGEST_WEBHOOK_S - spent_s))
        if reading is None:
            return self.apologise(facts)
        if wait >= MOST_FILLERS and not reading.sentences and not reading.complete:
            self.manager.give_up(facts.key, number)
            reading = self._read(facts.key, number, start, 0.0) or reading
        record = self.manager.serve(
            facts.key, number, reading.turn_id, _next_serving(reading, number, wait, utc_now())
        )
        if record is None:  # another process has this answer by now; what stands is in its row
            return self._serve(facts, number, start, wait, spent_s)
        words = reading.sentences[: record.upto - record.start]
        return self._render(facts, number, Serving(record, words))

    def _read(self, key: str, number: int, start: int, wait_s: float) -> Reading | None:
        try:
            return self.manager.read(key, number, start, max(0.0, wait_s))
        except SQLAlchemyError as error:
            log.error("answer_not_read", turn=number, error=type(error).__name__)
            return None

    def _render(self, facts: CallFacts, number: int, serving: Serving) -> str:
        record = serving.record
        if record.kind is ServedKind.FILLER:
            return self._render_filler(number, record)
        if record.ending is None:
            waits = {"wait": record.wait} if record.wait else {}  # fillers count over the whole answer
            then = self._url("/continue", **{"turn": number, "from": record.upto}, **waits)
            return twiml.say_and_go_on(self._voice, serving.words, then)
        if record.ending is Ending.HANG_UP:
            return twiml.say_and_hang_up(self._voice, serving.words)
        if record.ending is Ending.TRANSFER and self._human_number:
            return self._render_transfer(facts, number, serving)
        if record.ending is Ending.GATHER:
            action = self._url("/gather", turn=number + 1, served=record.upto)
            return twiml.gather(self._voice, serving.words, action)
        return self._ask_for_message(number, serving.words)

    def _render_filler(self, number: int, record: ServedRecord) -> str:
        fillers = self._phrases.fillers
        then = {"turn": number, "from": record.start, "wait": record.wait + 1}
        listening = {
            "turn": number + 1, "served": record.start, "pending": number,
            "from": record.start, "wait": record.wait + 1,
        }  # fmt: skip
        return twiml.filler(
            self._voice,
            fillers[(record.filler or 0) % len(fillers)],
            self._url("/gather", **listening),
            self._url("/continue", **then),
        )

    def _render_transfer(self, facts: CallFacts, number: int, serving: Serving) -> str:
        assert self._human_number is not None
        withheld = facts.contact_address.startswith("withheld:")
        return twiml.transfer(
            self._voice,
            serving.words,
            self._human_number,
            self._url("/continue", **{"turn": number, "from": serving.record.upto, "dial": 1}),
            caller_id=facts.to_number if withheld and facts.direction == "inbound" else None,
        )

    # What is not an answer

    def _silence(self, facts: CallFacts, position: CallPosition) -> str:
        if position.silent >= MOST_SILENCES:
            return twiml.say_and_hang_up(self._voice, [self._phrases.silence_goodbye])
        number = position.turn or self._next_number(facts.key)
        action = self._url("/gather", turn=number, served=position.served, silent=position.silent + 1)
        return twiml.gather(self._voice, [self._phrases.reprompts[position.silent]], action)

    def _after_transfer(self, facts: CallFacts, number: int, dial_status: str) -> str:
        answered = dial_status in ("completed", "answered")
        self.manager.transfer_ended(facts.key, answered=answered, by=self._human_number or "")
        if answered:
            return twiml.say_and_hang_up(self._voice, [self._phrases.after_transfer])
        return self._ask_for_message(number, [self._phrases.nobody_answered])

    def _ask_for_message(self, number: int, words: tuple[str, ...] | list[str], silent: int = 0) -> str:
        action = self._url("/gather", turn=number + 1, message=1, silent=silent)
        return twiml.gather_message(self._voice, [*words, self._phrases.take_message], action)

    def _hear_message(self, facts: CallFacts, position: CallPosition, heard: Heard) -> str:
        number = position.turn or self._next_number(facts.key)
        if not heard.text:
            if position.silent:
                return twiml.say_and_hang_up(self._voice, [self._phrases.silence_goodbye])
            return self._ask_for_message(number - 1, [], silent=1)
        try:
            self.manager.take_message(self._utterance(facts, number, position, heard, TurnKind.MESSAGE))
        except SQLAlchemyError as error:
            log.error("message_not_kept", turn=number, error=type(error).__name__)
            return twiml.say_and_hang_up(self._voice, [self._phrases.went_wrong])
        return self._serve(facts, number, 0, 0)

    def _utterance(
        self,
        facts: CallFacts,
        number: int,
        position: CallPosition,
        heard: Heard,
        kind: TurnKind | None = None,
    ) -> Utterance:
        def open_call(connection: Connection, now: datetime) -> ConversationRecord:
            return calls.open_call(connection, facts, now)

        return Utterance(
            key=facts.key, number=number, heard=heard.text, kind=kind or heard.kind, open=open_call,
            confidence=heard.confidence, served=position.served,
            joins=position.pending is not None and position.served == 0,
        )  # fmt: skip

    def _next_number(self, key: str) -> int:
        try:
            return self.manager.next_number(key)
        except SQLAlchemyError as error:
            log.error("turns_not_read", error=type(error).__name__)
            return 1

    def _url(self, path: str, **query: int) -> str:
        return f"{self._base_path}{path}?{urlencode(query)}"


def _next_serving(reading: Reading, number: int, wait: int, now: datetime) -> ServedRecord:
    if not reading.sentences and not reading.complete:
        which = wait + MOST_FILLERS * (
            number % 2
        )  # so that a turn does not begin with what the last one said
        return ServedRecord(ServedKind.FILLER, reading.start, wait, reading.start, None, which, now)
    ending = (reading.ending or Ending.GATHER) if reading.complete else None
    return ServedRecord(ServedKind.WORDS, reading.start, wait, reading.upto, ending, None, now)
