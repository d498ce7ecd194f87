"""What follows from how a campaign's call ended: the person was reached, is called again, or cannot be."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from conversation.observers import NullObserver
from messaging.campaigns.outcomes import MOST_LOST_IN_A_ROW
from messaging.campaigns.states import Event, happened
from storage.campaigns import campaign_calls
from storage.campaigns.campaign_calls import CampaignCall
from storage.models import PauseReason, RecipientState

CALLED_AGAIN_AFTER: Sequence[timedelta] = (timedelta(minutes=15), timedelta(hours=2))
"""The waits after a call that nobody took: three calls in all."""
PASSING_SIP_CODES = frozenset({408, 480, 486, 487, 500, 502, 503, 504})
"""SIP codes of calls that failed for now; a number that does not exist has others (404, 484)."""
_UNDER_WAY = (RecipientState.SENDING, RecipientState.CALLING, RecipientState.IN_DOUBT)
_COMPLETED, _FAILED, _UNANSWERED = "completed", "failed", ("busy", "no-answer")
_FAX, _MACHINE = "fax", "machine"


class CallOutcomes(NullObserver):
    """Observes the ends of calls, within the transaction that keeps them."""

    def call_ended(self, connection: Connection, conversation_id: int, now: datetime) -> None:
        """Decide what follows for the recipient who was called."""
        call = campaign_calls.of_conversation(connection, conversation_id)
        status = None if call is None else campaign_calls.end_of(connection, conversation_id)
        if call is not None and status is not None:
            ended(connection, call, status, now)


def ended(connection: Connection, call: CampaignCall, status: str, now: datetime) -> None:
    """Decide what follows from the end of a call. status: Twilio's last one."""
    if call.state not in _UNDER_WAY:
        return
    if status == _COMPLETED and call.answered_by != _FAX and not _was_hung_up_on(call):
        campaign_calls.is_over(connection, call.call_mark, RecipientState.SENT, status)
    elif _may_be_reached_later(call, status) and call.attempts <= len(CALLED_AGAIN_AFTER):
        due_at = now + CALLED_AGAIN_AFTER[call.attempts - 1]
        if campaign_calls.again(connection, call, due_at, status):
            happened(connection, call.campaign_id, Event.DUE_AGAIN, now)
    else:
        campaign_calls.is_over(connection, call.call_mark, RecipientState.FAILED, status)
        if status == _FAILED:
            pause_after_failures(connection, call.campaign_id, call.call_code, now)


def pause_after_failures(connection: Connection, campaign_id: int, code: int | None, now: datetime) -> None:
    """Pause a campaign if too many of its calls in a row have rung nowhere."""
    most = MOST_LOST_IN_A_ROW
    if campaign_calls.failed_in_a_row(connection, campaign_id, most) == most:
        reason = PauseReason.UNREACHABLE
        happened(connection, campaign_id, Event.TOO_MANY_LOST, now, pause_reason=reason, code=code)


def _was_hung_up_on(call: CampaignCall) -> bool:
    """Return whether an answering machine took the call and got no message."""
    return call.answered_by.startswith(_MACHINE) and not call.leave_message and call.message_left_at is None


def _may_be_reached_later(call: CampaignCall, status: str) -> bool:
    if status == _COMPLETED:
        return call.answered_by != _FAX  # a machine that was hung up on
    return status in _UNANSWERED or (status == _FAILED and call.call_code in PASSING_SIP_CODES)
