"""Builds the services that show conversations in Chatwoot and carry out its operators' actions."""

from datetime import timedelta

from container.core import Core
from container.people import PeopleServices
from container.providers import Providers
from container.service import service
from container.whatsapp import WhatsAppServices
from conversation.operators import Assistant
from messaging.whatsapp_markdown import whatsapp_messages
from people.helpdesk.delivery import MirrorSending
from people.helpdesk.observer import ChatwootObserver
from people.helpdesk.phrases import helpdesk_phrases
from people.helpdesk.sync_job import SyncJob
from people.helpdesk.takeover import Takeover, TakeoverPolicy


class HelpdeskServices:
    """The services for Chatwoot."""

    def __init__(
        self, core: Core, providers: Providers, people: PeopleServices, whatsapp: WhatsAppServices
    ) -> None:
        self._core, self._providers, self.lock = core, providers, core.lock
        self._people, self._whatsapp = people, whatsapp

    @service
    def takeover(self) -> Takeover:
        """Carries out operators' actions in Chatwoot."""
        settings, profile = self._core.settings, self._core.profile
        policy = TakeoverPolicy(
            words=helpdesk_phrases(profile.language),
            zone=profile.time_zone,
            silent_for=timedelta(hours=settings.human_resume_h),
            inbox=settings.chatwoot_inbox_id or "",
            assigning_takes_over=settings.chatwoot_assigning_takes_over,
        )
        return Takeover(
            self._core.database,
            ChatwootObserver(self._core.work, receipts_fact=None),
            self._people.operators_outbox if self._providers.channels.providers else None,
            policy,
            people=self._people.handoffs,
            fit=whatsapp_messages,
            assistant=Assistant(self._whatsapp.manager.stop, self._whatsapp.intake.answer_left),
        )

    @service
    def sync(self) -> SyncJob | None:
        """The job that shows conversations in Chatwoot; None if that is off."""
        client = self._providers.chatwoot
        if client is None:
            return None
        words = helpdesk_phrases(self._core.profile.language)
        return SyncJob(
            self._core.database,
            self._core.work,
            client,
            words=words,
            inbox=self._core.settings.chatwoot_inbox_id or "",
            receipts_fact=self._providers.chatwoot_receipts_fact,
            sending=MirrorSending(client, words, self._providers.downloads, self._core.file_memory),
        )
