"""Builds the services that answer calls."""

from datetime import timedelta
from urllib.parse import urlsplit

from container.core import Core
from container.people import PeopleServices
from container.providers import Providers
from container.service import service
from conversation.manager import ChannelRules, ConversationManager, Observers
from conversation.tools.runner import Toolbox, phone_tools
from integrations.offline.model import OfflineModel
from ivr.call_closing import CallLifecycle
from ivr.call_flow import PhoneLine


class PhoneServices:
    """The services for phone conversations."""

    def __init__(self, core: Core, providers: Providers, people: PeopleServices) -> None:
        self._core, self._people, self.lock = core, people, core.lock
        self._providers = providers

    @service
    def manager(self) -> ConversationManager:
        """The manager of phone conversations."""
        settings, can_transfer = self._core.settings, self._core.settings.person_number is not None
        reaches_people = self._people.handoffs.reaches_people
        manager = ConversationManager(
            database=self._core.database,
            work=self._core.work,
            profile=self._core.profile,
            models=self._core.models,
            channel=ChannelRules(
                "phone",
                Toolbox(phone_tools(can_transfer=can_transfer, reaches_people=reaches_people)),
                can_transfer=can_transfer,
                reaches_people=reaches_people,
                longest=timedelta(minutes=settings.call_max_minutes),
            ),
            observers=Observers(self._people.handoffs, self._people.observer),
            metrics=self._core.metrics,
        )
        return self._core.closed_at_end(manager, manager.close)

    @service
    def lifecycle(self) -> CallLifecycle:
        """Closes finished calls."""
        rest = self._providers.twilio_calls
        return CallLifecycle(self._core.database, self._core.work, self._people.observer, rest)

    @service
    def line(self) -> PhoneLine:
        """The flow of a call, from webhook to TwiML."""
        settings = self._core.settings
        return PhoneLine(
            manager=self.manager,
            database=self._core.database,
            lifecycle=self.lifecycle,
            wait_s=settings.answer_wait_s,
            human_number=settings.person_number,
            base_path=urlsplit(settings.webhook_url or "").path,
            demonstration=self._core.models[0].name == OfflineModel.name,
        )
