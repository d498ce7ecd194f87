"""Queries for why a campaign did not reach people."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select

from storage.models import RecipientState
from storage.tables import CAMPAIGN_RECIPIENTS, CONVERSATIONS, MESSAGES

_C = CAMPAIGN_RECIPIENTS.c


@dataclass(frozen=True, slots=True)
class Failure:
    """People who were not reached for the same reason.

    end: how the last call ended; empty for messages. code: the provider's, or that of SIP. provider: of the messages.
    """

    end: str
    code: int | None
    provider: str | None
    people: int


def failures(connection: Connection, campaign_id: int) -> list[Failure]:
    """Return why a campaign did not reach people, the most frequent reason first."""
    return [Failure(*row) for row in connection.execute(_FAILURES, {"campaign_id": campaign_id})]


_CODE = func.coalesce(MESSAGES.c.error_code, _C.call_code)
_FAILURES = (
    select(_C.call_status, _CODE, CONVERSATIONS.c.provider, func.count().label("people"))
    .outerjoin(MESSAGES, MESSAGES.c.id == _C.message_id)
    .outerjoin(CONVERSATIONS, CONVERSATIONS.c.id == MESSAGES.c.conversation_id)
    .where(_C.campaign_id == bindparam("campaign_id"), _C.state == RecipientState.FAILED)
    .group_by(_C.call_status, _CODE, CONVERSATIONS.c.provider)
    .order_by(func.count().desc(), _C.call_status, _CODE)
)
