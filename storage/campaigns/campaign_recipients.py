"""Queries for the people on campaigns' lists: whom something is due to, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, exists, insert, not_, select, update

from phone_numbers import MatchingNumber, ReachAddress, matching_number
from storage.models import LOST, MessageStatus, RecipientState, SkipReason
from storage.tables import CAMPAIGN_RECIPIENTS, CAMPAIGNS, CONVERSATIONS, MESSAGES

_BEFORE_SENT = (RecipientState.WAITING, RecipientState.SENDING, RecipientState.IN_DOUBT)
_TAKEN = (MessageStatus.QUEUED, MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ)


@dataclass(frozen=True, slots=True)
class NewRecipient:
    """A recipient that is to be kept. found_by: the number's matching form; None if another line has it too.

    due_at: None: at once. moment_at: nothing is sent from then on.
    """

    line: int
    number: ReachAddress
    found_by: str | None
    body: str
    variables: Mapping[str, str]
    facts: Mapping[str, str]
    zone: str = ""
    skipped: SkipReason | None = None
    due_at: datetime | None = None
    moment_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DueRecipient:
    """A recipient whose message is due. message_id: of an attempt that the provider has certainly not accepted.

    moment_at: nothing is sent from then on.
    """

    id: int
    line: int
    number: ReachAddress
    body: str
    variables: Mapping[str, str]
    zone: str
    attempts: int
    message_id: int | None
    moment_at: datetime | None

    def is_past(self, at: datetime) -> bool:
        """Return whether what they are reminded of has begun at a time."""
        return self.moment_at is not None and self.moment_at <= at


@dataclass(frozen=True, slots=True)
class DoubtfulRecipient:
    """A recipient whose message the provider may have. begun_at: when it was passed on."""

    id: int
    conversation_id: int
    message_id: int
    body: str
    begun_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class RecipientOfMessage:
    """A recipient, found by the message of the last attempt. provider, sid: the message's."""

    id: int
    campaign_id: int
    state: RecipientState
    attempts: int
    contact_id: int
    sid: str | None
    provider: str


_C = CAMPAIGN_RECIPIENTS.c
_IS_ERASED = _C.number == ""
NEVER_TRIED: Mapping[str, Any] = {
    "attempts": 0, "message_id": None, "call_mark": None, "call_sid": None, "call_status": "", "call_code": None,
    "answered_by": "", "message_left_at": None,
}  # fmt: skip
"""The values of a recipient of whose earlier attempts nothing is heard any more."""


def add_all(connection: Connection, campaign_id: int, new: Sequence[NewRecipient], now: datetime) -> None:
    """Keep recipients of a campaign."""
    if not new:
        return
    rows = [
        {
            "campaign_id": campaign_id, "line": one.line, "number": one.number, "found_by": one.found_by,
            "body": one.body, "variables": dict(one.variables), "facts": dict(one.facts), "zone": one.zone,
            "state": RecipientState.WAITING if one.skipped is None else RecipientState.SKIPPED,
            "reason": one.skipped or "", "attempts": 0, "due_at": one.due_at or now,
            "moment_at": one.moment_at, "outcome": "",
        }
        for one in new
    ]  # fmt: skip
    connection.execute(insert(CAMPAIGN_RECIPIENTS), rows)


def delete_some(connection: Connection, campaign_id: int, most: int) -> int:
    """Delete recipients of a campaign, at most so many; return how many there were."""
    some = select(_C.id).where(_C.campaign_id == campaign_id).limit(most)
    return connection.execute(delete(CAMPAIGN_RECIPIENTS).where(_C.id.in_(some))).rowcount


# Sending


def due(connection: Connection, campaign_id: int, now: datetime, limit: int) -> list[DueRecipient]:
    """Return recipients whose message is due, those of whom nobody else has taken; they are ours until the commit.

    Of several with one number the first: what the others are sent depends on that.
    """
    rows = connection.execute(_DUE, {"campaign_id": campaign_id, "now": now, "most": limit})
    firsts = dict[MatchingNumber, DueRecipient]()
    for row in rows:
        firsts.setdefault(matching_number(row.number), DueRecipient(*row))
    return list(firsts.values())


