"""The services of the dashboard's pages."""

from collections.abc import Sequence
from threading import Semaphore
from typing import Protocol

from conversation.profiles.profile import Profile
from dashboard.actions.campaigns import CampaignActions
from dashboard.actions.operators import Operators
from dashboard.charts.costs import Prices, TokensToday
from dashboard.charts.days import LastDays
from dashboard.live_updates import Live
from dashboard.simulator.views import SimulatorViews
from doctor.runner import Doctor
from integrations.http.memory_budget import HeldFile
from storage.database import Database
from storage.queries.messages import Attachment
from web.services import Service


class Pictures(Protocol):
    """Provides messages' pictures."""

    def picture(self, attachment: Attachment) -> HeldFile:
        """Return a file, to be released. Raises IntegrationError."""
        ...


class DashboardServices(Protocol):
    """The services of pages; each may be created on first use."""

    @property
    def database(self) -> Database:
        """Return the database."""
        ...

    @property
    def profile(self) -> Profile:
        """Return the assistant's profile."""
        ...

    @property
    def profile_file(self) -> str:
        """Return the profile's path."""
        ...

    @property
    def has_model(self) -> bool:
        """Return whether a model is configured: otherwise the offline model answers."""
        ...

    @property
    def models(self) -> Sequence[str]:
        """Return the names of the models, first choice first."""
        ...

    @property
    def simulator(self) -> SimulatorViews:
        """Return the browser simulator."""
        ...

    @property
    def operators(self) -> Operators:
        """Return the service of operators' actions."""
        ...

    @property
    def campaigns(self) -> CampaignActions:
        """Return the service of operators' actions on campaigns."""
        ...

    @property
    def reaches_people(self) -> bool:
        """Return whether anybody is told of a handoff: a seller, or operators in Chatwoot."""
        ...

    @property
    def live(self) -> Live:
        """Return the live updates."""
        ...

    @property
    def pictures(self) -> Pictures:
        """Return the source of messages' pictures."""
        ...

    @property
    def picture_slots(self) -> Semaphore:
        """Return the limit of simultaneous downloads: each occupies a thread that could answer a call."""
        ...

    @property
    def doctor(self) -> Doctor:
        """Return what looks at the installation, and mends it."""
        ...

    @property
    def public_url(self) -> str | None:
        """Return the server's public URL; None without one."""
        ...

    @property
    def days(self) -> LastDays:
        """Return the counts of the last days."""
        ...

    @property
    def tokens(self) -> TokensToday:
        """Return the count of today's tokens."""
        ...

    @property
    def prices(self) -> Prices | None:
        """Return the model's prices; None without configured prices, and costs are not shown."""
        ...

    def off(self, language: str) -> Sequence[str]:
        """Return the sentences about missing settings. language: the reader's."""
        ...


services = Service[DashboardServices]("dashboard.services")
