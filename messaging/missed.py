"""Catches up with Twilio: messages whose webhooks found nobody, and receipts that never came.

Twilio does not send such a webhook again. What is kept by its SID is never kept twice.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from integrations.errors import IntegrationError
from integrations.twilio.messages import ReceivedMessage, TwilioMessages
from messaging.inbox import Inbox
from messaging.providers.twilio import SANDBOX
from messaging.receipts import Receipts
from messaging.requests import Incoming, ReceiptFacts, read_incoming, status_of
from storage.base import utc_now
from storage.database import Database
from storage.queries import messages, outgoing

log = structlog.get_logger()

LOOKED_BACK = timedelta(hours=24)
"""The least: a message that was lost since the newest known one is looked for however long that is, for a week."""
LONGEST_OUTAGE = timedelta(days=7)
USED_WITHIN = timedelta(days=14)
"""Who got no message by Twilio for so long has another server for them."""
ON_ITS_WAY = timedelta(minutes=2)
"""A younger message may be in a webhook of its own."""
RECEIPT_DUE = timedelta(minutes=10)
EVERY = timedelta(minutes=5)
MOST_ASKED = 50
"""Receipts asked for in one run; the next goes on from there."""
_JOINING = re.compile(r"join\s+\S+", re.IGNORECASE)
"""Said to Twilio's sandbox, which answers it itself."""


class MissedMessages:
    """Asks Twilio for what its webhooks did not bring. our_address: whatsapp:+E164; None: not set."""

    def __init__(
        self,
        database: Database,
        rest: TwilioMessages,
        inbox: Inbox,
        receipts: Receipts,
        *,
        our_address: str | None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._rest, self._inbox, self._receipts = database, rest, inbox, receipts
        self._our_address, self._clock = our_address, clock
        self._asked_until: datetime | None = None

    def fetch(self, _payload: dict[str, Any]) -> None:
        """Keep the messages that were missed, and the receipts. Raises SQLAlchemyError."""
        now = self._clock()
        with self._database.read() as connection:
            newest = messages.heard_by_twilio_since(connection, now - USED_WITHIN)
        try:
            if newest is not None:
                since = max(min(newest, now - LOOKED_BACK), now - LONGEST_OUTAGE)
                self._fetch_messages(since, now)
            self._fetch_receipts(now)
        except IntegrationError as error:
            log.warning("twilio_not_caught_up_with", code=error.code, status=error.status)

    def _fetch_messages(self, since: datetime, now: datetime) -> None:
        listed = self._rest.received(since=since)
        with self._database.read() as connection:
            sids = outgoing.known_sids(connection, [message.sid for message in listed])
            known = [message for message in listed if message.sid in sids]
            served_since = _served_since(connection, known, since, now)
        ours = {message.to for message in known} | ({self._our_address} if self._our_address else set())
        missed = [
            message
            for message in reversed(listed)
            if message.sid not in sids
            and message.to in ours
            and served_since <= message.at <= now - ON_ITS_WAY
        ]
        came = [incoming for message in missed if (incoming := self._incoming(message)) is not None]
        if came:
            log.warning("messages_missed", count=len(came))
            self._inbox.take_missed(came)

    def _incoming(self, message: ReceivedMessage) -> Incoming | None:
        if message.to == SANDBOX and _JOINING.fullmatch(message.body.strip()):
            return None
        form = {"From": message.sender, "To": message.to, "Body": message.body, "MessageSid": message.sid}
        files = self._files_of(message)
        form["NumMedia"] = str(len(files))
        for number, (url, media_type) in enumerate(files):
            form |= {f"MediaUrl{number}": url, f"MediaContentType{number}": media_type}
        incoming = read_incoming(form)
        return incoming and replace(incoming, sent_at=message.at)

    def _files_of(self, message: ReceivedMessage) -> list[tuple[str, str]]:
        """Return a message's files; none if Twilio has them no longer: it is no reason to leave others unanswered."""
        try:
            return self._rest.media_of(message.sid) if message.files else []
        except IntegrationError as error:
            if not error.permanent:
                raise
            log.warning("files_not_caught_up_with", code=error.code, status=error.status)
            return []

    def _fetch_receipts(self, now: datetime) -> None:
        """Ask once for what became of each message whose receipt is due; at first, of those of a day."""
        a_day_ago, due = now - LOOKED_BACK, now - RECEIPT_DUE
        asked_until = max(self._asked_until or a_day_ago, a_day_ago)
        with self._database.read() as connection:
            waiting = messages.without_receipt(
                connection, since=a_day_ago, changed=(asked_until, due), limit=MOST_ASKED
            )
        for sid, changed_at in waiting:
            self._fetch_receipt(sid)
            self._asked_until = changed_at
        if len(waiting) < MOST_ASKED:
            self._asked_until = due

    def _fetch_receipt(self, sid: str) -> None:
        try:
            state = self._rest.fetch(sid)
        except IntegrationError as error:
            if not error.permanent:
                raise
            log.info("receipt_not_found", code=error.code, status=error.status)  # of another account
            return
        self._receipts.note(ReceiptFacts(sid, status_of(state.status), state.error_code))


def _served_since(
    connection: Connection, known: Sequence[ReceivedMessage], since: datetime, now: datetime
) -> datetime:
    """Return the time from which on messages were ours to take: others came before we were there."""
    if messages.heard_by_twilio_since(connection, now - USED_WITHIN, before=now - LOOKED_BACK) is not None:
        return since
    return min((message.at for message in known), default=now)