def begin(
    connection: Connection, recipient_id: int, message_id: int, conversation_id: int, now: datetime
) -> None:
    """Record that a recipient's message is about to be passed to the provider."""
    values = {"row_id": recipient_id, "message": message_id, "conversation": conversation_id, "now": now}
    connection.execute(_BEGIN, values)


def skip(connection: Connection, recipient_id: int, reason: SkipReason) -> None:
    """Record that a recipient is sent nothing."""
    _change(connection, recipient_id, state=RecipientState.SKIPPED, reason=reason)


def postpone(connection: Connection, recipient_id: int, due_at: datetime) -> None:
    """Let a recipient wait until they may be written to."""
    _change(connection, recipient_id, due_at=due_at)


def was_sent(connection: Connection, recipient_id: int) -> None:
    """Record that the provider has a recipient's message, unless a receipt has said more by now."""
    connection.execute(_SENT, {"row_id": recipient_id})


def put_back(
    connection: Connection,
    recipient_id: int,
    begun_at: datetime,
    due_at: datetime,
    *,
    is_counted: bool = False,
) -> bool:
    """Let a recipient wait for another attempt of the same message, which the provider has certainly not accepted.

    begun_at: of the attempt; False if another has begun since, or more is known of this one. is_counted: it stays one.
    """
    which = (
        _C.id == recipient_id,
        _C.state == RecipientState.SENDING,
        _C.begun_at == begun_at,
    )
    attempts = _C.attempts - (0 if is_counted else 1)
    values = {"state": RecipientState.WAITING, "attempts": attempts, "due_at": due_at}
    return connection.execute(update(CAMPAIGN_RECIPIENTS).where(*which).values(values)).rowcount == 1


def try_again(connection: Connection, recipient_id: int, due_at: datetime) -> None:
    """Let a recipient wait for another message, unless they were erased: the last one did not arrive."""
    _change(
        connection, recipient_id, due_at=due_at, message_id=None,
        state=case((_IS_ERASED, RecipientState.SKIPPED), else_=RecipientState.WAITING),
        reason=case((_IS_ERASED, SkipReason.ERASED), else_=_C.reason),
    )  # fmt: skip


def fail(connection: Connection, recipient_id: int) -> None:
    """Record that a recipient's message did not arrive."""
    _change(connection, recipient_id, state=RecipientState.FAILED)


def doubt(connection: Connection, recipient_id: int, begun_at: datetime) -> None:
    """Record that nobody can tell whether a recipient has the message of an attempt, unless more is known by now."""
    which = (
        _C.id == recipient_id,
        _C.state == RecipientState.SENDING,
        _C.begun_at == begun_at,
    )
    in_doubt = {"state": RecipientState.IN_DOUBT}
    connection.execute(update(CAMPAIGN_RECIPIENTS).where(*which).values(in_doubt))


def retry(connection: Connection, campaign_id: int, states: Sequence[RecipientState], now: datetime) -> int:
    """Let the recipients in these states wait for a new message, but for who was erased; return how many there are."""
    which = (_C.campaign_id == campaign_id, _C.state.in_(states), not_(_IS_ERASED))
    anew = {"state": RecipientState.WAITING, "due_at": now, **NEVER_TRIED}
    return connection.execute(update(CAMPAIGN_RECIPIENTS).where(*which).values(anew)).rowcount


def is_any_left(connection: Connection, campaign_id: int) -> bool:
    """Return whether there is anybody to whom something is still sent, or looked for."""
    return bool(connection.execute(_LEFT, {"campaign_id": campaign_id}).scalar_one())


# What became of it


def settle_by_receipts(connection: Connection, campaign_id: int) -> int:
    """Record as sent what receipts have told of messages in doubt; return how many there were."""
    return connection.execute(_SETTLE, {"campaign": campaign_id}).rowcount


def doubtful(
    connection: Connection, campaign_id: int, before: datetime, limit: int
) -> list[DoubtfulRecipient]:
    """Return recipients whose messages were passed on before a time, and of which nothing has been heard."""
    rows = connection.execute(_DOUBTFUL, {"campaign_id": campaign_id, "before": before, "most": limit})
    return [DoubtfulRecipient(*row) for row in rows]


