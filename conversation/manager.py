"""The conversation manager of every channel: answers utterances using the profile, memory and tools."""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from conversation.answers.answer import Answer, AnswerRow, Reading
from conversation.answers.registry import Answers
from conversation.answers.writer import AnswerWriter, failure_handoff, last_words
from conversation.handoff import LateRequest, Request, Source, transfer_ended
from conversation.handoff_states import State
from conversation.metrics import NO_METRICS, Metrics
from conversation.models.beginning import Beginning
from conversation.profiles.profile import Profile
from conversation.turns.channel import ChannelRules, Observers
from conversation.turns.claims import Claimed, Claims
from conversation.turns.drafts import Drafts
from conversation.turns.known import Known, campaign_before, past_turns
from conversation.turns.ready_answers import ReadyAnswers
from conversation.turns.utterance import Utterance
from integrations.errors import IntegrationError
from integrations.language_model import LanguageModel
from jobs.queue import Work
from storage.base import utc_now
from storage.database import Database
from storage.models import Ending, TurnState
from storage.queries import calls, turns
from storage.queries.calls import ConversationRecord
from storage.queries.turns import ServedRecord, TurnRecord

log = structlog.get_logger()


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
        self.profile, self.answers = profile, Answers(database, clock=clock)
        self._database, self._clock, self._channel = database, clock, channel
        self._handoffs, self._watch = observers.people, observers.model
        ready = ReadyAnswers(profile, channel)
        self.handed_off = ready.handed_off
        self._claims = Claims(database, channel, observers, ready, owner=self.answers.owner, clock=clock)
        self._drafts = Drafts(database, work, profile, channel, observers, clock)
        self._writer = AnswerWriter(
            models, channel.toolbox, metrics=metrics, channel=channel.name, watch=observers.model
        )

    def beginning(self) -> Beginning:
        """Return what the prompts of this channel begin with now."""
        return self._drafts.beginning()

    # Answering

    def answer(self, utterance: Utterance) -> bool:
        """Claim the turn and start its answer; leave a turn that was already claimed as it is.

        Return whether this call made the claim and stored it.
        """
        if self.answers.find(utterance.key, utterance.number) is not None:
            return False
        claimed = self._claims.claim(utterance)
        if claimed is None or claimed.is_answered:
            return claimed is not None
        previous = claimed.known.previous
        if previous and (overtaken := self.answers.find(utterance.key, previous.number)):
            overtaken.stop(TurnState.SUPERSEDED)
        self._begin(claimed)
        return claimed.turn_id is not None

    def _begin(self, claimed: Claimed) -> None:
        utterance, ready, late = claimed.utterance, claimed.ready, LateRequest()
        failures = claimed.known.failures
        answer = Answer(
            self._database,
            AnswerRow(utterance.key, utterance.number, claimed.turn_id, failures_before=failures),
            whole=utterance.whole,
            keep_late=self._claims.claim_late(utterance, ready, late),
            clock=self._clock,
        )
        if self.answers.add(answer) is not answer:
            return
        with self.answers.beginning(answer):
            if ready is not None:
                answer.finish(TurnState.COMPLETE, ready.ending, [ready.words] if ready.words else [])
            else:
                self._writer.start(self._drafts.begin(answer, claimed, late))

    def _revive(self, answer: Answer, turn: TurnRecord) -> None:
        """Continue an answer whose owner died."""
        with self._database.read() as connection:
            conversation = calls.conversation_by_id(connection, turn.conversation_id)
            assert conversation is not None
            past = past_turns(connection, conversation, turn.number)
            campaign = campaign_before(connection, conversation, self._channel, self._clock())
        utterance = Utterance(
            answer.key, turn.number, turn.heard, turn.kind, lambda *_: conversation,
            images=self._channel.images_of(turn.id),
        )  # fmt: skip
        claimed = Claimed(utterance, Known(conversation, past, campaign=campaign), turn.id, turn.heard)
        self._writer.start(self._drafts.begin(answer, claimed, LateRequest()))

    # Passing on to people

    def take_message(self, utterance: Utterance) -> None:
        """Store a message for a person as its own turn, answered with thanks and goodbye.

        Raises SQLAlchemyError if it cannot be stored now: it is then stored as soon as it can be, and the caller must
        not be told that it is.
        """

        def keep(connection: Connection) -> None:
            self._claims.claim_message(connection, utterance, self.profile.phrases.message_taken)

        try:
            with self._database.write() as connection:
                keep(connection)
        except SQLAlchemyError:
            self.answers.keep_later(utterance.key, keep)
            raise

    def transfer_ended(self, key: str, *, answered: bool, by: str) -> None:
        """Record how the transfer of a call ended. by: the number that was rung."""

        def keep(connection: Connection) -> None:
            conversation = calls.find_conversation(connection, key)
            if conversation is not None:
                wanted = Request(
                    self.profile.phrases.wants_person, source=Source.OPERATOR, begins=State.TRANSFERRING
                )
                transfer_ended(
                    connection, self._handoffs, conversation.id, wanted, self._clock(),
                    answered_by=by if answered else "",
                )  # fmt: skip

        if self.answers.owes(key):  # the handoff itself is not stored yet
            self.answers.keep_later(key, keep)
            return
        try:
            with self._database.write() as connection:
                keep(connection)
        except SQLAlchemyError as error:
            self.answers.keep_later(key, keep)
            log.error("transfer_not_kept", error=type(error).__name__)

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
        words, ending = last_words(answer, self.profile.phrases, can_transfer=self._channel.can_transfer)
        if turn is not None and not self._fail_row(answer, turn, conversation, words, ending):
            return
        answer.stop(TurnState.FAILED, words, ending)
        log.error("answer_failed", turn=number, error="too_slow", ending=ending)
        self._watch.failed(IntegrationError("the model's server did not answer in time", permanent=False))

    def _fail_row(
        self,
        answer: Answer,
        turn: TurnRecord,
        conversation: ConversationRecord | None,
        words: Sequence[str],
        ending: Ending,
    ) -> bool:
        also = failure_handoff(self._drafts.tool_context(answer, conversation, LateRequest()), ending)
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
