"""Tells how often campaigns have contacted a person, and whether they are in a call with us at this moment."""

from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, exists, func, or_, select

from phone_numbers import MatchingNumber
from storage.models import LOST, CampaignState, IdentityKind, MessageStatus, RecipientState
from storage.tables import CALLS, CAMPAIGN_RECIPIENTS, CAMPAIGNS, CONVERSATIONS, IDENTITIES, MESSAGES

_C = CAMPAIGN_RECIPIENTS.c


def contacted_since(
    connection: Connection, number: MatchingNumber, since: datetime, *, kind: str, but: int | None
) -> int:
    """Return how often campaigns have written to a number's person, and called the number, since a time.

    kind: of campaigns' messages; those that were lost do not count. but: a message that is left out.
    """
    values = {"number": number, "since": since, "kind": kind, "but": but or 0}
    return int(connection.execute(_CONTACTED, values).scalar_one())


def is_on_the_phone(connection: Connection, number: MatchingNumber) -> bool:
    """Return whether a number's person is in a call with us, whoever called, or a campaign is calling them."""
    return bool(connection.execute(_ON_THE_PHONE, {"number": number}).scalar_one())


_IS_THEIRS = and_(
    IDENTITIES.c.kind == IdentityKind.PHONE,
    IDENTITIES.c.value == bindparam("number"),
    IDENTITIES.c.simulated.is_(False),
    IDENTITIES.c.retired_at.is_(None),
)
_THEIR_CONVERSATIONS = (
    select(CONVERSATIONS.c.id)
    .join(IDENTITIES, IDENTITIES.c.contact_id == CONVERSATIONS.c.contact_id)
    .where(_IS_THEIRS)
)
_WRITTEN = select(func.count(MESSAGES.c.id)).where(
    MESSAGES.c.conversation_id.in_(_THEIR_CONVERSATIONS),
    MESSAGES.c.kind == bindparam("kind"),
    MESSAGES.c.created_at >= bindparam("since"),
    MESSAGES.c.status.not_in([*LOST, MessageStatus.HELD]),
    MESSAGES.c.id != bindparam("but"),
)
_MAY_HAVE_BEEN_CALLED = or_(
    _C.call_sid.is_not(None),
    and_(_C.call_mark.is_not(None), _C.state.in_((RecipientState.SENDING, RecipientState.IN_DOUBT))),
)
_CALLED = (
    select(func.count(_C.id))
    .join(CAMPAIGNS, CAMPAIGNS.c.id == _C.campaign_id)
    .where(
        _C.found_by == bindparam("number"), _C.begun_at >= bindparam("since"), _MAY_HAVE_BEEN_CALLED,
        CAMPAIGNS.c.state != CampaignState.TRIAL,
    )
)  # fmt: skip
_CONTACTED = select(_WRITTEN.scalar_subquery() + _CALLED.scalar_subquery())
_ON_THE_PHONE = select(
    or_(
        exists().where(
            _C.found_by == bindparam("number"),
            _C.call_mark.is_not(None),
            _C.state.in_((RecipientState.SENDING, RecipientState.CALLING)),
        ),
        exists().where(CALLS.c.ended_at.is_(None), CALLS.c.conversation_id.in_(_THEIR_CONVERSATIONS)),
    )
)
