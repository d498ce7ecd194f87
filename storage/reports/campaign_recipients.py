"""Queries for the people on a campaign's list as operators look through them: by what became of each, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, not_, select

from phone_numbers import ReachAddress
from storage.models import MessageStatus, RecipientState
from storage.reports.campaigns import BUSY, NO_ANSWER, TAKEN_BY_A_MACHINE
from storage.reports.lists import Page
from storage.tables import CALLS, CAMPAIGN_RECIPIENTS, CONVERSATIONS, MESSAGES

_C = CAMPAIGN_RECIPIENTS.c


class Which(StrEnum):
    """Which of a campaign's recipients are listed. Who has read a message has it, and was sent it.

    Of calls, SENT are those that were answered: by somebody who talked, or by a machine; FAILED are those who were not
    reached, BUSY and NO_ANSWER are among them.
    """

    ALL = "all"
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    REPLIED = "replied"
    IN_DOUBT = "in_doubt"
    FAILED = "failed"
    SKIPPED = "skipped"
    CALLED = "called"
    TALKED = "talked"
    MACHINE = "machine"
    BUSY = "busy"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class ListedRecipient:
    """A recipient in a list. status, code, sid: of the message of the last attempt. provider: of the conversation.

    call_status, call_code: of the last call. is_machine: an answering machine has taken it. talked_s: how long it was.
    """

    line: int
    number: ReachAddress
    facts: Mapping[str, str]
    state: str
    reason: str
    begun_at: datetime | None
    replied_at: datetime | None
    outcome: str
    conversation_id: int | None
    status: str | None
    code: int | None
    sid: str | None
    provider: str | None
    due_at: datetime
    call_status: str
    call_code: int | None
    is_machine: bool
    talked_s: int | None


def listed(
    connection: Connection, campaign_id: int, which: Which, after: int | None = None, limit: int = 50
) -> Page[ListedRecipient]:
    """Return a page of recipients in the order of the list. after: the line that the page before ended with."""
    found = (
        select(*_COLUMNS)
        .outerjoin(MESSAGES, MESSAGES.c.id == _C.message_id)
        .outerjoin(CONVERSATIONS, CONVERSATIONS.c.id == _C.conversation_id)
        .outerjoin(CALLS, CALLS.c.call_sid == _C.call_sid)
        .where(_C.campaign_id == campaign_id, _C.line > (after or 0), *_CONDITIONS[which])
        .order_by(_C.line)
        .limit(limit + 1)
    )
    rows = [ListedRecipient(*row) for row in connection.execute(found)]
    return Page(rows[:limit], rows[limit - 1].line if len(rows) > limit else None)


def begun_since(connection: Connection, campaign_id: int, since: datetime) -> int:
    """Return how many messages of a campaign were passed to the provider after a time."""
    found = select(func.count()).where(_C.campaign_id == campaign_id, _C.begun_at > since)
    return connection.execute(found).scalar_one()


_IS_SENT = _C.state == RecipientState.SENT
_IS_FAILED = _C.state == RecipientState.FAILED
_CONDITIONS: Mapping[Which, tuple[ColumnElement[bool], ...]] = {
    Which.ALL: (),
    Which.WAITING: (_C.state == RecipientState.WAITING,),
    Which.SENDING: (_C.state.in_((RecipientState.SENDING, RecipientState.CALLING)),),
    Which.SENT: (_IS_SENT,),
    Which.DELIVERED: (_IS_SENT, MESSAGES.c.status.in_((MessageStatus.DELIVERED, MessageStatus.READ))),
    Which.READ: (_IS_SENT, MESSAGES.c.status == MessageStatus.READ),
    Which.REPLIED: (_C.replied_at.is_not(None),),
    Which.IN_DOUBT: (_C.state == RecipientState.IN_DOUBT,),
    Which.FAILED: (_IS_FAILED,),
    Which.SKIPPED: (_C.state == RecipientState.SKIPPED,),
    Which.CALLED: (_C.attempts > 0,),
    Which.TALKED: (_IS_SENT, not_(TAKEN_BY_A_MACHINE)),
    Which.MACHINE: (_IS_SENT, TAKEN_BY_A_MACHINE),
    Which.BUSY: (_IS_FAILED, _C.call_status == BUSY),
    Which.NO_ANSWER: (_IS_FAILED, _C.call_status == NO_ANSWER),
}
_ELSEWHERE: Mapping[str, Any] = {
    "status": MESSAGES.c.status,
    "code": MESSAGES.c.error_code,
    "sid": MESSAGES.c.sid,
    "provider": CONVERSATIONS.c.provider,
    "is_machine": TAKEN_BY_A_MACHINE,
    "talked_s": CALLS.c.duration_s,
}
_NAMES = tuple(field.name for field in fields(ListedRecipient))
_COLUMNS = tuple(_ELSEWHERE[name] if name in _ELSEWHERE else _C[name] for name in _NAMES)
