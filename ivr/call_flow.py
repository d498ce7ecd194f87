"""Decides the TwiML of each webhook of a call.

A turn is served in order: /gather claims it and speaks the first sentence, /continue speaks the sentences
ready since, and the last of them stands inside a <Gather> for the next turn. If nothing is ready in time, a
filler is spoken while listening; after two fillers the answer is given up with an apology.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from conversation.answers.answer import Reading
from conversation.intents import MessageReply, is_continue, message_reply
from conversation.manager import PERSON_KEY, ConversationManager, Utterance
from ivr import twiml
from ivr.call_closing import CallLifecycle
from ivr.requests import CallPosition, DialOutcome, Heard
from ivr.transfer import Leg, Transfer
from phone_numbers import is_withheld
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
MOST_KEYS = 8
"""Keys pressed by accident, while a message is left, before the call goes on as if nothing had been said."""


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
        self._wait_s, self._transfer = wait_s, Transfer(human_number)
        self._base_path, self._demonstration = base_path, demonstration
        profile = manager.profile
        self._profile, self._phrases = profile, profile.phrases
        self._voice = twiml.Voice(
            profile.voice,
            profile.voice_language,
            profile.language,
            twiml.hints_that_fit(profile.hints),
            profile.speech_model,
        )

    # The three webhooks that speak

    def greet(self, facts: CallFacts, answered_by: str = "") -> str:
        """A call came in, or one of ours was answered, by a person or by a machine."""
        leg = self._open(facts)
        if leg is Leg.OURS:
            return twiml.refuse()
        if leg is Leg.LIKELY_OURS:
            return self._ask_for_message(0, [self._phrases.nobody_answered])
        if answered_by == "fax":
            return twiml.hang_up()
        if answered_by.startswith("machine"):
            return twiml.leave_message(self._voice, [self._profile.voicemail])
        outbound = facts.direction != "inbound"
        words = [self._profile.greeting_outbound if outbound else self._profile.greeting]
        if self._demonstration:
            words = [self._phrases.demonstration, *words]
        return twiml.gather(self._voice, words, self._url("/gather", turn=1))

    def _open(self, facts: CallFacts) -> Leg:
        """Keep a call, unless it is a leg of another; return which."""
        leg, now = Leg.NONE, utc_now()
        try:
            with self._database.write() as connection:
                leg = self._transfer.leg_of(connection, facts, now)
                if leg is not Leg.OURS:
                    calls.open_call(connection, facts, now)
        except SQLAlchemyError as error:
            log.error("call_not_kept", error=type(error).__name__)
        if leg is not Leg.NONE:
            log.warning("transfer_came_back", leg=leg)
        return leg

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
        return self._answer(facts, self._utterance(facts, number, position, heard))

    def _answer(self, facts: CallFacts, utterance: Utterance) -> str:
        started = time.monotonic()
        self.manager.answer(utterance)
        return self._serve(facts, utterance.number, 0, 0, spent_s=time.monotonic() - started)

    def go_on(self, facts: CallFacts, position: CallPosition, dial: DialOutcome) -> str:
        """Speak the rest of an answer, or go on after a transfer."""
        if position.turn is None:
            return self.apologise(facts)
        if position.is_transfer_end or dial.status:
            return self._after_transfer(facts, position.turn, dial)
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
        if record.ending is Ending.TRANSFER:
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
        person = self._transfer.number_for(facts)
        if person is None:
            return self._ask_for_message(number, [*serving.words, self._phrases.nobody_answered])
        return twiml.transfer(
            self._voice,
            serving.words,
            person,
            self._url("/continue", **{"turn": number, "from": serving.record.upto, "dial": 1}),
            caller_id=_caller_id(facts),
        )

    # What is not an answer

    def _silence(self, facts: CallFacts, position: CallPosition) -> str:
        if position.silent >= MOST_SILENCES:
            return twiml.say_and_hang_up(self._voice, [self._phrases.silence_goodbye])
        number = position.turn or self._next_number(facts.key)
        action = self._url("/gather", turn=number, served=position.served, silent=position.silent + 1)
        return twiml.gather(self._voice, [self._phrases.reprompts[position.silent]], action)

    def _after_transfer(self, facts: CallFacts, number: int, dial: DialOutcome) -> str:
        answered = dial.was_answered and not dial.was_short
        self.manager.transfer_ended(facts.key, answered=answered, by=self._transfer.number or "")
        if dial.was_short:
            action = self._url("/gather", turn=number + 1, message=1, helped=1)
            return twiml.gather_message(self._voice, [self._phrases.was_helped], action)
        if dial.was_answered:
            return twiml.say_and_hang_up(self._voice, [self._phrases.after_transfer])
        return self._ask_for_message(number, [self._phrases.nobody_answered])

    def _ask_for_message(self, number: int, words: Sequence[str], **asked: int) -> str:
        action = self._url("/gather", turn=number + 1, message=1, **asked)
        return twiml.gather_message(self._voice, [*words, self._phrases.take_message], action)

    def _hear_message(self, facts: CallFacts, position: CallPosition, heard: Heard) -> str:
        number = position.turn or self._next_number(facts.key)
        utterance = self._utterance(facts, number, position, heard)
        reply = _message_reply(heard)
        if reply is MessageReply.MESSAGE:
            return self._take_message(facts, replace(utterance, kind=TurnKind.MESSAGE))
        if reply is MessageReply.PERSON and self._transfer.number_for(facts) is not None:
            return self._answer(facts, utterance)
        if reply is MessageReply.DECLINED and position.was_transferred:  # nobody helped them
            return self._ask_for_message(number - 1, [])
        is_helped = reply is MessageReply.UNCLEAR and position.was_transferred
        if reply in (MessageReply.DECLINED, MessageReply.GOODBYE) or is_helped:
            return self._part(facts, utterance)
        if reply is None and heard.text and position.wait < MOST_KEYS:
            return self._ask_for_message(number - 1, [], silent=position.silent, wait=position.wait + 1)
        if not position.silent:
            nobody = [self._phrases.nobody_answered] if reply is MessageReply.PERSON else []
            return self._ask_for_message(number - 1, nobody, silent=1)
        if not heard.text:
            return twiml.say_and_hang_up(self._voice, [self._phrases.silence_goodbye])
        return self._part(facts, utterance)

    def _part(self, facts: CallFacts, utterance: Utterance) -> str:
        """Say goodbye to somebody who leaves no message."""
        goodbye = replace(utterance, reply=self._phrases.goodbye, reply_ending=Ending.HANG_UP)
        return self._answer(facts, goodbye)

    def _take_message(self, facts: CallFacts, utterance: Utterance) -> str:
        number = utterance.number
        try:
            self.manager.take_message(utterance)
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
    ) -> Utterance:
        def open_call(connection: Connection, now: datetime) -> ConversationRecord:
            return calls.open_call(connection, facts, now)

        return Utterance(
            key=facts.key, number=number, heard=heard.text, kind=heard.kind, open=open_call,
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


def _message_reply(heard: Heard) -> MessageReply | None:
    """Return what a caller means who was asked for a message; None for silence and for keys pressed by accident."""
    if heard.kind is TurnKind.DIGITS:
        return MessageReply.PERSON if heard.text == PERSON_KEY else None
    return message_reply(heard.text)


def _caller_id(facts: CallFacts) -> str | None:
    """Return our own number where the caller shows none that could be shown on; None for Twilio's default."""
    return facts.to_number if is_withheld(facts.contact_address) and facts.direction == "inbound" else None


def _next_serving(reading: Reading, number: int, wait: int, now: datetime) -> ServedRecord:
    if not reading.sentences and not reading.complete:
        which = wait + MOST_FILLERS * (
            number % 2
        )  # so that a turn does not begin with what the last one said
        return ServedRecord(ServedKind.FILLER, reading.start, wait, reading.start, None, which, now)
    ending = (reading.ending or Ending.GATHER) if reading.complete else None
    return ServedRecord(ServedKind.WORDS, reading.start, wait, reading.upto, ending, None, now)
