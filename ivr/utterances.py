"""Turns what a caller said into an utterance."""

from datetime import datetime

from sqlalchemy import Connection

from conversation.turns.utterance import Utterance
from ivr.requests import CallPosition, Heard
from storage.queries import calls
from storage.queries.calls import CallFacts, ConversationRecord


def utterance_of(facts: CallFacts, number: int, position: CallPosition, heard: Heard) -> Utterance:
    """Return the utterance of a turn. number: the turn's."""

    def open_call(connection: Connection, now: datetime) -> ConversationRecord:
        return calls.open_call(connection, facts, now)

    return Utterance(
        key=facts.key, number=number, heard=heard.text, kind=heard.kind, open=open_call,
        confidence=heard.confidence, served=position.served,
        joins=position.pending is not None and position.served == 0, after_campaign=facts.direction != "inbound",
    )  # fmt: skip
