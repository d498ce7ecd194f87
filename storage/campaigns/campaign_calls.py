"""Queries for the calls of campaigns: which are placed, who has answered, and how they ended.

A call is known by its mark, which stands in the URLs that Twilio is given, and by its SID once Twilio has named it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from storage.models import CampaignChannel, RecipientState, SkipReason
from storage.tables import CALLS, CAMPAIGN_RECIPIENTS, CAMPAIGNS, CONVERSATIONS

_C = CAMPAIGN_RECIPIENTS.c
_MAY_BE_PLACED = (RecipientState.WAITING, RecipientState.SENDING, RecipientState.IN_DOUBT)
_NOT_OVER = (RecipientState.SENDING, RecipientState.CALLING, RecipientState.IN_DOUBT)
_LONGEST_STATUS, _LONGEST_ANSWERED_BY = 20, 30
NEVER_RANG = ("failed", "refused")
"""How calls end that have rung nowhere; "refused" is ours, of a call that Twilio did not take."""


@dataclass(frozen=True, slots=True)
class CampaignCall:
    """The last call to a campaign's recipient. body: the greeting. call_sid: None while it is not known."""

    id: int
    campaign_id: int
    state: RecipientState
    attempts: int
    body: str
    number: str
    begun_at: datetime
    conversation_id: int | None
    call_mark: str
    call_sid: str | None
    call_code: int | None
    answered_by: str
    message_left_at: datetime | None
    leave_message: bool


def under_way(connection: Connection) -> int:
    """Return how many calls of campaigns are being placed or are going on, as far as is known."""
    return int(connection.execute(_COUNT_UNDER_WAY).scalar_one())


def begin(connection: Connection, recipient_id: int, mark: str, now: datetime) -> None:
    """Record that a recipient's call is about to be placed."""
    connection.execute(_BEGIN, {"row_id": recipient_id, "mark": mark, "now": now})


def was_placed(connection: Connection, mark: str, sid: str) -> bool:
    """Record the SID of a call that Twilio has; return False if something else is known of it by now."""
    return connection.execute(_PLACED, {"mark": mark, "sid": sid[:64]}).rowcount == 1


def attach(connection: Connection, mark: str, sid: str, conversation_id: int) -> None:
    """Record which call a mark was placed as, by a webhook of that call."""
    was_placed(connection, mark, sid)
    if connection.execute(_ATTACH, {"mark": mark, "sid": sid[:64], "conversation": conversation_id}).rowcount:
        connection.execute(_IS_FOR, {"mark": mark, "sid": sid[:64]})


def of_mark(connection: Connection, mark: str) -> CampaignCall | None:
    """Return the call of a mark; nobody changes it until the transaction ends."""
    return _call(connection.execute(_OF_MARK, {"mark": mark}).one_or_none())


def of_conversation(connection: Connection, conversation_id: int) -> CampaignCall | None:
    """Return the call that a conversation is, if it is the last one to a campaign's recipient; likewise."""
    return _call(connection.execute(_OF_CONVERSATION, {"conversation": conversation_id}).first())


def end_of(connection: Connection, conversation_id: int) -> str | None:
    """Return the status of the call that a conversation is."""
    found = select(CALLS.c.status).where(CALLS.c.conversation_id == conversation_id)
    return connection.execute(found).scalar_one_or_none()


def put_back(
    connection: Connection, mark: str, due_at: datetime, *, is_counted: bool = False, code: int | None = None
) -> bool:
    """Let a recipient wait for another attempt: Twilio has certainly not placed the call.

    is_counted: it stays one of the attempts. code: Twilio's. Return False if more is known of it by now.
    """
    attempts = _C.attempts - (0 if is_counted else 1)
    values = {"state": RecipientState.WAITING, "attempts": attempts, "due_at": due_at, "call_code": code}
    which = (_C.call_mark == mark, _C.state == RecipientState.SENDING)
    return connection.execute(update(CAMPAIGN_RECIPIENTS).where(*which).values(values)).rowcount == 1