def of_message(connection: Connection, message_id: int) -> RecipientOfMessage | None:
    """Return the recipient whose last attempt a message is; None if it is no campaign's, or an earlier attempt."""
    row = connection.execute(_OF_MESSAGE, {"message_id": message_id}).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    return RecipientOfMessage(**(values | {"state": RecipientState(values["state"])}))


def has_any_arrived(connection: Connection, message_ids: Sequence[int]) -> bool:
    """Return whether WhatsApp has taken any of these messages, according to a receipt."""
    arrived = (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ)
    found = select(MESSAGES.c.id).where(MESSAGES.c.id.in_(message_ids), MESSAGES.c.status.in_(arrived))
    return connection.execute(found.limit(1)).first() is not None


def lost_in_a_row(connection: Connection, campaign_id: int, message_id: int, most: int) -> int:
    """Return how many messages of a campaign were lost, one after another, up to this one, since it last began."""
    rows = connection.execute(
        _UP_TO, {"campaign_id": campaign_id, "message_id": message_id, "most": most}
    ).scalars()
    lost = 0
    for status in rows:
        if status not in LOST:
            break
        lost += 1
    return lost


def _change(connection: Connection, recipient_id: int, **values: Any) -> None:
    which = _C.id == recipient_id
    connection.execute(update(CAMPAIGN_RECIPIENTS).where(which).values(values))


_THIS_CAMPAIGN = _C.campaign_id == bindparam("campaign_id")
_THIS_ROW = _C.id == bindparam("row_id")


def _columns_of(record: Any) -> list[Any]:
    return [_C[field.name] for field in fields(record)]


# Built once: building a statement costs as much as running it.
_DUE = (
    select(*_columns_of(DueRecipient))
    .where(_THIS_CAMPAIGN, _C.state == RecipientState.WAITING, _C.due_at <= bindparam("now"))
    .order_by(_C.due_at, _C.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_BEGIN = (
    update(CAMPAIGN_RECIPIENTS)
    .where(_THIS_ROW)
    .values(
        state=RecipientState.SENDING, message_id=bindparam("message"), conversation_id=bindparam("conversation"),
        begun_at=bindparam("now"), attempts=_C.attempts + 1,
    )
)  # fmt: skip
_SENT = (
    update(CAMPAIGN_RECIPIENTS).where(_THIS_ROW, _C.state.in_(_BEFORE_SENT)).values(state=RecipientState.SENT)
)
_UNDER_WAY = (RecipientState.WAITING, RecipientState.SENDING, RecipientState.CALLING)
_LEFT = select(exists().where(_THIS_CAMPAIGN, _C.state.in_(_UNDER_WAY)))
_SETTLE = (
    update(CAMPAIGN_RECIPIENTS)
    .where(
        _C.campaign_id == bindparam("campaign"),
        _C.state.in_((RecipientState.SENDING, RecipientState.IN_DOUBT)),
        exists().where(MESSAGES.c.id == _C.message_id, MESSAGES.c.status.in_(_TAKEN)),
    )
    .values(state=RecipientState.SENT)
)
_DOUBTFUL = (
    select(*_columns_of(DoubtfulRecipient))
    .where(
        _THIS_CAMPAIGN,
        _C.state == RecipientState.SENDING,
        _C.begun_at < bindparam("before"),
        _C.message_id.is_not(None),
    )
    .order_by(_C.begun_at)
    .limit(bindparam("most"))
)
_OF_MESSAGE = (
    select(
        _C.id, _C.campaign_id, _C.state, _C.attempts, CONVERSATIONS.c.contact_id, MESSAGES.c.sid,
        CONVERSATIONS.c.provider,
    )
    .join(MESSAGES, MESSAGES.c.id == _C.message_id)
    .join(CONVERSATIONS, CONVERSATIONS.c.id == _C.conversation_id)
    .where(_C.message_id == bindparam("message_id"))
)  # fmt: skip
_UP_TO = (
    select(MESSAGES.c.status)
    .join(CAMPAIGN_RECIPIENTS, _C.message_id == MESSAGES.c.id)
    .join(CAMPAIGNS, CAMPAIGNS.c.id == _C.campaign_id)
    .where(_THIS_CAMPAIGN, _C.message_id <= bindparam("message_id"), _C.begun_at >= CAMPAIGNS.c.changed_at)
    .order_by(_C.message_id.desc())
    .limit(bindparam("most"))
)
