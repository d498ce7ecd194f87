"""Sends one message to try a campaign: what its first recipient will get, and nobody's on the list."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from conversation import service_window
from conversation.daily_ceilings import Begun, DailyCeilings, Reached
from conversation.observers import ConversationObserver
from integrations.errors import IntegrationError
from messaging.campaigns.claims import provider_of
from messaging.providers.base import Channels, OutgoingMessage, Provider, Template
from phone_numbers import ReachAddress
from storage.base import utc_now
from storage.campaigns.campaigns import CampaignRecord
from storage.database import Database
from storage.models import MessageStatus
from storage.queries import contacts, outgoing
from storage.queries.contacts import Recipient
from storage.reports.campaigns import first_rows

Note = Callable[[Connection], None]
"""Notes something in the transaction in which a trial begins; what it raises undoes it."""


@dataclass
class NotTriedError(Exception):
    """Nothing was sent. has_opted_out: they want no messages; else their provider is not set up."""

    has_opted_out: bool


@dataclass
class NoMoreMessagesError(Exception):
    """The day's ceiling on messages is used up; nothing was sent. reached: None: it was used up meanwhile."""

    reached: Reached | None


@dataclass
class UnansweredError(Exception):
    """The provider did not take a message. is_unknown: it may have it after all."""

    provider: Provider
    code: int | str | None
    is_unknown: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    """A message that is kept, and about to be passed on."""

    recipient: Recipient
    provider: Provider
    message: OutgoingMessage


class MessageTrials:
    """Sends messages to try campaigns. ceilings: of a day, in which they count. observer: told of each message."""

    def __init__(
        self,
        database: Database,
        channels: Callable[[], Channels],
        ceilings: DailyCeilings,
        observer: ConversationObserver,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._channels, self._ceilings = database, channels, ceilings
        self._observer, self._clock = observer, clock

    def send(self, campaign: CampaignRecord, number: ReachAddress, begun: Note) -> bool:
        """Send a number what the first of a campaign's list will get; return whether it is sure to be let through.

        It is not if it is free text, and they have not written within 24 hours. Raises NotTriedError,
        NoMoreMessagesError, UnansweredError.
        """
        now = self._clock()
        with self._database.write() as connection:
            kept = self._keep(connection, campaign, number, now)
            begun(connection)
        try:
            sent = kept.provider.send(kept.recipient, kept.message)
        except IntegrationError as error:
            is_unknown = kept.provider.may_have_been_done(error)
            if not is_unknown:
                self._has_failed(kept.message.id, error, now)
            raise UnansweredError(kept.provider, error.code, is_unknown) from error
        with self._database.write() as connection:
            outgoing.sent(connection, kept.message.id, sent.sid, sent.status, self._clock())
        return bool(campaign.template) or service_window.is_open(kept.recipient.wrote_at, now)

    def _keep(
        self, connection: Connection, campaign: CampaignRecord, number: ReachAddress, now: datetime
    ) -> _Kept:
        recipient = contacts.recipient_for(connection, number, now)
        if recipient.opted_out_at is not None:
            raise NotTriedError(has_opted_out=True)
        provider = provider_of(self._channels(), campaign, recipient)
        if provider is None or not provider.pace(recipient).sender:
            raise NotTriedError(has_opted_out=False)
        if not self._ceilings.take(connection, Begun.MESSAGE, 1, now):
            raise NoMoreMessagesError(self._ceilings.reached(connection, Begun.MESSAGE, now))
        [first] = first_rows(connection, campaign.id, 1)
        kind, template = (
            ("template", Template.named(campaign.template)) if campaign.template else ("text", None)
        )
        message_id = outgoing.add_outbound(
            connection, recipient.conversation_id, kind, first.body, now, MessageStatus.SENDING
        )
        self._observer.message(connection, message_id, now)
        if template is None:
            return _Kept(recipient, provider, OutgoingMessage(message_id, first.body))
        message = OutgoingMessage(message_id, template=template, variables=first.variables)
        return _Kept(recipient, provider, message)

    def _has_failed(self, message_id: int, error: IntegrationError, begun_at: datetime) -> None:
        code, now = error.code if isinstance(error.code, int) else None, self._clock()
        with self._database.write() as connection:
            outgoing.receipt(connection, MessageStatus.FAILED, code, now, message_id=message_id)
            self._observer.receipt(connection, message_id, MessageStatus.FAILED, code, now)
            self._ceilings.give_back(connection, Begun.MESSAGE, begun_at)