def doubt(connection: Connection, mark: str) -> None:
    """Record that nobody can tell whether a call was placed, or how it ended."""
    which = (_C.call_mark == mark, _C.state.in_(_NOT_OVER))
    connection.execute(update(CAMPAIGN_RECIPIENTS).where(*which).values(state=RecipientState.IN_DOUBT))


def answered_by(connection: Connection, mark: str, who: str) -> None:
    """Record Twilio's word for who has answered."""
    _change(connection, mark, answered_by=who[:_LONGEST_ANSWERED_BY])


def message_left(connection: Connection, mark: str, now: datetime) -> None:
    """Record that an answering machine gets the message."""
    _change(connection, mark, message_left_at=now)


def note_code(connection: Connection, mark: str, code: int) -> None:
    """Record the SIP code of a call that failed."""
    _change(connection, mark, call_code=code)


def is_over(connection: Connection, mark: str, to: RecipientState, status: str) -> None:
    """Record how a call ended, and what that makes of its recipient."""
    _change(connection, mark, state=to, call_status=status[:_LONGEST_STATUS])


def again(connection: Connection, call: CampaignCall, due_at: datetime, status: str) -> bool:
    """Let a recipient wait for another call; return False if they were erased meanwhile."""
    if not call.number:
        _change(connection, call.call_mark, state=RecipientState.SKIPPED, reason=SkipReason.ERASED)
        return False
    values = {"state": RecipientState.WAITING, "due_at": due_at, "call_status": status[:_LONGEST_STATUS]}
    _change(connection, call.call_mark, **values)
    return True


def refused(connection: Connection, mark: str, code: int | None) -> None:
    """Record that Twilio refused a call."""
    state, status = RecipientState.FAILED, "refused"
    _change(connection, mark, state=state, call_status=status, call_code=code)


def note_outcome(connection: Connection, conversation_id: int, outcome: str, now: datetime) -> None:
    """Record what a call came to."""
    which = _C.conversation_id == conversation_id
    values = {"outcome": outcome, "replied_at": func.coalesce(_C.replied_at, now)}
    connection.execute(update(CAMPAIGN_RECIPIENTS).where(which, _C.call_mark.is_not(None)).values(values))


def is_another_unknown(connection: Connection, call: CampaignCall, since: datetime) -> bool:
    """Return whether a further call to the same number, begun since a time, may be at Twilio whose SID is unknown."""
    others = select(_C.id).where(
        _C.number == call.number,
        _C.state.in_((RecipientState.SENDING, RecipientState.IN_DOUBT)),
        _C.call_mark != call.call_mark,
        _C.call_sid.is_(None),
        _C.begun_at >= since,
    )
    return connection.execute(others.limit(1)).first() is not None


# What became of it


def doubtful(connection: Connection, campaign_id: int, before: datetime, limit: int) -> list[CampaignCall]:
    """Return the calls that were begun before a time, and of which nothing has been heard."""
    which = (_C.state == RecipientState.SENDING, _C.begun_at < before)
    return _some(connection, campaign_id, limit, *which)


def going_on(connection: Connection, campaign_id: int, before: datetime, limit: int) -> list[CampaignCall]:
    """Return the calls that were begun before a time, and of whose end nothing has been heard."""
    which = (_C.state == RecipientState.CALLING, _C.begun_at < before, _C.call_sid.is_not(None))
    return _some(connection, campaign_id, limit, *which)


def known_sids(connection: Connection, sids: Sequence[str]) -> set[str]:
    """Return which of these calls are known."""
    of_calls = select(CALLS.c.call_sid).where(CALLS.c.call_sid.in_(sids))
    of_recipients = select(_C.call_sid).where(_C.call_sid.in_(sids))
    return {row[0] for row in connection.execute(of_calls.union(of_recipients))}


