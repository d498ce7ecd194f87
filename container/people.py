"""Builds the services for handoffs, notices to sellers, the CRM, and observers of conversations."""

from datetime import timedelta

from container.core import Core
from container.providers import Providers
from container.service import service
from conversation.composite_observer import CompositeObserver
from conversation.counted_messages import CountedMessages
from conversation.observers import NULL_OBSERVER, ConversationObserver
from conversation.phrases import catalogue_for
from messaging.campaigns.outcomes import CampaignOutcomes
from messaging.campaigns.voice.outcomes import CallOutcomes
from messaging.sending.delivery import Delivery
from messaging.sending.outbox import Outbox
from messaging.sending.prompt_sender import PromptSender
from messaging.sending.sender import Sender
from observability.metrics import MessageCounts
from people.crm.publisher import CrmEvents
from people.elevenlabs.post_calls import PostCalls
from people.handoff.alerts import ModelAlerts
from people.handoff.api import HandoffApi
from people.handoff.notices import notices_for
from people.handoff.offering import HandoffPolicy
from people.handoff.service import Handoffs
from people.helpdesk.observer import ChatwootObserver


class PeopleServices:
    """The services for handoffs and observers, shared by phone and WhatsApp conversations."""

    def __init__(self, core: Core, providers: Providers) -> None:
        self._core, self._providers, self.lock = core, providers, core.lock

    @property
    def outbox(self) -> Outbox:
        """Keeps messages, and has them sent."""
        _ = self.handoffs  # registers itself as an observer of the outbox
        return self._outbox

    @service
    def sender(self) -> Sender:
        """Sends messages, in jobs."""
        return Sender(self._core.database, self.outbox, self._providers.channels, self._delivery)

    @service
    def prompt_sender(self) -> PromptSender:
        """Sends messages at once."""
        return PromptSender(self._core.database, self.outbox, self._providers.channels, self._delivery)

    @service
    def operators_outbox(self) -> CountedMessages:
        """Sends what operators write."""
        return CountedMessages(self.outbox, self._core.ledger)

    @service
    def handoffs(self) -> Handoffs:
        """Runs handoffs."""
        handoffs = Handoffs(
            self._core.database,
            self._core.work,
            self._policy,
            ledger=self._core.ledger,
            writer=self._outbox if self._providers.can_write_first else None,
            helpdesk=self.chatwoot,
            also=self.crm,
        )
        self._outbox_observer.add(handoffs)  # after a refused notice, the next seller is told
        return handoffs

    @service
    def api(self) -> HandoffApi:
        """Serves the API for handoffs."""
        sender = self.prompt_sender if self._providers.can_write_first else None
        return HandoffApi(self._core.database, self.handoffs, sender, self._core.digests)

    @service
    def crm(self) -> CrmEvents:
        """Sends conversations to a CRM."""
        ours = [seller.number for seller in self._core.sellers]
        return CrmEvents(self._core.database, self._core.work, self._providers.crm, ours=ours)

    @service
    def model_alerts(self) -> ModelAlerts:
        """Tells a seller that the model fails."""
        writer = self.outbox if self._providers.can_write_first else None
        return ModelAlerts(self._core.database, self._policy, writer)

    @service
    def postcalls(self) -> PostCalls:
        """Stores ElevenLabs' calls."""
        return PostCalls(
            self._core.database, self._core.work, observer=self.observer, erased=self._core.returning
        )

    @service
    def observer(self) -> ConversationObserver:
        """The observers of conversations, as one."""
        return CompositeObserver(
            self.chatwoot or NULL_OBSERVER,
            self.handoffs,
            self.crm,
            self._counts,
            CampaignOutcomes(),
            CallOutcomes(),
        )

    @service
    def chatwoot(self) -> ChatwootObserver | None:
        """Enqueues the jobs that show conversations in Chatwoot; None if that is off."""
        if not self._core.settings.chatwoot_enabled:
            return None
        return ChatwootObserver(self._core.work, receipts_fact=self._providers.chatwoot_receipts_fact)

    @service
    def _counts(self) -> MessageCounts:
        return MessageCounts(self._core.metrics)

    @service
    def _outbox_observer(self) -> CompositeObserver:
        return CompositeObserver(self.chatwoot or NULL_OBSERVER, self._counts)

    @service
    def _outbox(self) -> Outbox:
        return Outbox(
            self._core.database, self._core.work, self._providers.channels, observer=self._outbox_observer
        )

    @service
    def _delivery(self) -> Delivery:
        return Delivery(
            self._core.database, observer=self._outbox_observer, ceilings=self._core.daily_ceilings
        )

    @property
    def _policy(self) -> HandoffPolicy:
        settings, profile = self._core.settings, self._core.profile
        return HandoffPolicy(
            sellers=self._core.sellers,
            words=notices_for(profile.language),
            customers=catalogue_for(profile.language).customers,
            language=profile.language,
            zone=profile.time_zone,
            reply_within=timedelta(minutes=settings.seller_reply_min),
            silent_for=timedelta(hours=settings.human_resume_h),
            public_url=settings.webhook_url,
        )
