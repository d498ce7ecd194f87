"""What becomes of a campaign's messages: those that were lost are sent again, given up, or end the sending."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from conversation.observers import NullObserver
from integrations.message_errors import Cause, cause_of, provider_of
from messaging.campaigns.replies import ANSWERED_WITHIN, outcome_of
from messaging.campaigns.states import Event, happened
from messaging.sending.outbox import AGAIN_AFTER_S
from storage.campaigns import campaign_recipients, campaign_replies
from storage.campaigns.campaign_recipients import RecipientOfMessage
from storage.models import LOST, MessageStatus, PauseReason, RecipientState, SkipReason
from storage.queries import contacts
from storage.queries.contacts import Recipient

MOST_LOST_IN_A_ROW = 20
"""After so many messages that did not arrive, one after another, a campaign is paused."""
_PAUSES = {
    Cause.PASSING: None,
    Cause.OPTED_OUT: None,
    Cause.TEMPLATE: PauseReason.TEMPLATE,
    Cause.ACCOUNT: PauseReason.ACCOUNT,
    Cause.PERSON: None,
}
"""Why a campaign is paused, where all else would fail of the same."""
_UNDER_WAY = (RecipientState.SENDING, RecipientState.SENT, RecipientState.IN_DOUBT)


class CampaignOutcomes(NullObserver):
    """Observes receipts of messages, and what people answer, within the transaction that keeps them."""

    def message(
        self, connection: Connection, message_id: int, now: datetime, *, sender: Recipient | None = None
    ) -> None:
        """Note the answer to a message of a campaign."""
        if sender is None or not sender.had_campaign:
            return
        answer = campaign_replies.answer(connection, message_id, now - ANSWERED_WITHIN)
        if answer is not None:
            outcome = outcome_of(answer.kind, answer.words)
            campaign_replies.note_reply(connection, answer.recipient_id, outcome, now)

    def receipt(
        self, connection: Connection, message_id: int, status: MessageStatus, code: int | None, now: datetime
    ) -> None:
        """Decide what follows from a message of a campaign that was lost."""
        if status not in LOST:
            return
        recipient = campaign_recipients.of_message(connection, message_id)
        if recipient is not None and recipient.state in _UNDER_WAY:
            self._lost(connection, recipient, message_id, code, now)

    def _lost(
        self,
        connection: Connection,
        recipient: RecipientOfMessage,
        message_id: int,
        code: int | None,
        now: datetime,
    ) -> None:
        cause = cause_of(provider_of(recipient.sid, recipient.provider), code)
        reason = _PAUSES[cause]
        if reason is not None:
            # Once it is mended, they get it: the message was no worse than anybody's
            campaign_recipients.try_again(connection, recipient.id, now)
            happened(connection, recipient.campaign_id, Event.BROKEN, now, pause_reason=reason, code=code)
        elif cause is Cause.PASSING and recipient.attempts <= len(AGAIN_AFTER_S):
            wait = timedelta(seconds=AGAIN_AFTER_S[recipient.attempts - 1])
            campaign_recipients.try_again(connection, recipient.id, now + wait)
            happened(connection, recipient.campaign_id, Event.DUE_AGAIN, now)
        elif cause is Cause.OPTED_OUT:
            contacts.opt_out(connection, recipient.contact_id, now)
            campaign_recipients.skip(connection, recipient.id, SkipReason.OPTED_OUT)
        else:
            campaign_recipients.fail(connection, recipient.id)
            self._count(connection, recipient.campaign_id, message_id, code, now)

    def _count(
        self,
        connection: Connection,
        campaign_id: int,
        message_id: int,
        code: int | None,
        now: datetime,
    ) -> None:
        """Pause the campaign if too many messages in a row were lost."""
        most = MOST_LOST_IN_A_ROW
        if campaign_recipients.lost_in_a_row(connection, campaign_id, message_id, most) == most:
            reason = PauseReason.UNREACHABLE
            happened(connection, campaign_id, Event.TOO_MANY_LOST, now, pause_reason=reason, code=code)
