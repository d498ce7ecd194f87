"""Queries that change the status of outbound messages.

An answer to a turn is stored as its parts 0, 1, 2. Only the process that inserts part 0 may send it.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, or_, select, update

from storage.models import LOST, Message, MessageStatus
from storage.queries.messages import COLUMNS, Attachment, MessageRecord, by_ids, record_of, records
from storage.tables import CONVERSATIONS, MESSAGES
from storage.upsert import insert_once

RECEIPT_RANKS = {
    MessageStatus.WAITING: -3,
    MessageStatus.CLAIMED: -2,
    MessageStatus.SENDING: -1,
    MessageStatus.QUEUED: 0,
    MessageStatus.SENT: 1,
    MessageStatus.DELIVERED: 2,
    MessageStatus.READ: 3,
    MessageStatus.UNDELIVERED: 4,
    MessageStatus.HELD: 4,
    MessageStatus.FAILED: 4,
    MessageStatus.RECEIVED: 4,
    MessageStatus.SETTLED: 4,
}
"""Ranks of message statuses in their possible order; receipts come in any order, and change nothing from 4 on.

Inbound messages have rank 4: they get no receipts.
"""


SENT_WITHIN = timedelta(minutes=1)
"""The longest that the terminal takes to send a message: nobody looks after one whose sending was broken off."""
_NOT_OUT = (MessageStatus.WAITING, MessageStatus.CLAIMED, MessageStatus.SENDING)


def claim_parts(
    connection: Connection,
    conversation_id: int,
    turn_id: int,
    bodies: Sequence[str],
    now: datetime,
    *,
    first: MessageStatus,
    rest: MessageStatus = MessageStatus.WAITING,
) -> list[MessageRecord] | None:
    """Store an answer to a turn part by part; return it, or None if another process has done so.

    first: CLAIMED if the first part goes out in the reply to the webhook; the rest waits.
    """
    claimed: list[MessageRecord] = []
    for part, body in enumerate(bodies):
        values: dict[str, Any] = {
            "conversation_id": conversation_id, "turn_id": turn_id, "part": part, "outbound": True, "kind": "text",
            "body": body, "sid": None, "status": first if part == 0 else rest, "created_at": now, "changed_at": now,
        }  # fmt: skip
        made = insert_once(connection, Message, token=None, **values)
        if made is None:
            return None
        claimed.append(MessageRecord(made, **values, error_code=None, tries=0, attachments=(), author=""))
    return claimed


def claim(connection: Connection, message_ids: Sequence[int], now: datetime) -> None:
    """Mark messages as going out in a reply."""
    _change(connection, message_ids, MessageStatus.CLAIMED, now)


def begin_sending(connection: Connection, message_id: int, was: MessageStatus, now: datetime) -> bool:
    """Mark a message as about to be passed to the provider, which may have it now; False if it is not to go.

    was: its status as it was read. Of two who read that it waits, one may send it.
    """
    if was is not MessageStatus.WAITING:
        return _change(connection, [message_id], MessageStatus.SENDING, now) == 1
    waits = (MESSAGES.c.id == message_id, MESSAGES.c.status == was)
    begun = update(MESSAGES).where(*waits).values(status=MessageStatus.SENDING, changed_at=now)
    return connection.execute(begun).rowcount == 1


def hold(connection: Connection, message_id: int, now: datetime) -> None:
    """Mark a message as held, because a person has taken over."""
    _change(connection, [message_id], MessageStatus.HELD, now)


def hold_parts(connection: Connection, turn_id: int, now: datetime) -> list[int]:
    """Hold an answer of which no part has gone out; return the parts' ids, none if one has."""
    of_turn = (MESSAGES.c.turn_id == turn_id, MESSAGES.c.outbound.is_(True))
    # In their order, as senders take them: whoever has the first one has them all
    first = connection.execute(
        select(MESSAGES.c.id, MESSAGES.c.status).where(*of_turn).order_by(MESSAGES.c.part).with_for_update()
    ).all()
    if not first or first[0].status != MessageStatus.WAITING:
        return []
    ids = [part.id for part in first]
    _change(connection, ids, MessageStatus.HELD, now)
    return ids


def put_back(connection: Connection, message_id: int, now: datetime) -> None:
    """Mark a message as certainly not accepted by the provider."""
    _change(connection, [message_id], MessageStatus.WAITING, now)


def _change(connection: Connection, message_ids: Sequence[int], status: MessageStatus, now: datetime) -> int:
    which = (MESSAGES.c.id.in_(message_ids), MESSAGES.c.status.in_(_NOT_OUT))
    return connection.execute(update(MESSAGES).where(*which).values(status=status, changed_at=now)).rowcount


