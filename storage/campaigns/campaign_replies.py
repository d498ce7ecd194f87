"""Queries for the answers to campaigns' messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, update

from storage.models import RecipientState
from storage.tables import CAMPAIGN_RECIPIENTS, CAMPAIGNS, CONVERSATIONS, MESSAGES

_C = CAMPAIGN_RECIPIENTS.c
_MAY_HAVE_IT = (RecipientState.SENDING, RecipientState.SENT, RecipientState.IN_DOUBT)


@dataclass(frozen=True, slots=True)
class CampaignMessage:
    """A campaign's message that a person got. body: its words, or those of its template. facts: the list's columns.

    goal: of the call that the conversation is, whose greeting is the body; None: of a message, or of another call.
    """

    campaign: str
    body: str
    facts: Mapping[str, str]
    sent_at: datetime
    goal: str | None = None


@dataclass(frozen=True, slots=True)
class CampaignAnswer:
    """What somebody has answered. kind, words: of their message. campaign, body, facts: what it answers, as above.

    hand_over: the answers that lead to a seller. handed_over_at: when one of theirs did.
    """

    recipient_id: int
    kind: str
    words: str
    campaign: str
    body: str
    facts: Mapping[str, str]
    hand_over: Sequence[str]
    handed_over_at: datetime | None


def latest_message(connection: Connection, conversation_id: int, since: datetime) -> CampaignMessage | None:
    """Return the last message of a campaign that a conversation's person got after a time; None if there is none."""
    row = connection.execute(_LATEST, {"conversation": conversation_id, "since": since}).one_or_none()
    return None if row is None else CampaignMessage(*row)


def of_call(connection: Connection, conversation_id: int) -> CampaignMessage | None:
    """Return what a campaign's call began with, and its goal; None for any other call."""
    row = connection.execute(_OF_CALL, {"conversation": conversation_id}).first()
    return None if row is None else CampaignMessage(*row)


def answer(connection: Connection, message_id: int, since: datetime) -> CampaignAnswer | None:
    """Return what a message answers: that of the campaign which last wrote to its sender after a time."""
    row = connection.execute(_ANSWERED, {"message": message_id, "since": since}).one_or_none()
    return None if row is None else CampaignAnswer(*row)


def note_reply(connection: Connection, recipient_id: int, outcome: str, now: datetime) -> None:
    """Record that a recipient has replied. outcome: what the answer comes to; empty leaves what is known."""
    values: dict[str, Any] = {"replied_at": func.coalesce(_C.replied_at, now)}
    if outcome:
        values["outcome"] = outcome
    connection.execute(update(CAMPAIGN_RECIPIENTS).where(_C.id == recipient_id).values(values))


def note_handed_over(connection: Connection, recipient_id: int, now: datetime) -> None:
    """Record that a recipient's answer led to a seller."""
    connection.execute(update(CAMPAIGN_RECIPIENTS).where(_C.id == recipient_id).values(handed_over_at=now))


_THEIRS = CONVERSATIONS.alias("theirs")


def _newest(*columns: Any) -> Select[Any]:
    """Return the statement for the recipient last written to of a person; the columns are of the row."""
    return (
        select(*columns)
        .join(_THEIRS, _THEIRS.c.id == _C.conversation_id)
        .where(_C.begun_at > bindparam("since"), _C.state.in_(_MAY_HAVE_IT))
        .order_by(_C.begun_at.desc())
        .limit(1)
    )


_WHO = select(CONVERSATIONS.c.contact_id).where(CONVERSATIONS.c.id == bindparam("conversation"))
_LATEST = (
    _newest(CAMPAIGNS.c.name, _C.body, _C.facts, _C.begun_at)
    .join(CAMPAIGNS, CAMPAIGNS.c.id == _C.campaign_id)
    .where(_THEIRS.c.contact_id == _WHO.scalar_subquery())
)
_OF_CALL = (
    select(CAMPAIGNS.c.name, _C.body, _C.facts, _C.begun_at, CAMPAIGNS.c.goal)
    .join(CAMPAIGNS, CAMPAIGNS.c.id == _C.campaign_id)
    .where(_C.conversation_id == bindparam("conversation"), _C.call_mark.is_not(None))
)
_ANSWERED = (
    _newest(
        _C.id,
        MESSAGES.c.kind,
        MESSAGES.c.body.label("words"),
        CAMPAIGNS.c.name,
        _C.body,
        _C.facts,
        CAMPAIGNS.c.hand_over,
        _C.handed_over_at,
    )
    .join(CAMPAIGNS, CAMPAIGNS.c.id == _C.campaign_id)
    .join(CONVERSATIONS, CONVERSATIONS.c.contact_id == _THEIRS.c.contact_id)
    .join(MESSAGES, MESSAGES.c.conversation_id == CONVERSATIONS.c.id)
    .where(MESSAGES.c.id == bindparam("message"))
)
