"""Builds the services for handoffs, notices to sellers, the CRM, and observers of conversations."""

from datetime import timedelta

from container.core import Core
from container.providers import Providers
from container.service import service
from conversation.composite_observer import CompositeObserver
from conversation.observers import NULL_OBSERVER, ConversationObserver
from conversation.phrases import catalogue_for
from messaging.outbox import Outbox
from observability.metrics import MessageCounts
from people.crm.publisher import CrmEvents
from people.elevenlabs.post_calls import PostCalls
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
        """Sends messages."""
        _ = self.handoffs  # registers itself as an observer of the outbox
        return self._outbox

    @service
    def handoffs(self) -> Handoffs:
        """Runs handoffs."""
        handoffs = Handoffs(
            self._core.database,
            self._core.work,
            self._policy,
            writer=self._outbox if self._providers.can_write_first else None,
            helpdesk=self.chatwoot,
            also=self.crm,
        )
        self._outbox_observer.add(handoffs)  # after a refused notice, the next seller is told
        return handoffs

    @service
    def api(self) -> HandoffApi:
        """Serves the API for handoffs."""
        sender = self.outbox if self._providers.can_write_first else None
        return HandoffApi(self._core.database, self.handoffs, sender)

    @service
    def crm(self) -> CrmEvents:
        """Sends conversations to a CRM."""
        ours = [seller.number for seller in self._core.sellers]
        return CrmEvents(self._core.database, self._core.work, self._providers.crm, ours=ours)

    @service
    def postcalls(self) -> PostCalls:
        """Stores ElevenLabs' calls."""
        return PostCalls(self._core.database, self._core.work, observer=self.observer)

    @service
    def observer(self) -> ConversationObserver:
        """The observers of conversations, as one."""
        return CompositeObserver(self.chatwoot or NULL_OBSERVER, self.handoffs, self.crm, self._counts)

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
        )
