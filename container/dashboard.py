"""Builds the services of the dashboard's pages."""

from collections.abc import Sequence
from datetime import timedelta
from threading import Semaphore

from container.campaigns import CampaignServices
from container.core import Core
from container.doctor import DoctorServices
from container.people import PeopleServices
from container.phone import PhoneServices
from container.providers import Providers
from container.service import service
from container.whatsapp import WhatsAppServices
from conversation.profiles.profile import Profile
from dashboard.actions.campaigns import CampaignActions
from dashboard.actions.operators import Operators
from dashboard.actions.services import OperatorServices, policy_for
from dashboard.charts.costs import Prices, TokensToday
from dashboard.charts.days import LastDays
from dashboard.live_updates import Live
from dashboard.simulator.sessions import BrowserSessions
from dashboard.simulator.views import SimulatorViews
from doctor.runner import Doctor
from ivr.call_control import CallControl
from messaging.browser_delivery import BrowserDelivery
from messaging.campaigns.control import CampaignControl
from messaging.media import Media
from messaging.whatsapp_markdown import whatsapp_messages
from observability.disabled_features import what_is_off
from storage.database import Database

PICTURES_AT_ONCE = 4


class DashboardServices:
    """The services of the dashboard, as named in dashboard.services."""

    def __init__(
        self,
        core: Core,
        providers: Providers,
        people: PeopleServices,
        phone: PhoneServices,
        whatsapp: WhatsAppServices,
        campaigns: CampaignServices,
        examination: DoctorServices,
    ) -> None:
        self._core, self._providers, self.lock = core, providers, core.lock
        self._people, self._phone, self._whatsapp = people, phone, whatsapp
        self._campaigns, self._examination = campaigns, examination

    @property
    def database(self) -> Database:
        """The database."""
        return self._core.database

    @property
    def profile(self) -> Profile:
        """The assistant's profile."""
        return self._core.profile

    @property
    def profile_file(self) -> str:
        """The path of the profile."""
        return self._core.settings.assistant_profile

    @property
    def has_model(self) -> bool:
        """True if a model is configured: otherwise the offline model answers."""
        return self._core.settings.has_model

    @property
    def models(self) -> Sequence[str]:
        """The models that answer, first choice first."""
        return [model.name for model in self._core.models]

    @property
    def pictures(self) -> Media:
        """The source of messages' images."""
        return self._whatsapp.media

    @service
    def picture_slots(self) -> Semaphore:
        """Limits the number of images fetched at once."""
        return Semaphore(PICTURES_AT_ONCE)

    @property
    def doctor(self) -> Doctor:
        """Looks at the installation, and mends it."""
        return self._examination.doctor

    @property
    def public_url(self) -> str | None:
        """The server's public URL."""
        return self._core.settings.webhook_url

    @service
    def days(self) -> LastDays:
        """Counts the conversations of the last days."""
        return LastDays()

    @service
    def tokens(self) -> TokensToday:
        """Counts today's tokens."""
        return TokensToday()

    @property
    def prices(self) -> Prices | None:
        """The model's prices; None if they are not set."""
        read, written = self._core.settings.openai_price_in, self._core.settings.openai_price_out
        return None if read is None or written is None else Prices(read, written)

    def off(self, language: str) -> Sequence[str]:
        """Return a sentence for each feature that is off. language: the reader's."""
        return what_is_off(self._core.settings, language)

    @property
    def reaches_people(self) -> bool:
        """True if anybody is told of a handoff."""
        return self._people.handoffs.reaches_people

    @service
    def campaigns(self) -> CampaignActions:
        """Carries out operators' actions on campaigns."""
        control = CampaignControl(
            self.database,
            lambda: self._providers.channels,
            self._campaigns.templates,
            self._campaigns.desk,
            self.profile.time_zone,
            can_call=lambda: not self._campaigns.missing_for_calls,
        )
        return CampaignActions(self.database, control, self._campaigns.drafting, self._campaigns.long_lists)

    @service
    def live(self) -> Live:
        """Notifies the pages of this process of changes."""
        live = Live(self.database)
        return self._core.closed_at_end(live, live.close)

    @service
    def sessions(self) -> BrowserSessions:
        """The browser sessions of this process."""
        sessions = BrowserSessions(self.database)
        return self._core.closed_at_end(sessions, sessions.close)

    @service
    def simulator(self) -> SimulatorViews:
        """The simulator's views for browsers."""
        server = self._core.local_server
        delivery = BrowserDelivery(
            self.database,
            self._core.work,
            lambda: self._core.simulator_token,
            receipts_to=lambda: self._core.settings.webhook_url or server.url,
        )
        return SimulatorViews(server, self.database, self.sessions, delivery.deliver, self.profile.language)

    @service
    def operators(self) -> Operators:
        """Carries out operators' actions."""
        settings = self._core.settings
        calls = CallControl(
            self._providers.twilio_calls,
            self._phone.manager,
            self.database,
            self._phone.lifecycle,
            self._phone.transfers,
            public_url=settings.webhook_url,
        )
        services = OperatorServices(
            writer=self._people.operators_outbox,
            handoffs=self._people.handoffs,
            observer=self._people.observer,
            calls=calls,
            notes=self._people.chatwoot,
            fit=whatsapp_messages,
            stop=self._whatsapp.manager.stop,
            answer_left=self._whatsapp.intake.answer_left,
        )
        policy = policy_for(self.profile.language, silent_for=timedelta(hours=settings.human_resume_h))
        return Operators(self.database, services, policy)
