"""Takes back an attempt to send a campaign's message, which the provider has certainly not accepted."""

from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from conversation.daily_ceilings import Begun, DailyCeilings
from storage.campaigns import campaign_recipients
from storage.queries import outgoing


class Attempt(Protocol):
    """An attempt: the recipient's id, the message, and when it was begun."""

    @property
    def id(self) -> int: ...

    @property
    def message_id(self) -> int: ...

    @property
    def begun_at(self) -> datetime: ...


def put_back(
    connection: Connection,
    ceilings: DailyCeilings,
    attempt: Attempt,
    now: datetime,
    *,
    due_at: datetime,
    is_counted: bool = False,
) -> None:
    """Let a message wait for another attempt, unless something was heard of it after all.

    is_counted: it counts as one of the attempts. ceilings: it was counted there too, and is none of the day's.
    """
    # The message first, as receipts lock it: none may come between
    if not outgoing.is_fate_unknown(connection, attempt.message_id):
        return
    is_back = campaign_recipients.put_back(
        connection, attempt.id, attempt.begun_at, due_at, is_counted=is_counted
    )
    if is_back:
        outgoing.put_back(connection, attempt.message_id, now)
        ceilings.give_back(connection, Begun.MESSAGE, attempt.begun_at)
