"""The conversation manager of every channel: answers utterances using the profile, memory and tools."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from conversation import history
from conversation.answers.answer import Answer, AnswerRow, Reading
from conversation.answers.registry import Answers
from conversation.answers.writer import AnswerWriter, Draft, failure_handoff, last_words
from conversation.handoff import (
    Request,
    Source,
    begins_with,
    current_handoff,
    hand_off,
    leave_message,
    tell,
)
from conversation.handoff_states import Event
from conversation.intents import asks_for_person
from conversation.metrics import NO_METRICS, Metrics
from conversation.observers import NULL_OBSERVER, ConversationObserver, HandoffListener
from conversation.phrases import catalogue_for
from conversation.profiles.profile import Profile, instructions_for
from conversation.redaction import redact
from conversation.tools.runner import Toolbox, ToolContext
from integrations.language_model import LanguageModel, Message
from jobs.queue import Work
from storage.base import utc_now
from storage.database import Database
from storage.models import Ending, TurnKind, TurnState
from storage.queries import calls, turns
from storage.queries.calls import ConversationRecord
from storage.queries.turns import NewTurn, ServedRecord, TurnRecord

log = structlog.get_logger()

MOST_HEARD = 6000
"""Characters kept of one utterance: enough for a voice note of six minutes, or the longest message."""

PERSON_KEY = "0"
"""The key that, pressed alone, asks for a person, as on any switchboard."""
MOST_TOLD = 3
"""Turns shown, besides the summary, to the person taking over."""

NO_IMAGES: Callable[[int], Sequence[str]] = lambda _turn_id: ()  # noqa: E731


@dataclass(frozen=True, slots=True)
class Utterance:
    """An utterance and its position in the conversation.

    open: returns the conversation inside a transaction, creating a new one if needed.
    served: sentences of the previous answer that were served, according to the request.
    joins: none of the previous answer was spoken, and these words join those it was to answer.
    also: run with the turn's id inside the transaction that claims it; an exception undoes the claim.
    images: pictures that came with the words, as data URLs. reply: a ready answer, for words that need no model;
    reply_ending: what follows it.
    whole: the answer is read only when complete.
    """

    key: str
    number: int
    heard: str
    kind: TurnKind
    open: Callable[[Connection, datetime], ConversationRecord]
    confidence: float | None = None
    served: int = 0
    joins: bool = False
    also: Callable[[Connection, int], None] = lambda _connection, _turn_id: None
    images: Sequence[str] = ()
    reply: str | None = None
    reply_ending: Ending = Ending.GATHER
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """The state of a conversation before an utterance; empty if it is new or cannot be read."""

    conversation: ConversationRecord | None = None
    past: tuple[TurnRecord, ...] = ()
    last_served: ServedRecord | None = None
    """The last part served of the previous turn."""

    @property
    def previous(self) -> TurnRecord | None:
        """The previous turn."""
        return self.past[-1] if self.past else None


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that needs no model. handoff: the reason for handing over, if it does."""

    words: str
    ending: Ending
    handoff: Request | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A turn that is ours to answer. conversation None: the database can be neither written nor read."""

    utterance: Utterance
    conversation: ConversationRecord | None
    past: tuple[TurnRecord, ...]
    turn_id: int | None
    heard: str
    written: bool = False
    """Its words needed no model and are stored."""
    given: Given | None = None
    """Its words, which need no model and could not be stored."""

    @property
    def previous(self) -> TurnRecord | None:
        """The previous turn."""
        return self.past[-1] if self.past else None

    @property
    def failures_before(self) -> int:
        """Failed turns in a row before this one."""
        return self.previous.failures if self.previous else 0


@dataclass(frozen=True, slots=True)
class ChannelRules:
    """The rules of a channel. name: "phone" or "whatsapp". longest: the maximum length of a conversation.

    can_transfer: whether callers can be transferred to a person. reaches_people: whether anybody is told of a handoff.
    images_of: loads the pictures of a turn again, by its
    id, for an answer whose owner died.
    """

    name: str
    toolbox: Toolbox
    can_transfer: bool = False
    reaches_people: bool = True
    longest: timedelta = timedelta.max
    images_of: Callable[[int], Sequence[str]] = NO_IMAGES


@dataclass(frozen=True, slots=True)
class Observers:
    """The listener for handoffs and the observer of complete turns."""

    people: HandoffListener = NULL_OBSERVER
    mirror: ConversationObserver = NULL_OBSERVER


class ConversationManager:
    """Answers each utterance once, whichever process is asked, and lets any process read the answer."""

    def __init__(
        self,
        *,
        database: Database,
        work: Work,
        profile: Profile,
        models: Sequence[LanguageModel],
        channel: ChannelRules,
        observers: Observers,
        metrics: Metrics = NO_METRICS,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._images_of, self._handoffs, self._observer = (
            channel.images_of,
            observers.people,
            observers.mirror,
        )
        self.profile, self.answers = profile, Answers(database, clock=clock)
        self._database, self._work, self._clock = database, work, clock
        self._writer = AnswerWriter(models, channel.toolbox, metrics=metrics, channel=channel.name)
        self._toolbox, self._is_phone = channel.toolbox, channel.name == "phone"
        self._can_transfer, self._longest = channel.can_transfer, channel.longest
        nobody = not channel.can_transfer and not channel.reaches_people
        self._customers = catalogue_for(profile.language).customers
        self.handed_off = self._customers.message_kept if nobody else profile.phrases.handed_off
        """What is written to who is handed over: that somebody will answer, or that it is kept."""

        @lru_cache(maxsize=2)  # ten thousand characters that every answer of the same minute shares
        def instructions(minute: datetime) -> str:
            return redact(instructions_for(profile, now=minute, channel=channel.name, nobody=nobody))

        self._instructions = instructions

    # Claiming

    def answer(self, utterance: Utterance) -> bool:
        """Claim the turn and start its answer; leave a turn that was already claimed as it is.

        Return whether this call made the claim and stored it.
        """
        if self.answers.find(utterance.key, utterance.number) is not None:
            return False
        claimed = self._claim(utterance)
        if claimed is None or claimed.written:
            return claimed is not None
        previous = claimed.previous and self.answers.find(utterance.key, claimed.previous.number)
        if previous:
            previous.stop(TurnState.SUPERSEDED)
        row = AnswerRow(
            utterance.key, utterance.number, claimed.turn_id, failures_before=claimed.failures_before
        )
        answer = Answer(
            self._database,
            row,
            whole=utterance.whole,
            keep_late=self._keep_late(utterance, claimed.given),
            clock=self._clock,
        )
        if self.answers.add(answer) is answer:
            if claimed.given is not None:
                answer.finish(
                    TurnState.COMPLETE,
                    claimed.given.ending,
                    [claimed.given.words] if claimed.given.words else [],
                )
            else:
                self._writer.start(self._draft(answer, claimed))
        return claimed.turn_id is not None

    def take_message(self, utterance: Utterance) -> None:
        """Store a message for a person as its own turn, answered with thanks and goodbye.

        Raises SQLAlchemyError if it cannot be stored: the caller must not then be told that it was.
        """
        now = self._clock()
        with self._database.write() as connection:
            conversation = utterance.open(connection, now)
            new = self._new_turn(utterance, conversation, redact(utterance.heard))
            thanks = self.profile.phrases.message_taken
            if turns.claim_turn(connection, new, now, sentences=[thanks], ending=Ending.HANG_UP):
                leave_message(connection, self._handoffs, conversation.id, utterance.number, new.heard, now)

    def transfer_ended(self, key: str, *, answered: bool, by: str) -> None:
        """Record how the transfer of a call ended. by: the number that was rung."""
        event = Event.TRANSFER_ANSWERED if answered else Event.TRANSFER_FAILED
        try:
            with self._database.write() as connection:
                conversation = calls.find_conversation(connection, key)
                if conversation is not None:
                    tell(connection, self._handoffs, conversation.id, event, self._clock(), by=by)
        except SQLAlchemyError as error:
            log.error("transfer_not_kept", error=type(error).__name__)

    def _claim(self, utterance: Utterance) -> Claimed | None:
        known = self._known(utterance)
        try:
            return self._database.run(lambda connection: self._claim_row(connection, utterance, known))
        except SQLAlchemyError as error:
            log.error("turn_not_kept", turn=utterance.number, error=type(error).__name__)
        heard = redact(utterance.heard)[:MOST_HEARD]
        # A caller who asks for a person is put through; who writes is told of one only once that is stored
        given = (
            self._without_model(utterance, self._is_too_long(known.conversation)) if self._is_phone else None
        )
        return Claimed(utterance, known.conversation, known.past, None, heard, given=given)

    def _is_too_long(self, conversation: ConversationRecord | None) -> bool:
        return conversation is not None and self._clock() - conversation.created_at > self._longest

    def _known(self, utterance: Utterance) -> Known:
        """Read the data that the claim needs, before it makes other writers wait."""
        try:
            with self._database.read() as connection:
                conversation = calls.find_conversation(connection, utterance.key)
                if conversation is None:
                    return Known()
                past = self._past(connection, conversation, utterance.number)
                is_spoken = past and not utterance.whole  # of what is read whole, nothing is served by parts
                last = turns.last_served(connection, past[-1].id) if is_spoken else None
                return Known(conversation, tuple(past), last)
        except SQLAlchemyError as error:
            log.error("past_not_read", turn=utterance.number, error=type(error).__name__)
            return Known()

    def _claim_row(self, connection: Connection, utterance: Utterance, known: Known) -> Claimed | None:
        now = self._clock()
        conversation = known.conversation or utterance.open(connection, now)
        too_long = self._is_too_long(conversation)
        previous = known.previous
        heard = _heard(utterance, previous)
        new = self._new_turn(utterance, conversation, heard, failures=previous.failures if previous else 0)
        given = self._told_once(connection, conversation, self._without_model(utterance, too_long))
        turn_id = turns.claim_turn(
            connection,
            dataclasses.replace(new, kind=TurnKind.TIME_UP) if too_long else new,
            now,
            sentences=[given.words] if given and given.words else (),
            ending=given.ending if given else None,
        )
        if turn_id is None:
            return None
        utterance.also(connection, turn_id)
        if given is not None:
            self._keep_given(connection, conversation, turn_id, utterance.number, given, known.past)
        past = known.past
        if previous is not None:
            past = (*past[:-1], _settle_previous(connection, previous, known.last_served, utterance, now))
        return Claimed(utterance, conversation, past, turn_id, heard, written=given is not None)

    def _without_model(self, utterance: Utterance, too_long: bool) -> Given | None:
        """Return the answer to an utterance that needs no model; None for any other."""
        phrases = self.profile.phrases
        if too_long:
            return Given(phrases.too_long, Ending.HANG_UP)
        if utterance.reply is not None:
            return Given(utterance.reply, utterance.reply_ending)
        by_key = utterance.kind is TurnKind.DIGITS and utterance.heard.strip() == PERSON_KEY
        if not by_key and not asks_for_person(utterance.heard):
            return None
        words, ending = self.handed_off, Ending.GATHER
        if self._is_phone:
            words, ending = ("", Ending.TAKE_MESSAGE)
            if self._can_transfer:
                words, ending = phrases.transfer, Ending.TRANSFER
        source = Source.KEY if by_key else Source.WORDS
        begins = begins_with(ending, is_phone=self._is_phone)
        return Given(words, ending, Request(phrases.wants_person, source=source, begins=begins))

    def _told_once(
        self, connection: Connection, conversation: ConversationRecord, given: Given | None
    ) -> Given | None:
        """Reword the reply to somebody who writes and was told before that a person comes."""
        if given is None or self._is_phone or given.words != self.profile.phrases.handed_off:
            return given
        if not current_handoff(connection, conversation.id, self._clock()):
            return given
        return dataclasses.replace(given, words=self._customers.told_before)

    def _keep_given(
        self,
        connection: Connection,
        conversation: ConversationRecord,
        turn_id: int,
        number: int,
        given: Given,
        past: Sequence[TurnRecord],
    ) -> None:
        now = self._clock()
        if given.handoff is not None:
            summary = "\n".join(
                filter(
                    None, [conversation.summary, history.transcript(past[-MOST_TOLD:], self.profile.language)]
                )
            )
            request = dataclasses.replace(given.handoff, summary=summary)
            hand_off(connection, self._handoffs, conversation.id, number, request, now)
        self._observer.turn(connection, turn_id, now)

    def _past(
        self, connection: Connection, conversation: ConversationRecord, number: int
    ) -> list[TurnRecord]:
        return turns.last_turns(
            connection,
            conversation.id,
            before=number,
            after=conversation.summary_upto,
            limit=history.MOST_TURNS,
        )

    def _new_turn(
        self, utterance: Utterance, conversation: ConversationRecord, heard: str, failures: int = 0
    ) -> NewTurn:
        return NewTurn(
            conversation.id, utterance.number, utterance.kind, heard[:MOST_HEARD],
            utterance.confidence, self.answers.owner, failures,
        )  # fmt: skip

    def _keep_late(self, utterance: Utterance, given: Given | None) -> Callable[[Connection, Answer], None]:
        """Return a function that stores a turn answered from memory, once the database can be written again."""

        def keep(connection: Connection, answer: Answer) -> None:
            now = self._clock()
            conversation = utterance.open(connection, now)
            new = self._new_turn(utterance, conversation, redact(utterance.heard))
            turn_id = turns.claim_turn(connection, new, now, sentences=answer.sentences, ending=answer.ending)
            if turn_id is not None:
                utterance.also(connection, turn_id)
                if given is not None:
                    past = self._past(connection, conversation, utterance.number)
                    self._keep_given(connection, conversation, turn_id, utterance.number, given, past)

        return keep

    # Writing

    def _draft(self, answer: Answer, claimed: Claimed) -> Draft:
        conversation = claimed.conversation
        messages = self._messages(conversation, claimed)

        def completed(connection: Connection) -> None:
            if answer.turn_id is not None:
                self._observer.turn(connection, answer.turn_id, self._clock())
            if conversation and history.needs_summary(answer.number, conversation.summary_upto):
                self._work.enqueue(
                    connection, "summarise", {"conversation_id": conversation.id}, key=f"{conversation.id}"
                )

        tools = self._tool_context(answer, conversation)
        return Draft(answer, messages, tools, completed)

    def _messages(self, conversation: ConversationRecord | None, claimed: Claimed) -> list[Message]:
        return history.messages_for(
            self._instructions(self._clock().replace(second=0, microsecond=0)),
            background=conversation.background if conversation else "",
            summary=conversation.summary if conversation else "",
            past=claimed.past,
            heard=claimed.heard,
            kind=claimed.utterance.kind,
            images=claimed.utterance.images,
        )

    def _tool_context(self, answer: Answer, conversation: ConversationRecord | None) -> ToolContext:
        return ToolContext(
            database=self._database,
            conversation_id=conversation.id if conversation else None,
            turn_id=answer.turn_id,
            turn_number=answer.number,
            phrases=self.profile.phrases,
            can_transfer=self._can_transfer,
            now=self._clock(),
            handoffs=self._handoffs,
            is_phone=self._is_phone,
        )

    def _revive(self, answer: Answer, turn: TurnRecord) -> None:
        """Continue an answer whose owner died."""
        with self._database.read() as connection:
            conversation = calls.conversation_by_id(connection, turn.conversation_id)
            assert conversation is not None
            past = self._past(connection, conversation, turn.number)
        utterance = Utterance(
            answer.key, turn.number, turn.heard, turn.kind, lambda *_: conversation,
            images=self._images_of(turn.id),
        )  # fmt: skip
        claimed = Claimed(utterance, conversation, tuple(past), turn.id, turn.heard)
        self._writer.start(self._draft(answer, claimed))

    # Reading and ending

    def read(self, key: str, number: int, start: int, wait_s: float) -> Reading | None:
        """Return the answer's sentences from `start` on; None if its turn was never claimed."""
        return self.answers.read(key, number, start, wait_s, self._revive)

    def next_number(self, key: str) -> int:
        """Return the next unclaimed turn number, for a request without one."""
        live = max((answer.number for answer in self.answers.of_conversation(key)), default=0)
        with self._database.read() as connection:
            conversation = calls.find_conversation(connection, key)
            kept = turns.last_number(connection, conversation.id) if conversation else 0
        return max(live, kept) + 1

    def serve(self, key: str, number: int, turn_id: int | None, serving: ServedRecord) -> ServedRecord | None:
        """Store and return the reply to a request, or its earlier reply; None if the answer must be read again."""
        return self.answers.serve(key, number, turn_id, serving)

    def give_up(self, key: str, number: int) -> None:
        """End an answer that kept its reader waiting too long in an apology, whichever process writes it."""
        answer = self.answers.find(key, number)
        with self._database.read() as connection:
            turn = turns.find_turn(connection, key, number)
            conversation = calls.find_conversation(connection, key)
        if answer is None:
            if turn is None:
                return
            answer = Answer(self._database, AnswerRow.of(key, turn, turn.epoch))
        words, ending = last_words(answer, self.profile.phrases, can_transfer=self._can_transfer)
        if turn is not None and not self._fail_row(answer, turn, conversation, words, ending):
            return
        answer.stop(TurnState.FAILED, words, ending)
        log.error("answer_failed", turn=number, error="too_slow", ending=ending)

    def _fail_row(
        self,
        answer: Answer,
        turn: TurnRecord,
        conversation: ConversationRecord | None,
        words: Sequence[str],
        ending: Ending,
    ) -> bool:
        also = failure_handoff(self._tool_context(answer, conversation), ending)
        with self._database.write() as connection:
            stopped = turns.stop_turn(
                connection, turn.id, TurnState.FAILED, self._clock(), ending=ending, error="too_slow",
                sentences=[*answer.sentences, *words], failures=answer.failures_before + 1,
            )  # fmt: skip
            if stopped and also is not None:
                also(connection)
        return stopped

    def stop(self, key: str, state: TurnState = TurnState.CANCELLED) -> None:
        """Stop all unfinished answers of a conversation, here and in other processes."""
        for answer in self.answers.of_conversation(key):
            answer.stop(state)
        with self._database.write() as connection:
            turns.stop_turns(connection, key, state, self._clock())

    def close(self) -> None:
        """Release the answers that this process is writing, so that another one continues them."""
        self.answers.close()


def _heard(utterance: Utterance, previous: TurnRecord | None) -> str:
    heard = redact(utterance.heard)[:MOST_HEARD]
    if utterance.joins and previous is not None:
        return f"{previous.heard} {heard}"
    return heard


def _settle_previous(
    connection: Connection,
    previous: TurnRecord,
    last_served: ServedRecord | None,
    utterance: Utterance,
    now: datetime,
) -> TurnRecord:
    """Record the heard part of the previous turn; supersede it if it is still being written."""
    if previous.state is TurnState.WRITING:
        turns.stop_turn(connection, previous.id, TurnState.SUPERSEDED, now)
        previous = dataclasses.replace(previous, state=TurnState.SUPERSEDED)
    upto = history.heard_characters(
        previous, last_served, served=utterance.served, reply=utterance.heard, now=now
    )
    if upto is not None:
        turns.heard_upto(connection, previous.id, upto)
    return dataclasses.replace(previous, heard_upto=upto)
