"""Answers what needs no model: a wish for a person, the end of a call's time, more questions than may be asked."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from conversation import history
from conversation.described import described
from conversation.handoff import Request, Source, begins_with, current_handoff
from conversation.intents import asks_for_person
from conversation.ledger import Kind
from conversation.phrases import catalogue_for
from conversation.profiles.profile import Profile
from conversation.tools.runner import told_again
from conversation.turns.channel import ChannelRules
from conversation.turns.known import Known
from conversation.turns.utterance import Utterance
from storage.ledger import accounts
from storage.models import Ending, TurnKind
from storage.queries.calls import ConversationRecord
from storage.queries.turns import TurnRecord

PERSON_KEY = "0"
"""The key that, pressed alone, asks for a person, as on any switchboard."""
MOST_TOLD = 3
"""Turns shown, besides the summary, to the person taking over."""


@dataclass(frozen=True, slots=True)
class ReadyAnswer:
    """An answer that needs no model. handoff: the reason for handing over, if it does.

    kind: of its turn; None: the utterance's.
    """

    words: str
    ending: Ending
    handoff: Request | None = None
    kind: TurnKind | None = None


class ReadyAnswers:
    """The ready answers of a channel, in a profile's words."""

    def __init__(self, profile: Profile, channel: ChannelRules) -> None:
        self._phrases, self._language = profile.phrases, profile.language
        self._catalogue = catalogue_for(profile.language)
        self._channel, self._is_phone = channel, channel.is_phone
        kept = self._catalogue.customers.message_kept
        self.handed_off = kept if channel.reaches_nobody else profile.phrases.handed_off
        """What is written to who is handed over: that somebody will answer, or that it is kept."""

    def find(
        self,
        connection: Connection,
        utterance: Utterance,
        conversation: ConversationRecord,
        known: Known,
        now: datetime,
    ) -> ReadyAnswer | None:
        """Return the ready answer to an utterance, inside the transaction that claims it; None if a model is asked."""
        ready = self.find_unstored(utterance, conversation, now)
        if ready is None and known.free_at is not None:
            ready = self._over_ceiling(connection, known, now)
        return self._told_once(connection, conversation, utterance.number, ready, now)

    def find_unstored(
        self, utterance: Utterance, conversation: ConversationRecord | None, now: datetime
    ) -> ReadyAnswer | None:
        """Return the ready answer that can be given without a database."""
        if conversation is not None and now - conversation.created_at > self._channel.longest:
            return ReadyAnswer(self._phrases.too_long, Ending.HANG_UP, kind=TurnKind.TIME_UP)
        if utterance.reply is not None:
            return ReadyAnswer(utterance.reply, utterance.reply_ending)
        by_key = utterance.kind is TurnKind.DIGITS and utterance.heard.strip() == PERSON_KEY
        if utterance.handoff is None and not by_key and not asks_for_person(utterance.heard):
            return None
        words, ending = self.handed_off, Ending.GATHER
        if self._is_phone:
            words, ending = ("", Ending.TAKE_MESSAGE)
            if self._channel.can_transfer:
                words, ending = self._phrases.transfer, Ending.TRANSFER
        source = Source.KEY if by_key else Source.WORDS
        begins = begins_with(ending, is_phone=self._is_phone)
        request = utterance.handoff or Request(self._phrases.wants_person, source=source)
        return ReadyAnswer(words, ending, dataclasses.replace(request, begins=begins))

    def _told_once(
        self,
        connection: Connection,
        conversation: ConversationRecord,
        number: int,
        ready: ReadyAnswer | None,
        now: datetime,
    ) -> ReadyAnswer | None:
        """Reword the reply to somebody who writes and was told before that a person comes, or that it is kept."""
        if ready is None or self._is_phone or ready.words != self.handed_off:
            return ready
        customers = self._catalogue.customers
        if current_handoff(connection, conversation.id, now):
            if not self._channel.reaches_nobody:
                return dataclasses.replace(ready, words=customers.told_before)
            return dataclasses.replace(ready, words=told_again(customers, number))
        account = accounts.of_conversation(connection, conversation.id)
        if self._channel.ledger.has_room(connection, account, Kind.HANDOFF, now):
            return ready
        return dataclasses.replace(ready, words=customers.message_kept)

    def _over_ceiling(self, connection: Connection, known: Known, now: datetime) -> ReadyAnswer:
        """Return the answer to somebody to whom a model has answered as often as it may; written, it is given once."""
        assert known.account is not None and known.free_at is not None
        self._channel.ledger.refused_turn(connection, known.account, self._channel.kind_of_turn, now)
        customers = self._catalogue.customers
        if self._is_phone:
            return ReadyAnswer(customers.no_more_answers, Ending.TAKE_MESSAGE)
        words, since = customers.no_more_this_hour, now - timedelta(hours=1)
        if known.free_at - now > timedelta(hours=1):
            words, since = customers.no_more_today, now - timedelta(days=1)
        was_told = any(turn.sentences == (words,) and turn.created_at > since for turn in known.past)
        return ReadyAnswer("" if was_told else words, Ending.GATHER)

    def with_summary(
        self, request: Request, conversation: ConversationRecord, past: Sequence[TurnRecord]
    ) -> Request:
        """Return a request with what was said before it, for the person taking over."""
        told = history.transcript(past[-MOST_TOLD:], self._language)
        told = described(told, self._catalogue.marks.text_of)
        return dataclasses.replace(request, summary="\n".join(filter(None, [conversation.summary, told])))
