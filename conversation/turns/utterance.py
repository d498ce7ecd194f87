"""What a person said, as a channel hands it over to be answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from conversation.handoff import Request
from conversation.redaction import redact
from integrations.pictures import Picture
from storage.models import Ending, TurnKind
from storage.queries.calls import ConversationRecord

MOST_HEARD = 6000
"""Characters kept of one utterance: enough for a voice note of six minutes, or the longest message."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """An utterance and its position in the conversation.

    open: returns the conversation inside a transaction, creating a new one if needed.
    served: sentences of the previous answer that were served, according to the request.
    joins: none of the previous answer was spoken, and these words join those it was to answer.
    also: run with the turn's id inside the transaction that claims it; an exception undoes the claim.
    images: pictures that came with the words, released once the answer is written.
    reply: a ready answer, for words that need no model; reply_ending: what follows it.
    whole: the answer is read only when complete. after_campaign: a campaign may have led to it.
    handoff: what it leads to, as if they had asked for a person.
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
    images: Sequence[Picture] = ()
    reply: str | None = None
    reply_ending: Ending = Ending.GATHER
    whole: bool = False
    after_campaign: bool = False
    handoff: Request | None = None

    def kept_words(self) -> str:
        """Return its words as they are stored and told to a model."""
        return redact(self.heard)[:MOST_HEARD]
