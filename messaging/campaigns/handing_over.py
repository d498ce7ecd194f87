"""Hands over to a seller who answers a campaign as it has it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from conversation.handoff import Request, Source
from conversation.phrases.words import Notices
from messaging.campaigns.replies import ANSWERED_WITHIN, LONGEST, leads_to_seller, outcome_of
from storage.campaigns import campaign_replies
from storage.campaigns.campaign_replies import CampaignAnswer
from storage.queries.messages import MessageRecord


@dataclass(frozen=True, slots=True)
class HandingOver:
    """A request that follows from the answer of a campaign's recipient."""

    recipient_id: int
    request: Request


def handing_over(connection: Connection, said: Sequence[MessageRecord], words: Notices) -> HandingOver | None:
    """Return what follows from messages of a person, once for what a campaign wrote to them; None if nothing does."""
    for message in said:
        outcome = outcome_of(message.kind, message.body)
        if not outcome:
            continue  # nearly all of them, which cost no query
        answer = campaign_replies.answer(connection, message.id, message.created_at - ANSWERED_WITHIN)
        if answer is None or answer.handed_over_at is not None:
            continue
        if leads_to_seller(outcome, answer.hand_over):
            return HandingOver(answer.recipient_id, _request(answer, words))
    return None


def _request(answer: CampaignAnswer, words: Notices) -> Request:
    said = " ".join(answer.words.split())[:LONGEST]
    facts = "\n".join(f"{name}: {value}" for name, value in answer.facts.items())
    return Request(
        words.campaign_answer.format(answer=said, campaign=answer.campaign),
        context="\n\n".join(filter(None, [answer.body, facts])),
        source=Source.WORDS,
    )
