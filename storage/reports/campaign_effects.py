"""Queries for what followed a campaign's messages: who asked for a person, and who wants nothing more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, or_, select

from storage.models import RecipientState
from storage.tables import CAMPAIGN_RECIPIENTS, CONTACTS, CONVERSATIONS, HANDOFFS

_C = CAMPAIGN_RECIPIENTS.c
MOST_OUTCOMES = 20
"""The most frequent ones that are counted: buttons may say anything."""
_MAY_HAVE_IT = (
    RecipientState.SENDING,
    RecipientState.SENT,
    RecipientState.CALLING,
    RecipientState.IN_DOUBT,
)


@dataclass(frozen=True, slots=True)
class Effect:
    """What followed a message to somebody. handed_off_at: when their answer led to it, else their first one since."""

    handed_off_at: datetime | None
    opted_out_at: datetime | None


def effects(connection: Connection, campaign_id: int, within: timedelta) -> Mapping[int, Effect]:
    """Return what followed a campaign's messages within a time, by line; who did neither is not there."""
    found = {}
    for line, begun_at, handed_off_at, opted_out_at in connection.execute(
        _EFFECTS, {"campaign": campaign_id}
    ):
        until = begun_at + within
        effect = Effect(
            handed_off_at if handed_off_at is not None and handed_off_at <= until else None,
            opted_out_at if opted_out_at is not None and begun_at <= opted_out_at <= until else None,
        )
        if effect != Effect(None, None):
            found[line] = effect
    return found


def outcomes(connection: Connection, campaign_id: int) -> dict[str, int]:
    """Return how many people's answers came to what, the most frequent first."""
    found = (
        select(_C.outcome, func.count().label("people"))
        .where(_C.campaign_id == campaign_id, _C.outcome != "")
        .group_by(_C.outcome)
        .order_by(func.count().desc(), _C.outcome)
        .limit(MOST_OUTCOMES)
    )
    return {row.outcome: row.people for row in connection.execute(found)}


_WHERE_HANDED_OFF = CONVERSATIONS.alias("where_handed_off")
_HANDED_OFF_AT = (
    select(func.min(HANDOFFS.c.created_at))
    .join(_WHERE_HANDED_OFF, _WHERE_HANDED_OFF.c.id == HANDOFFS.c.conversation_id)
    .where(_WHERE_HANDED_OFF.c.contact_id == CONTACTS.c.id, HANDOFFS.c.created_at >= _C.begun_at)
    .correlate(CONTACTS, CAMPAIGN_RECIPIENTS)
    .scalar_subquery()
)
_EACH = (
    select(
        _C.line,
        _C.begun_at,
        func.coalesce(_C.handed_over_at, _HANDED_OFF_AT).label("handed_off_at"),
        CONTACTS.c.opted_out_at,
    )
    .join(CONVERSATIONS, CONVERSATIONS.c.id == _C.conversation_id)
    .join(CONTACTS, CONTACTS.c.id == CONVERSATIONS.c.contact_id)
    .where(_C.campaign_id == bindparam("campaign"), _C.begun_at.is_not(None), _C.state.in_(_MAY_HAVE_IT))
    .subquery()
)
_EFFECTS = select(_EACH).where(
    or_(_EACH.c.handed_off_at.is_not(None), _EACH.c.opted_out_at >= _EACH.c.begun_at)
)
