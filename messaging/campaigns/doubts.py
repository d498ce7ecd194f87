"""Clears up what became of campaigns' messages that the provider may have, and never sends one blindly again.

A receipt under our own id tells it best. Else the provider's list does: a message of ours to that person, made in the
moments of the attempt, whose SID is nobody's. A template is never recognised by its words, which are the provider's.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from conversation.daily_ceilings import DailyCeilings
from conversation.observers import ConversationObserver
from integrations.errors import IntegrationError
from integrations.plain_text import sendable
from messaging.campaigns.attempts import put_back
from messaging.campaigns.claims import provider_of
from messaging.providers.base import Channels, SentMessage
from storage.after_commit import after_commit
from storage.campaigns import campaign_recipients
from storage.campaigns.campaign_recipients import DoubtfulRecipient
from storage.campaigns.campaigns import CampaignRecord
from storage.database import Database
from storage.models import LOST
from storage.queries import contacts, outgoing

log = structlog.get_logger()

SETTLED_WITHIN = timedelta(seconds=60)
"""Whatever was passed on is in the provider's list by then, and its process is past sending it."""
TOLD_WITHIN = timedelta(minutes=10)
"""Where the provider has no list, a receipt comes within that time, or nobody knows."""
CLOCK_SKEW = timedelta(seconds=5)
MOST_AT_ONCE = 50
MOST_ATTEMPTS = 5


class Doubts:
    """Clears up the fate of campaigns' messages. observer: told of those that were lost."""

    def __init__(
        self,
        database: Database,
        channels: Channels,
        ceilings: DailyCeilings,
        *,
        observer: ConversationObserver,
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._channels, self._ceilings = database, channels, ceilings
        self._observer, self._clock = observer, clock

    def clear_up(self, campaign: CampaignRecord, in_hand: Collection[int] = ()) -> None:
        """Look for the messages of a campaign whose fate is unknown. Raises SQLAlchemyError.

        in_hand: recipients whose message this process is still sending: its clock may have been put forward.
        """
        before = self._clock() - SETTLED_WITHIN
        with self._database.write() as connection:
            campaign_recipients.settle_by_receipts(connection, campaign.id)
            doubtful = campaign_recipients.doubtful(connection, campaign.id, before, MOST_AT_ONCE)
        for recipient in doubtful:
            if recipient.id in in_hand:
                continue
            try:
                self._look(campaign, recipient)
            except IntegrationError as error:
                log.warning("campaign_message_not_looked_for", code=error.code)
                return

    def _look(self, campaign: CampaignRecord, doubtful: DoubtfulRecipient) -> None:
        with self._database.read() as connection:
            recipient = contacts.find_recipient(connection, conversation_id=doubtful.conversation_id)
        provider = provider_of(self._channels, campaign, recipient) if recipient is not None else None
        if recipient is None or provider is None:
            return
        listed = provider.last_sent(recipient, doubtful.begun_at - CLOCK_SKEW)
        with self._database.write() as connection:
            if listed is None:
                self._wait_for_receipt(connection, doubtful)
            else:
                self._settle(connection, campaign, doubtful, listed)

    def _wait_for_receipt(self, connection: Connection, doubtful: DoubtfulRecipient) -> None:
        if self._clock() - doubtful.begun_at > TOLD_WITHIN:
            campaign_recipients.doubt(connection, doubtful.id, doubtful.begun_at)

    def _settle(
        self,
        connection: Connection,
        campaign: CampaignRecord,
        doubtful: DoubtfulRecipient,
        listed: Sequence[SentMessage],
    ) -> None:
        now = self._clock()
        known = outgoing.known_sids(connection, [sent.sid for sent in listed])
        found = [s for s in listed if s.sid not in known and _may_be(s, campaign, doubtful)]
        if not found:
            self._was_never_sent(connection, doubtful, now)
        elif len(found) > 1 or outgoing.are_others_unknown(
            connection, doubtful.message_id, doubtful.conversation_id
        ):
            campaign_recipients.doubt(connection, doubtful.id, doubtful.begun_at)
        else:
            self._was_sent(connection, doubtful, found[0], now)

    def _was_sent(
        self, connection: Connection, doubtful: DoubtfulRecipient, sent: SentMessage, now: datetime
    ) -> None:
        after_commit(connection, log.info, "message_found_sent", message_id=doubtful.message_id)
        message_id, code = doubtful.message_id, sent.error_code
        outgoing.receipt(connection, sent.status, code, now, message_id=message_id, sid=sent.sid)
        if sent.status in LOST:
            self._observer.receipt(connection, message_id, sent.status, code, now)
        else:
            campaign_recipients.was_sent(connection, doubtful.id)

    def _was_never_sent(self, connection: Connection, doubtful: DoubtfulRecipient, now: datetime) -> None:
        if doubtful.attempts >= MOST_ATTEMPTS:
            campaign_recipients.doubt(connection, doubtful.id, doubtful.begun_at)
        else:
            put_back(connection, self._ceilings, doubtful, now, due_at=now, is_counted=True)


def _may_be(sent: SentMessage, campaign: CampaignRecord, doubtful: DoubtfulRecipient) -> bool:
    """Return whether what the provider has may be a message of a campaign."""
    if sent.is_reply or (sent.made_at is not None and sent.made_at > doubtful.begun_at + SETTLED_WITHIN):
        return False
    return bool(campaign.template) or sent.body.strip() == sendable(doubtful.body).strip()
