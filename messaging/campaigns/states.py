"""The states of a campaign, and what follows from each event.

What is not in the table changes nothing: commands are given twice, and receipts come late.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import structlog
from sqlalchemy import Connection

from storage.after_commit import after_commit
from storage.campaigns import campaigns
from storage.models import CampaignState as State
from storage.models import PauseReason

log = structlog.get_logger()


class Event(StrEnum):
    """An event in the life of a campaign."""

    LISTED = "listed"  # all of its recipients are kept
    STARTED = "started"  # by an operator, for the first time or again
    STOPPED = "stopped"  # by an operator, for now
    CANCELLED = "cancelled"
    RETRIED = "retried"  # what failed is sent again, by an operator's wish
    BROKEN = "broken"  # the provider would refuse everything else too
    TOO_MANY_LOST = "too many lost"  # one after another
    DUE_AGAIN = "due again"  # a message did not arrive, and goes out once more
    ALL_DONE = "all done"


TABLE: Mapping[tuple[State, Event], State] = {
    (State.LISTING, Event.LISTED): State.DRAFT,
    (State.DRAFT, Event.STARTED): State.RUNNING,
    (State.DRAFT, Event.CANCELLED): State.CANCELLED,
    (State.RUNNING, Event.STOPPED): State.PAUSED,
    (State.RUNNING, Event.CANCELLED): State.CANCELLED,
    (State.RUNNING, Event.RETRIED): State.RUNNING,
    (State.RUNNING, Event.BROKEN): State.PAUSED,
    (State.RUNNING, Event.TOO_MANY_LOST): State.PAUSED,
    (State.RUNNING, Event.ALL_DONE): State.FINISHED,
    (State.PAUSED, Event.STARTED): State.RUNNING,
    (State.PAUSED, Event.CANCELLED): State.CANCELLED,
    (State.PAUSED, Event.RETRIED): State.RUNNING,
    (State.FINISHED, Event.RETRIED): State.RUNNING,
    (State.FINISHED, Event.BROKEN): State.PAUSED,
    (State.FINISHED, Event.DUE_AGAIN): State.RUNNING,
}


def happened(
    connection: Connection,
    campaign_id: int,
    event: Event,
    now: datetime,
    *,
    pause_reason: PauseReason | None = None,
    code: int | None = None,
) -> bool:
    """Apply an event to a campaign; return whether it means anything in its state.

    pause_reason, code: of a pause; the code is the provider's.
    """
    state = campaigns.state_of(connection, campaign_id)
    to = TABLE.get((state, event))
    if to is None:
        return False
    if event is Event.STOPPED:
        pause_reason = PauseReason.OPERATOR
    if to is not state:
        campaigns.change_state(connection, campaign_id, to, now, pause_reason=pause_reason, code=code)
        tell = log.error if pause_reason not in (None, PauseReason.OPERATOR) else log.info
        after_commit(
            connection, tell, "campaign_changed", campaign_id=campaign_id, state=to.value, why=event.value,
            code=code,
        )  # fmt: skip
    return True
