"""Begins the drafts of answers: what the model is told, and what is stored when an answer is complete."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from conversation import history
from conversation.answers.answer import Answer
from conversation.answers.draft import Draft
from conversation.handoff import LateRequest, hand_off_late
from conversation.models.beginning import Beginning
from conversation.profiles.profile import Profile, instructions_for
from conversation.redaction import redact
from conversation.tools.runner import ToolContext
from conversation.turns.channel import ChannelRules, Observers
from conversation.turns.claims import Claimed
from conversation.turns.known import Known
from integrations.language_model import Message, Usage
from jobs.queue import Work
from storage.database import Database
from storage.ledger import accounts
from storage.queries.calls import ConversationRecord

log = structlog.get_logger()


class Drafts:
    """Begins the drafts of a channel's answers."""

    def __init__(
        self,
        database: Database,
        work: Work,
        profile: Profile,
        channel: ChannelRules,
        observers: Observers,
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._work, self._clock = database, work, clock
        self._phrases, self._channel, self._observers = profile.phrases, channel, observers

        @lru_cache(maxsize=2)  # ten thousand characters that every answer of the same minute shares
        def instructions(minute: datetime) -> str:
            nobody = channel.reaches_nobody
            return redact(instructions_for(profile, now=minute, channel=channel.name, nobody=nobody))

        self._instructions = instructions

    def beginning(self) -> Beginning:
        """Return what the prompts of this channel begin with now."""
        minute = self._clock().replace(second=0, microsecond=0)
        return Beginning(self._instructions(minute), self._channel.toolbox.specs)

    def begin(self, answer: Answer, claimed: Claimed, late: LateRequest) -> Draft:
        """Return the draft of an answer. late: keeps the handoff that cannot be stored before its turn."""
        conversation = claimed.known.conversation
        messages = self._messages(claimed)

        def completed(connection: Connection) -> None:
            if conversation is not None and late.request is not None:
                hand_off_late(
                    connection, self._observers.people, conversation.id, answer.number, late.request,
                    self._clock(),
                )  # fmt: skip
            if answer.turn_id is not None:
                self._observers.mirror.turn(connection, answer.turn_id, self._clock())
            if conversation and history.needs_summary(answer.number, conversation.summary_upto):
                self._work.enqueue(
                    connection, "summarise", {"conversation_id": conversation.id}, key=f"{conversation.id}"
                )

        def ended(tokens: Usage) -> None:
            if conversation is not None:
                self._count_turn(claimed.known, conversation, tokens)

        tools = self.tool_context(answer, conversation, late)
        return Draft(answer, messages, tools, completed, ended, claimed.utterance.images)

    def tool_context(
        self, answer: Answer, conversation: ConversationRecord | None, late: LateRequest
    ) -> ToolContext:
        """Return the context of an answer's tools."""
        return ToolContext(
            database=self._database,
            conversation_id=conversation.id if conversation else None,
            turn_id=answer.turn_id,
            turn_number=answer.number,
            phrases=self._phrases,
            can_transfer=self._channel.can_transfer,
            now=self._clock(),
            handoffs=self._observers.people,
            keep_later=late.keep,
            is_phone=self._channel.is_phone,
            ledger=self._channel.ledger,
        )

    def _messages(self, claimed: Claimed) -> list[Message]:
        conversation = claimed.known.conversation
        return history.messages_for(
            self.beginning().system,
            background=conversation.background if conversation else "",
            summary=conversation.summary if conversation else "",
            past=claimed.known.past,
            heard=claimed.heard,
            kind=claimed.utterance.kind,
            images=claimed.utterance.images,
            campaign=claimed.known.campaign,
        )

    def _count_turn(self, known: Known, conversation: ConversationRecord, tokens: Usage) -> None:
        """Count an answer after its last word, whoever stopped it."""
        ledger, kind = self._channel.ledger, self._channel.kind_of_turn

        def count(connection: Connection) -> None:
            whose = known.account or accounts.of_conversation(connection, conversation.id)
            ledger.count_turn(connection, whose, kind, tokens, self._clock())

        try:
            self._database.run(count)
        except SQLAlchemyError as error:
            log.error("turn_not_counted", error=type(error).__name__)
