"""Claims recipients of a campaign: looked at, kept as messages that are being sent, and given a time to leave at."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from conversation import service_window
from conversation.daily_ceilings import Begun, DailyCeilings
from conversation.message_kinds import CAMPAIGN
from conversation.observers import ConversationObserver
from messaging.campaigns.hours import LOOKED_AGAIN_AFTER, Hours, waits_for_person
from messaging.providers.base import Channels, OutgoingMessage, Pace, Provider, Template
from storage.campaigns import campaign_recipients, campaigns
from storage.campaigns.campaign_recipients import DueRecipient
from storage.campaigns.campaigns import CampaignRecord
from storage.database import Database
from storage.models import LOST, MessageStatus, SkipReason
from storage.privacy.erasures import Returning
from storage.privacy.opt_outs import recipient_as_before
from storage.queries import outgoing, send_rate
from storage.queries.contacts import Recipient

AHEAD = timedelta(milliseconds=50)
"""A number that is free no sooner sends messages that people wait for: a campaign's come after them."""
BATCH = timedelta(milliseconds=100)
"""The times to send that are taken at once; a message that somebody waits for comes after them."""
SLOWER = 1.05
"""Times the interval of a number: what leaves evenly arrives less so, and a second may have only so many."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A recipient whose message is to be passed to the provider. id: the recipient's. at: not before.

    begun_at: the time of the claim. pace: of our number, for what a campaign sends.
    """

    id: int
    provider: Provider
    recipient: Recipient
    message: OutgoingMessage
    pace: Pace
    begun_at: datetime
    at: datetime

    @property
    def message_id(self) -> int:
        """The id of the message."""
        return self.message.id


@dataclass(frozen=True, slots=True)
class Claims:
    """What was claimed. is_any_due: somebody was due, though perhaps not claimed. is_day_over: no more begins today.

    free_at: when our number may send the next message; None: there was nobody to send one to.
    """

    claimed: list[Claimed]
    is_any_due: bool = False
    is_day_over: bool = False
    free_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Ready:
    """A recipient who may be written to now."""

    due: DueRecipient
    recipient: Recipient
    provider: Provider
    pace: Pace


