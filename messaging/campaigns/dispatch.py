"""Passes claimed messages of campaigns to their provider, and notes what it says."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from conversation.daily_ceilings import Begun, DailyCeilings
from conversation.observers import ConversationObserver
from integrations.errors import IntegrationError
from messaging.campaigns.attempts import put_back
from messaging.campaigns.claims import Claimed
from messaging.campaigns.spacing import Spacing, seconds_until
from messaging.providers.base import SentMessage, TooFast
from storage.campaigns import campaign_recipients
from storage.database import Database
from storage.models import MessageStatus
from storage.queries import outgoing, send_rate

log = structlog.get_logger()

CLAIM_LASTS = timedelta(seconds=20)
"""A claimed message that has not left by then does not leave: its process stood still, and others may look for it."""
AGAIN_AFTER = timedelta(seconds=10)
"""After a request that has certainly not reached the provider."""


class Dispatcher:
    """Sends single messages. observer: told of those that are refused."""

    def __init__(
        self,
        database: Database,
        ceilings: DailyCeilings,
        *,
        observer: ConversationObserver,
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._ceilings = database, ceilings
        self._observer, self._clock = observer, clock
        self._spacing = Spacing()

    def send(self, claimed: Claimed) -> bool:
        """Send a message at its time; return False if the provider is not to be asked anything for a while."""
        time.sleep(seconds_until(claimed.at, self._clock(), claimed.begun_at))
        self._spacing.wait(claimed.pace)
        if self._clock() >= claimed.begun_at + CLAIM_LASTS:
            self._put_back(claimed, self._clock())
            return True
        try:
            sent = claimed.provider.send(claimed.recipient, claimed.message)
        except IntegrationError as error:
            return self._after_failure(claimed, error)
        self._database.run(lambda connection: self._was_sent(connection, claimed, sent))
        return True

    def _was_sent(self, connection: Connection, claimed: Claimed, sent: SentMessage) -> None:
        outgoing.sent(connection, claimed.message_id, sent.sid, sent.status, self._clock())
        campaign_recipients.was_sent(connection, claimed.id)

    def _after_failure(self, claimed: Claimed, error: IntegrationError) -> bool:
        provider, now = claimed.provider, self._clock()
        if error.permanent:
            self._database.run(lambda connection: self._was_refused(connection, claimed, error, now))
            return True
        if (too_fast := provider.too_fast(error)) is not None:
            self._wait(claimed, too_fast, now)
            return True
        log.warning("campaign_message_unanswered", message_id=claimed.message_id, code=error.code)
        if not provider.may_have_been_done(error):
            self._put_back(claimed, now + AGAIN_AFTER)
        return False

    def _was_refused(
        self, connection: Connection, claimed: Claimed, error: IntegrationError, now: datetime
    ) -> None:
        code = error.code if isinstance(error.code, int) else None
        failed, message_id = MessageStatus.FAILED, claimed.message_id
        outgoing.receipt(connection, failed, code, now, message_id=message_id)
        self._observer.receipt(connection, message_id, failed, code, now)
        self._ceilings.give_back(connection, Begun.MESSAGE, claimed.begun_at)

    def _wait(self, claimed: Claimed, too_fast: TooFast, now: datetime) -> None:
        """Let a message wait as long as the provider says, and the number too, if that is meant."""
        log.warning("sending_too_fast", wait_s=too_fast.wait_s)
        until = now + timedelta(seconds=too_fast.wait_s)
        self._put_back(claimed, until)
        if too_fast.whole_number:
            sender = claimed.pace.sender
            self._database.run(lambda connection: send_rate.hold(connection, sender, until, now))

    def _put_back(self, claimed: Claimed, due_at: datetime) -> None:
        """Let a message wait that has certainly not been accepted."""
        now = self._clock()
        self._database.run(
            lambda connection: put_back(connection, self._ceilings, claimed, now, due_at=due_at)
        )