def failed_in_a_row(connection: Connection, campaign_id: int, most: int) -> int:
    """Return how many of the last calls of a campaign have rung nowhere, one after another, since it last began."""
    found = (
        select(_C.call_status)
        .join(CAMPAIGNS, CAMPAIGNS.c.id == _C.campaign_id)
        .where(_C.campaign_id == campaign_id, _C.call_status != "", _C.begun_at >= CAMPAIGNS.c.changed_at)
        .order_by(_C.begun_at.desc(), _C.id.desc())
        .limit(most)
    )
    failed = 0
    for status in connection.execute(found).scalars():
        if status not in NEVER_RANG:
            break
        failed += 1
    return failed


def contact_of(connection: Connection, conversation_id: int) -> int | None:
    """Return the contact of a conversation."""
    found = select(CONVERSATIONS.c.contact_id).where(CONVERSATIONS.c.id == conversation_id)
    return connection.execute(found).scalar_one_or_none()


def _some(connection: Connection, campaign_id: int, limit: int, *which: Any) -> list[CampaignCall]:
    found = _SELECT.where(_C.campaign_id == campaign_id, *which).order_by(_C.begun_at).limit(limit)
    calls = [_call(row) for row in connection.execute(found)]
    return [call for call in calls if call is not None]


def _change(connection: Connection, mark: str, **values: Any) -> None:
    connection.execute(update(CAMPAIGN_RECIPIENTS).where(_C.call_mark == mark).values(values))


def _call(row: Any) -> CampaignCall | None:
    if row is None:
        return None
    values = dict(row._mapping)
    return CampaignCall(**(values | {"state": RecipientState(values["state"])}))


_NAMES = [field.name for field in fields(CampaignCall)]
_SELECT = (
    select(*(_C[name] for name in _NAMES if name != "leave_message"), CAMPAIGNS.c.leave_message)
    .join(CAMPAIGNS, CAMPAIGNS.c.id == _C.campaign_id)
    .where(_C.call_mark.is_not(None))
)
_OF_MARK = _SELECT.where(_C.call_mark == bindparam("mark")).with_for_update(of=CAMPAIGN_RECIPIENTS)
_OF_CONVERSATION = _SELECT.where(_C.conversation_id == bindparam("conversation")).with_for_update(
    of=CAMPAIGN_RECIPIENTS
)
_COUNT_UNDER_WAY = (
    select(func.count())
    .select_from(CAMPAIGN_RECIPIENTS)
    .join(CAMPAIGNS, CAMPAIGNS.c.id == _C.campaign_id)
    .where(
        CAMPAIGNS.c.channel == CampaignChannel.VOICE,
        _C.state.in_((RecipientState.SENDING, RecipientState.CALLING)),
    )
)
_BEGIN = (
    update(CAMPAIGN_RECIPIENTS)
    .where(_C.id == bindparam("row_id"))
    .values(
        state=RecipientState.SENDING, call_mark=bindparam("mark"), call_sid=None, call_status="", call_code=None,
        answered_by="", message_left_at=None, conversation_id=None, begun_at=bindparam("now"),
        attempts=_C.attempts + 1,
    )
)  # fmt: skip
_PLACED = (
    update(CAMPAIGN_RECIPIENTS)
    .where(_C.call_mark == bindparam("mark"), _C.call_sid.is_(None), _C.state.in_(_MAY_BE_PLACED))
    .values(state=RecipientState.CALLING, call_sid=bindparam("sid"))
)
_ATTACH = (
    update(CAMPAIGN_RECIPIENTS)
    .where(_C.call_mark == bindparam("mark"), _C.call_sid == bindparam("sid"))
    .values(conversation_id=bindparam("conversation"))
)
_IS_FOR = (
    update(CALLS)
    .where(CALLS.c.call_sid == bindparam("sid"), CALLS.c.recipient_id.is_(None))
    .values(recipient_id=select(_C.id).where(_C.call_mark == bindparam("mark")).scalar_subquery())
)
