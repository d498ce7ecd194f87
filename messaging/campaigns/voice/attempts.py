"""Takes back attempts to call somebody: Twilio has certainly not placed the call."""

from datetime import datetime

from sqlalchemy import Connection

from conversation.daily_ceilings import Begun, DailyCeilings
from storage.campaigns import campaign_calls


def put_back(
    connection: Connection,
    ceilings: DailyCeilings,
    mark: str,
    begun_at: datetime,
    *,
    due_at: datetime,
    is_counted: bool = False,
    code: int | None = None,
) -> None:
    """Let a recipient wait for another attempt.

    ceilings: the call was counted there, and is none of the day's. is_counted: it stays one of the attempts. code:
    Twilio's.
    """
    if campaign_calls.put_back(connection, mark, due_at, is_counted=is_counted, code=code):
        ceilings.give_back(connection, Begun.CALL, begun_at)
