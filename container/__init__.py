"""Builds the services from the settings, for the web, the worker, commands and scripts."""

import structlog

from container.core import Core
from container.dashboard import DashboardServices
from container.helpdesk import HelpdeskServices
from container.jobs import JobServices
from container.people import PeopleServices
from container.phone import PhoneServices
from container.providers import Providers
from container.service import service
from container.whatsapp import WhatsAppServices
from integrations.openai.model import OpenAIModel
from observability.disabled_features import what_is_off
from observability.health import HealthCheck
from observability.metrics import Exposition

log = structlog.get_logger()


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
    def dashboard(self) -> DashboardServices:
        """The services of the dashboard."""
        return DashboardServices(self, self.providers, self.people, self.phone, self.whatsapp)

    @service
    def jobs(self) -> JobServices:
        """The worker and its jobs."""
        return JobServices(self, self.people, self.phone, self.whatsapp, self.helpdesk)

    @service
    def exposition(self) -> Exposition:
        """The metrics for Prometheus."""
        return Exposition(self.metrics, self.database)

    @service
    def health_check(self) -> HealthCheck:
        """Checks the parts that answers depend on."""
        return HealthCheck(self.database, has_model=self.settings.has_model)

    def begin_serving(self) -> None:
        """Prepare a web process for its first call: make the services of webhooks, and connect to the model.

        Logs a sentence for each feature that is off.
        """
        for sentence in what_is_off(self.settings):
            log.warning(sentence)
        self.exposition.begin()
        _ = self.phone.line, self.whatsapp.inbox, self.whatsapp.receipts, self.helpdesk.takeover
        for model in self.models:
            if isinstance(model, OpenAIModel):
                model.warm_up()

    def end_serving(self) -> None:
        """Release unfinished answers: another process can then continue them at once."""
        self.close_services()
