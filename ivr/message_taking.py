"""Takes messages for people, from callers who were asked for one."""

from dataclasses import replace

import structlog
from sqlalchemy.exc import SQLAlchemyError

from conversation.intents import MessageReply, is_continue, message_reply
from conversation.manager import ConversationManager
from conversation.turns.ready_answers import PERSON_KEY
from conversation.turns.utterance import Utterance
from ivr.documents import Documents
from ivr.requests import CallPosition, Heard
from ivr.serving import AnswerServing
from ivr.transfer import Transfer
from ivr.utterances import utterance_of
from storage.models import Ending, TurnKind
from storage.queries.calls import CallFacts

log = structlog.get_logger()

MOST_KEYS = 8
"""Keys pressed by accident, while a message is left, before the call goes on as if nothing had been said."""


class MessageTaking:
    """Hears callers who were asked for a message. transfer: to the person that they may ask for instead."""

    def __init__(
        self,
        manager: ConversationManager,
        documents: Documents,
        serving: AnswerServing,
        transfer: Transfer,
    ) -> None:
        self._manager, self._documents, self._serving, self._transfer = manager, documents, serving, transfer
        self._phrases = manager.profile.phrases

    def hear(self, facts: CallFacts, position: CallPosition, heard: Heard) -> str:
        """Keep the caller's message, or do what they say instead of leaving one."""
        number = position.turn or self._serving.next_number(facts.key)
        utterance = utterance_of(facts, number, position, heard)
        reply, leg = _message_reply(heard), int(position.is_likely_leg)
        if reply is MessageReply.QUESTION and (leg or position.was_transferred):
            reply = MessageReply.MESSAGE  # it is for the person who was rung
        if reply is MessageReply.QUESTION:
            return self._serving.answer(facts, utterance)
        if reply is MessageReply.MESSAGE:
            return self._take(facts, replace(utterance, kind=TurnKind.MESSAGE))
        if reply is MessageReply.PERSON and not leg and self._transfer.number_for(facts) is not None:
            return self._serving.answer(facts, utterance)
        if reply is MessageReply.DECLINED and position.was_transferred:  # nobody helped them
            return self._documents.ask_for_message(facts.key, number - 1)
        if position.was_transferred and is_continue(heard.text, self._phrases):  # "yes": somebody helped them
            self._manager.transfer_ended(facts.key, answered=True, by=self._transfer.number or "")
            return self._say_goodbye(facts, utterance)
        if reply in (MessageReply.DECLINED, MessageReply.GOODBYE):
            return self._say_goodbye(facts, utterance)
        if reply is None and heard.text and position.wait < MOST_KEYS:
            return self._documents.ask_for_message(
                facts.key, number - 1, silent=position.silent, wait=position.wait + 1, leg=leg
            )
        if not position.silent:
            nobody = reply is MessageReply.PERSON
            return self._documents.ask_for_message(facts.key, number - 1, nobody=nobody, silent=1, leg=leg)
        if not heard.text:
            return self._documents.goodbye(
                facts.key, f"message:{number}:silence", self._phrases.silence_goodbye
            )
        return self._say_goodbye(facts, utterance)

    def _say_goodbye(self, facts: CallFacts, utterance: Utterance) -> str:
        """Say goodbye to somebody who leaves no message."""
        goodbye = replace(utterance, reply=self._phrases.goodbye, reply_ending=Ending.HANG_UP)
        return self._serving.answer(facts, goodbye)

    def _take(self, facts: CallFacts, utterance: Utterance) -> str:
        number = utterance.number
        try:
            self._manager.take_message(utterance)
        except SQLAlchemyError as error:
            log.error("message_not_kept", turn=number, error=type(error).__name__)
            return self._documents.goodbye(facts.key, f"message:{number}:lost", self._phrases.went_wrong)
        return self._serving.serve(facts, number)


def _message_reply(heard: Heard) -> MessageReply | None:
    """Return what a caller means who was asked for a message; None for silence and for keys pressed by accident."""
    if heard.kind is TurnKind.DIGITS:
        return MessageReply.PERSON if heard.text == PERSON_KEY else None
    return message_reply(heard.text)