def change_kind(connection: Connection, message_id: int, kind: str) -> None:
    """Record the kind under which a message goes out."""
    connection.execute(update(MESSAGES).where(MESSAGES.c.id == message_id).values(kind=kind))


def try_again(connection: Connection, message_id: int, now: datetime) -> bool:
    """Queue a message again after the provider could not deliver it; return False if that was done already."""
    queued = connection.execute(
        update(MESSAGES)
        .where(MESSAGES.c.id == message_id, MESSAGES.c.status.in_(LOST))
        .values(status=MessageStatus.WAITING, tries=MESSAGES.c.tries + 1, error_code=None, changed_at=now)
    )
    return queued.rowcount == 1


def repeat(connection: Connection, message_id: int, now: datetime, *, most_tries: int) -> bool:
    """Queue a message again, once at most; return False if it was repeated before, or its fate is known."""
    which = (
        MESSAGES.c.id == message_id, MESSAGES.c.status.in_(_NOT_OUT), MESSAGES.c.tries < most_tries
    )  # fmt: skip
    values = {"status": MessageStatus.WAITING, "tries": most_tries, "changed_at": now}
    return connection.execute(update(MESSAGES).where(*which).values(values)).rowcount == 1


def known_sids(connection: Connection, sids: Sequence[str]) -> set[str]:
    """Return those of a provider's SIDs whose messages we know."""
    found = select(MESSAGES.c.sid).where(MESSAGES.c.sid.in_(sids))
    return {sid for sid in connection.execute(found).scalars() if sid is not None}


def add_outbound(
    connection: Connection,
    conversation_id: int,
    kind: str,
    body: str,
    now: datetime,
    status: MessageStatus,
    *,
    author: str = "",
    attachments: Sequence[Attachment] = (),
    recipient_id: int | None = None,
) -> int:
    """Store a message of ours that answers no turn; return its id. author: whose message a job is to send.

    recipient_id: of a campaign.
    """
    made = insert_once(
        connection, Message, conversation_id=conversation_id, turn_id=None, part=None, outbound=True,
        kind=kind, body=body, sid=None, token=None, status=status, created_at=now, changed_at=now,
        author=author[:80], attachments=[asdict(attachment) for attachment in attachments],
        recipient_id=recipient_id,
    )  # fmt: skip
    assert made is not None
    return made


def add_claimed(
    connection: Connection, conversation_id: int, body: str, now: datetime, *, kind: str = "text"
) -> list[MessageRecord]:
    """Store a message of ours that goes out in a reply and answers no turn."""
    made = add_outbound(connection, conversation_id, kind, body, now, MessageStatus.CLAIMED)
    return by_ids(connection, [made])


def last_kind(connection: Connection, conversation_id: int) -> str | None:
    """Return the kind of our last message; None if there is none."""
    ours = select(MESSAGES.c.kind).where(
        MESSAGES.c.conversation_id == conversation_id, MESSAGES.c.outbound.is_(True)
    )
    return connection.execute(ours.order_by(MESSAGES.c.id.desc()).limit(1)).scalar_one_or_none()


def is_answered(connection: Connection, turn_id: int) -> bool:
    """Return whether the answer to a turn is being sent or has been."""
    found = select(MESSAGES.c.id).where(MESSAGES.c.turn_id == turn_id, MESSAGES.c.outbound.is_(True))
    return connection.execute(found.limit(1)).first() is not None


def unsent(connection: Connection, conversation_id: int) -> list[MessageRecord]:
    """Return our messages not known to have reached the provider, in order."""
    return records(connection, _UNSENT, conversation_id=conversation_id)


def forgotten(connection: Connection, before: datetime, limit: int) -> list[MessageRecord]:
    """Return messages that have waited to be sent since before a time, oldest first."""
    waiting = (MESSAGES.c.outbound.is_(True), MESSAGES.c.status == MessageStatus.WAITING, _IS_LOOKED_AFTER)
    # By conversation, as their index is: there are fewer than messages
    by_conversation = MESSAGES.c.conversation_id.in_(select(CONVERSATIONS.c.id))
    found = select(*COLUMNS).where(by_conversation, *waiting, MESSAGES.c.changed_at < before)
    return [record_of(row) for row in connection.execute(found.order_by(MESSAGES.c.id).limit(limit))]


def being_sent(connection: Connection, conversation_id: int, now: datetime) -> list[MessageRecord]:
    """Return our messages that the provider may have by now, of which no answer of its is stored, in order."""
    since = now - SENT_WITHIN
    return records(connection, _BEING_SENT, conversation_id=conversation_id, since=since)


