"""Builds the services that answer calls."""

from datetime import timedelta
from urllib.parse import urlsplit

from container.core import Core
from container.people import PeopleServices
from container.providers import Providers
from container.service import service
from conversation.manager import ConversationManager
from conversation.tools.runner import Toolbox, phone_tools
from conversation.turns.channel import ChannelRules, Observers
from integrations.offline.model import OfflineModel
from ivr.call_closing import CallLifecycle
from ivr.call_flow import PhoneLine
from ivr.machines import Machines
from ivr.transfer import Transfer
from ivr.transfer_ceiling import TransferCeiling, Transfers

LONGEST_ANSWER = 1000
"""Tokens of an answer: minutes of speech, or half a minute after some thought."""


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
            models=self._core.models_of(LONGEST_ANSWER, offers_people=can_transfer or reaches_people),
            channel=ChannelRules(
                "phone",
                Toolbox(phone_tools(can_transfer=can_transfer, reaches_people=reaches_people)),
                self._core.ledger,
                can_transfer=can_transfer,
                reaches_people=reaches_people,
                longest=timedelta(minutes=settings.call_max_minutes),
            ),
            observers=Observers(self._people.handoffs, self._people.observer, self._core.model_failures),
            metrics=self._core.metrics,
        )
        return self._core.closed_at_end(manager, manager.close)

    @service
    def lifecycle(self) -> CallLifecycle:
        """Closes finished calls."""
        rest = self._providers.twilio_calls
        return CallLifecycle(
            self._core.database, self._core.work, self._core.ledger, self._people.observer, rest
        )

    @service
    def transfers(self) -> Transfers:
        """To whom callers are transferred, and how often."""
        person = Transfer(self._core.settings.person_number)
        return Transfers(person, TransferCeiling(self._core.database, self._core.ledger))

    @service
    def machines(self) -> Machines:
        """Obeys Twilio's word for who has answered a campaign's call."""
        return Machines(self._providers.twilio_calls, self.manager, self._core.database)

    @service
    def line(self) -> PhoneLine:
        """The flow of a call, from webhook to TwiML."""
        settings = self._core.settings
        return PhoneLine(
            manager=self.manager,
            database=self._core.database,
            lifecycle=self.lifecycle,
            wait_s=settings.answer_wait_s,
            transfers=self.transfers,
            base_path=urlsplit(settings.webhook_url or "").path,
            demonstration=self._core.models[0].name == OfflineModel.name,
            erased=self._core.returning,
        )
