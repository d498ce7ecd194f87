"""Claims turns: of all who are asked to answer an utterance, one stores its turn and answers it."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from conversation import history
from conversation.answers.answer import Answer
from conversation.handoff import LateRequest, hand_off, hand_off_late, leave_message
from conversation.turns.channel import ChannelRules, Observers
from conversation.turns.known import Known, known_before, past_turns
from conversation.turns.ready_answers import ReadyAnswer, ReadyAnswers
from conversation.turns.utterance import MOST_HEARD, Utterance
from storage.database import Database
from storage.models import Ending, TurnState
from storage.queries import turns
from storage.queries.calls import ConversationRecord
from storage.queries.turns import NewTurn, TurnRecord

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Claimed:
    """A turn that is ours to answer.

    known: its conversation's, with the previous turn settled; empty if the database can be neither written nor read.
    ready: its answer, if that needs no model. turn_id: None while it is not stored.
    """

    utterance: Utterance
    known: Known
    turn_id: int | None
    heard: str
    ready: ReadyAnswer | None = None

    @property
    def is_answered(self) -> bool:
        """True if its answer needed no model and is stored."""
        return self.ready is not None and self.turn_id is not None


class Claims:
    """Claims the turns of a channel for a process. owner: its name in their rows."""

    def __init__(
        self,
        database: Database,
        channel: ChannelRules,
        observers: Observers,
        ready: ReadyAnswers,
        *,
        owner: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._channel, self._ready = database, channel, ready
        self._handoffs, self._observer = observers.people, observers.mirror
        self._owner, self._clock = owner, clock

    def claim(self, utterance: Utterance) -> Claimed | None:
        """Claim a turn; return None if somebody else has. If it cannot be stored, it is ours all the same."""
        known = self._known(utterance)
        try:
            return self._database.run(lambda connection: self._claim(connection, utterance, known))
        except SQLAlchemyError as error:
            log.error("turn_not_kept", turn=utterance.number, error=type(error).__name__)
        ready = None
        # A caller who asks for a person is put through; who writes is told of one only once that is stored
        if self._channel.is_phone:
            ready = self._ready.find_unstored(utterance, known.conversation, self._clock())
        return Claimed(utterance, known, None, utterance.kept_words(), ready)

    def _known(self, utterance: Utterance) -> Known:
        """Read the data that the claim needs, before it makes other writers wait."""
        try:
            with self._database.read() as connection:
                return known_before(connection, utterance, self._channel, self._clock())
        except SQLAlchemyError as error:
            log.error("past_not_read", turn=utterance.number, error=type(error).__name__)
            return Known()

    def _claim(self, connection: Connection, utterance: Utterance, known: Known) -> Claimed | None:
        now = self._clock()
        conversation = known.conversation or utterance.open(connection, now)
        heard = _heard(utterance, known.previous)
        ready = self._ready.find(connection, utterance, conversation, known, now)
        turn_id = turns.claim_turn(
            connection,
            self._new_turn(utterance, conversation, heard, ready, failures=known.failures),
            now,
            sentences=[ready.words] if ready and ready.words else (),
            ending=ready.ending if ready else None,
        )
        if turn_id is None:
            return None
        utterance.also(connection, turn_id)
        if ready is not None:
            if ready.handoff is not None:
                request = self._ready.with_summary(ready.handoff, conversation, known.past)
                hand_off(connection, self._handoffs, conversation.id, utterance.number, request, now)
            self._observer.turn(connection, turn_id, now)
        past = known.past
        if past:
            past = (*past[:-1], _settle_previous(connection, known, utterance, now))
        settled = Known(conversation, past, account=known.account, campaign=known.campaign)
        return Claimed(utterance, settled, turn_id, heard, ready)

    def claim_late(
        self, utterance: Utterance, ready: ReadyAnswer | None, late: LateRequest
    ) -> Callable[[Connection, Answer], None]:
        """Return a function that stores a turn answered from memory, once the database can be written again."""

        def claim(connection: Connection, answer: Answer) -> None:
            now = self._clock()
            conversation = utterance.open(connection, now)
            new = self._new_turn(utterance, conversation, utterance.kept_words())
            turn_id = turns.claim_turn(connection, new, now, sentences=answer.sentences, ending=answer.ending)
            if turn_id is None:
                return
            utterance.also(connection, turn_id)
            request = late.request
            if ready is not None and ready.handoff is not None:
                past = past_turns(connection, conversation, utterance.number)
                request = self._ready.with_summary(ready.handoff, conversation, past)
            if request is not None:
                hand_off_late(connection, self._handoffs, conversation.id, utterance.number, request, now)
            self._observer.turn(connection, turn_id, now)

        return claim

    def claim_message(self, connection: Connection, utterance: Utterance, thanks: str) -> None:
        """Store a message for a person as a turn that is answered with thanks and ends the call."""
        now = self._clock()
        conversation = utterance.open(connection, now)
        new = self._new_turn(utterance, conversation, utterance.kept_words())
        if turns.claim_turn(connection, new, now, sentences=[thanks], ending=Ending.HANG_UP):
            leave_message(connection, self._handoffs, conversation.id, utterance.number, new.heard, now)

    def _new_turn(
        self,
        utterance: Utterance,
        conversation: ConversationRecord,
        heard: str,
        ready: ReadyAnswer | None = None,
        *,
        failures: int = 0,
    ) -> NewTurn:
        kind = ready.kind if ready is not None and ready.kind is not None else utterance.kind
        return NewTurn(
            conversation.id, utterance.number, kind, heard[:MOST_HEARD],
            utterance.confidence, self._owner, failures,
        )  # fmt: skip


def _heard(utterance: Utterance, previous: TurnRecord | None) -> str:
    """Return the words to be answered: with those that the previous turn was to answer, if they join them."""
    heard = utterance.kept_words()
    if utterance.joins and previous is not None:
        return f"{previous.heard} {heard}"
    return heard


def _settle_previous(connection: Connection, known: Known, utterance: Utterance, now: datetime) -> TurnRecord:
    """Record the heard part of the previous turn; supersede it if it is still being written."""
    previous = known.past[-1]
    if previous.state is TurnState.WRITING:
        turns.stop_turn(connection, previous.id, TurnState.SUPERSEDED, now)
        previous = dataclasses.replace(previous, state=TurnState.SUPERSEDED)
    upto = history.heard_characters(
        previous, known.last_served, served=utterance.served, reply=utterance.heard, now=now
    )
    if upto is not None:
        turns.heard_upto(connection, previous.id, upto)
    return dataclasses.replace(previous, heard_upto=upto)
