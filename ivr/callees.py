"""What is said to people on the phone without asking a model: who calls, and that we call no more."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from conversation.callees.intents import asks_who_calls, is_stop_word, wants_no_calls
from conversation.callees.opting_out import opt_out
from conversation.phrases import Phrases
from conversation.turns.utterance import Utterance
from ivr.requests import Heard
from phone_numbers import is_withheld
from storage.base import utc_now
from storage.models import Ending, TurnKind
from storage.queries import calls
from storage.queries.calls import CallFacts


@dataclass(frozen=True, slots=True)
class Reaction:
    """Words of ours, what follows them, and what is done in the transaction that keeps them."""

    words: str
    ending: Ending = Ending.GATHER
    also: Callable[[Connection, int], None] = lambda _connection, _turn_id: None

    def said_to(self, utterance: Utterance) -> Utterance:
        """Return an utterance that is answered so."""
        return replace(utterance, reply=self.words, reply_ending=self.ending, also=self.also)


def reaction_to(facts: CallFacts, heard: Heard, phrases: Phrases) -> Reaction | None:
    """Return what is said to words that need no model; None if the model is asked."""
    if heard.kind is not TurnKind.SPEECH:
        return None
    is_ours = facts.direction != "inbound"
    is_wish = wants_no_calls(heard.text) or (is_ours and is_stop_word(heard.text))
    if is_wish and not is_withheld(facts.contact_address):

        def obey(connection: Connection, _turn_id: int) -> None:
            conversation = calls.find_conversation(connection, facts.key)
            if conversation is not None:
                opt_out(connection, conversation.id, utc_now())

        return Reaction(phrases.calls_stopped, Ending.HANG_UP, obey)
    if is_ours and asks_who_calls(heard.text):
        return Reaction(phrases.who_calls)
    return None
