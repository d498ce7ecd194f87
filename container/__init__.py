"""Builds the services from the settings, for the web, the worker, commands and scripts."""

from collections.abc import Callable

from container.campaigns import CampaignServices
from container.core import Core
from container.dashboard import DashboardServices
from container.doctor import DoctorServices
from container.helpdesk import HelpdeskServices
from container.jobs import JobServices
from container.people import PeopleServices
from container.phone import PhoneServices
from container.privacy import PrivacyServices
from container.providers import Providers
from container.service import service
from container.whatsapp import WhatsAppServices
from conversation.models.preparation_lease import PreparationLease
from conversation.models.warming import Warming
from conversation.speech.text_for_tts import prepare as prepare_speech
from integrations.openai.model import OpenAIModel
from observability.health import HealthCheck
from observability.metrics import Exposition


class Container(Core):
    """The services of one process, each made at its first use. Thread-safe."""

    @service
    def providers(self) -> Providers:
        """The clients of external APIs."""
        return Providers(self)

    @service
    def people(self) -> PeopleServices:
        """The services for handoffs, and the observers of conversations."""
        return PeopleServices(self, self.providers)

    @service
    def phone(self) -> PhoneServices:
        """The services for calls."""
        return PhoneServices(self, self.providers, self.people)

    @service
    def whatsapp(self) -> WhatsAppServices:
        """The services for WhatsApp."""
        return WhatsAppServices(self, self.providers, self.people)

    @service
    def helpdesk(self) -> HelpdeskServices:
        """The services for Chatwoot."""
        return HelpdeskServices(self, self.providers, self.people, self.whatsapp)

    @service
    def campaigns(self) -> CampaignServices:
        """The services for campaigns."""
        return CampaignServices(self, self.providers, self.people)

    @service
    def privacy(self) -> PrivacyServices:
        """The services for people's data."""
        return PrivacyServices(self, self.providers)

    @service
    def dashboard(self) -> DashboardServices:
        """The services of the dashboard."""
        return DashboardServices(
            self, self.providers, self.people, self.phone, self.whatsapp, self.campaigns, self.examination
        )

    @service
    def examination(self) -> DoctorServices:
        """The services that look at the installation and mend it."""
        return DoctorServices(self, self.providers, lambda: self.phone.manager.beginning())

    @service
    def jobs(self) -> JobServices:
        """The worker and its jobs."""
        return JobServices(
            self, self.people, self.phone, self.whatsapp, self.helpdesk, self.privacy, self.campaigns
        )

    @service
    def exposition(self) -> Exposition:
        """The metrics for Prometheus."""
        has_model = self.settings.has_model
        return Exposition(self.metrics, self.database, self.ledger, self.vitals, has_model=has_model)

    @service
    def health_check(self) -> HealthCheck:
        """Checks the parts that answers depend on."""
        return HealthCheck(self.database, self.vitals, has_model=self.settings.has_model)

    @service
    def warming(self) -> Warming | None:
        """Has a model's server of one's own read what prompts begin with; None for OpenAI's, and without a model."""
        model = self.text_model
        if model is None or not model.is_own:
            return None
        # The phone's last, for callers wait: a server that remembers one prompt remembers that
        beginnings = [self.whatsapp.manager.beginning, self.phone.manager.beginning]
        lease = PreparationLease(self.database)
        warming = Warming(model.with_limit(1), beginnings, self.is_answer_waited_for, lease)
        return self.closed_at_end(warming, warming.close)

    def begin_serving(self, give_up: Callable[[], None] = lambda: None) -> None:
        """Prepare a web process for its first call: make the services of webhooks, read how the profile's
        language is spoken, and connect to the model.

        give_up: ends the process, for another one to be started.
        """
        self.exposition.begin()
        _ = (
            self.phone.line,
            self.phone.machines,
            self.whatsapp.inbox,
            self.whatsapp.receipts,
            self.helpdesk.takeover,
        )
        prepare_speech(self.profile.voice_language)
        for model in self.models:
            if isinstance(model, OpenAIModel):
                model.warm_up()
        if self.warming is not None:
            self.warming.begin()
            self.model_failures.when_away(self.warming.begin)  # a server that comes back has forgotten
        self.vitals.begin(give_up)

    def end_serving(self) -> None:
        """Release unfinished answers: another process can then continue them at once."""
        self.close_services()