def is_fate_unknown(connection: Connection, message_id: int) -> bool:
    """Return whether the provider may have a message, and nothing was heard of it; so until the transaction ends."""
    status = select(MESSAGES.c.status).where(MESSAGES.c.id == message_id).with_for_update()
    return connection.execute(status).scalar_one_or_none() == MessageStatus.SENDING


def status_of(connection: Connection, message_id: int) -> MessageStatus | None:
    """Return a message's status; None if there is no such message any more."""
    found = connection.execute(select(MESSAGES.c.status).where(MESSAGES.c.id == message_id))
    status = found.scalar_one_or_none()
    return None if status is None else MessageStatus(status)


def try_lock(connection: Connection, message_id: int) -> bool:
    """Lock a message for this transaction; return False, without waiting, if another transaction has it."""
    here = select(MESSAGES.c.id).where(MESSAGES.c.id == message_id)
    locked = connection.execute(here.with_for_update(skip_locked=True)).first()
    return locked is not None or connection.execute(here).first() is None


def are_others_unknown(connection: Connection, message_id: int, conversation_id: int) -> bool:
    """Return whether the provider may have further messages of ours to somebody whose SIDs are unknown."""
    others = select(MESSAGES.c.id).where(
        MESSAGES.c.conversation_id == conversation_id,
        MESSAGES.c.outbound.is_(True),
        MESSAGES.c.status == MessageStatus.SENDING,
        MESSAGES.c.id != message_id,
    )
    return connection.execute(others.limit(1)).first() is not None


def sent(connection: Connection, message_id: int, sid: str, status: MessageStatus, now: datetime) -> None:
    """Store the provider's SID of a message; do nothing if its receipt was faster."""
    receipt(connection, status, None, now, message_id=message_id, sid=sid)


def receipt(
    connection: Connection,
    status: MessageStatus,
    error_code: int | None,
    now: datetime,
    *,
    message_id: int | None = None,
    sid: str | None = None,
) -> MessageRecord | None:
    """Record a message's new status, by our id or the provider's; never backwards. None: not ours.

    Receipts for earlier attempts of a repeated message change nothing.
    """
    if message_id is not None:
        found = connection.execute(_OURS_BY_ID, {"message_id": message_id}).one_or_none()
    else:
        found = connection.execute(_OURS_BY_SID, {"message_sid": sid}).one_or_none()
    if found is None:
        return None
    message = record_of(found)
    if is_of_earlier_try(message, sid):
        return message
    news: dict[str, Any] = {}
    if sid is not None and sid != message.sid:
        news["sid"] = sid
    if RECEIPT_RANKS[status] > RECEIPT_RANKS[message.status]:
        news |= {"status": status, "error_code": error_code, "changed_at": now}
    if news:
        connection.execute(_news(tuple(news)), {"message_id": message.id, **news})
    return message


def is_of_earlier_try(message: MessageRecord, sid: str | None) -> bool:
    """Return whether a SID belongs to an earlier attempt of a message than the current one."""
    if message.sid is None or sid is None:
        return False
    # its SID stays the old one until a try has another
    return (message.sid == sid) == (message.status in _NOT_OUT)


@cache
def _news(names: tuple[str, ...]) -> Update:
    """Return the statement that updates these columns of a message; built once, like those below."""
    changes: dict[str, Any] = {name: bindparam(name) for name in names}
    return update(MESSAGES).where(MESSAGES.c.id == bindparam("message_id")).values(changes)


_OURS = select(*COLUMNS).where(MESSAGES.c.outbound.is_(True)).with_for_update()
_OURS_BY_ID = _OURS.where(MESSAGES.c.id == bindparam("message_id"))
_OURS_BY_SID = _OURS.where(MESSAGES.c.sid == bindparam("message_sid"))
_NOT_KNOWN_TO_BE_OUT = (
    select(*COLUMNS)
    .where(
        MESSAGES.c.conversation_id == bindparam("conversation_id"),
        MESSAGES.c.outbound.is_(True),
        MESSAGES.c.status.in_(_NOT_OUT),
    )
    .order_by(MESSAGES.c.id)
)
# What the terminal is sending has no author and no turn, and whoever sends it looks after it
_IS_LOOKED_AFTER = or_(
    MESSAGES.c.turn_id.is_not(None), MESSAGES.c.author != "", MESSAGES.c.status == MessageStatus.CLAIMED
)
_UNSENT = _NOT_KNOWN_TO_BE_OUT.where(_IS_LOOKED_AFTER)
_BEING_SENT = _NOT_KNOWN_TO_BE_OUT.where(
    MESSAGES.c.status != MessageStatus.WAITING,
    or_(_IS_LOOKED_AFTER, MESSAGES.c.created_at > bindparam("since")),
)