class Claimer:
    """Claims recipients, each in the transaction that looks at their opt-out.

    holder: the process. returning: tells who was erased before. hours: when people may be written to. ceilings: of a
    day.
    """

    def __init__(
        self,
        database: Database,
        channels: Channels,
        ceilings: DailyCeilings,
        *,
        observer: ConversationObserver,
        returning: Returning,
        hours: Hours,
        holder: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._channels, self._observer = database, channels, observer
        self._ceilings, self._hours = ceilings, hours
        self._returning, self._holder, self._clock = returning, holder, clock

    def claim(self, campaign_id: int, most: int) -> Claims:
        """Claim at most so many recipients of a campaign. Raises SQLAlchemyError."""
        return self._database.run(lambda connection: self._claim(connection, campaign_id, most))

    def _claim(self, connection: Connection, campaign_id: int, most: int) -> Claims:
        now = self._clock()
        campaign = campaigns.held(connection, campaign_id, self._holder, now)
        if campaign is None:
            return Claims([])
        if not self._hours.hold(connection):
            return Claims([], is_any_due=True)
        left = self._ceilings.left(connection, Begun.MESSAGE, now)
        if left == 0:
            is_any_left = campaign_recipients.is_any_left(connection, campaign_id)
            return Claims([], is_any_due=is_any_left, is_day_over=True)
        due = campaign_recipients.due(connection, campaign_id, now, most if left is None else min(most, left))
        ready = [one for each in due if (one := self._ready(connection, campaign, each, now)) is not None]
        if not ready:
            return Claims([], is_any_due=bool(due))
        first = ready[0].pace  # who is written to from another number has their turn next
        going = [one for one in ready if one.pace.sender == first.sender]
        times, free_at = send_rate.take_free(
            connection, first.sender, first.interval, now, ahead=AHEAD, batch=BATCH, most=len(going)
        )
        times = times[: self._ceilings.take(connection, Begun.MESSAGE, len(times), now)]
        claimed = [
            self._begin(connection, campaign, one, at, now)
            for one, at in zip(going[: len(times)], times, strict=True)
        ]
        return Claims(claimed, is_any_due=True, free_at=free_at)

    def _ready(
        self, connection: Connection, campaign: CampaignRecord, due: DueRecipient, now: datetime
    ) -> _Ready | None:
        """Look at a recipient; None if nothing is sent to them, of which the reason is kept."""
        if due.message_id is not None:
            if not outgoing.try_lock(connection, due.message_id):
                return None  # a receipt is being kept, which locks the message first and then this recipient
            status = outgoing.status_of(connection, due.message_id)
            if status is not MessageStatus.WAITING:
                self._was_heard_of(connection, due, status)
                return None
        allowed = self._hours.next(due.number, due.zone, now)
        is_past = due.is_past(allowed or now)
        if allowed is not None and allowed > now and not is_past:
            campaign_recipients.postpone(connection, due.id, allowed)
            return None
        recipient = recipient_as_before(connection, self._returning, due.number, now)
        provider = provider_of(self._channels, campaign, recipient)
        reason = self._reason_against(connection, campaign, recipient, provider, now)
        if reason is None and waits_for_person(campaign, recipient, now):
            campaign_recipients.postpone(connection, due.id, now + LOOKED_AGAIN_AFTER)
            return None
        if is_past:
            reason = SkipReason.PAST
        if reason is None and allowed is None:
            reason = SkipReason.NO_HOUR
        if reason is None and self._hours.is_week_full(connection, due, now):
            reason = SkipReason.WEEKLY_LIMIT
        if reason is not None:
            if due.message_id is not None:
                outgoing.hold(connection, due.message_id, now)
                self._observer.receipt(connection, due.message_id, MessageStatus.HELD, None, now)
            campaign_recipients.skip(connection, due.id, reason)
            return None
        assert provider is not None
        pace = provider.pace(recipient)
        return _Ready(due, recipient, provider, replace(pace, interval=pace.interval * SLOWER))

    def _was_heard_of(self, connection: Connection, due: DueRecipient, status: MessageStatus | None) -> None:
        """Note that the provider had an attempt after all, of which a receipt has come late."""
        if status is None or status in LOST:
            campaign_recipients.try_again(connection, due.id, self._clock())
        else:
            campaign_recipients.was_sent(connection, due.id)

    def _reason_against(
        self,
        connection: Connection,
        campaign: CampaignRecord,
        recipient: Recipient,
        provider: Provider | None,
        now: datetime,
    ) -> SkipReason | None:
        if recipient.opted_out_at is not None:
            return SkipReason.OPTED_OUT
        if provider is None or not provider.pace(recipient).sender:
            return SkipReason.NO_PROVIDER
        is_free = not campaign.template and not campaign.try_anyway
        if is_free and not service_window.is_open(recipient.wrote_at, now):
            return SkipReason.NEEDS_TEMPLATE
        return None

    def _begin(
        self, connection: Connection, campaign: CampaignRecord, ready: _Ready, at: datetime, now: datetime
    ) -> Claimed:
        due, recipient = ready.due, ready.recipient
        message_id = due.message_id
        if message_id is None:
            message_id = outgoing.add_outbound(
                connection,
                recipient.conversation_id,
                CAMPAIGN,
                due.body,
                now,
                MessageStatus.SENDING,
                recipient_id=due.id,
            )
            self._observer.message(connection, message_id, now)
        else:
            outgoing.begin_sending(connection, message_id, MessageStatus.WAITING, now)
        campaign_recipients.begin(connection, due.id, message_id, recipient.conversation_id, now)
        if campaign.template:
            template = Template.named(campaign.template)
            message = OutgoingMessage(message_id, template=template, variables=due.variables)
        else:
            message = OutgoingMessage(message_id, due.body)
        return Claimed(due.id, ready.provider, recipient, message, ready.pace, begun_at=now, at=at)


def provider_of(channels: Channels, campaign: CampaignRecord, recipient: Recipient) -> Provider | None:
    """Return the provider of a campaign's messages to somebody; a template has its own."""
    if not campaign.template:
        return channels.of(recipient)
    return channels.providers.get(Template.named(campaign.template).provider)
