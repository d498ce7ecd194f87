"""Gives pages their services."""

from collections.abc import Sequence
from threading import Semaphore
from typing import Protocol

from conversation.profiles.profile import Profile
from dashboard.actions import Operators
from dashboard.charts.costs import Prices, TokensToday
from dashboard.charts.days import LastDays
from dashboard.live_updates import Live
from dashboard.simulator.views import SimulatorViews
from storage.database import Database
from storage.queries.messages import Attachment
from web.services import Service


class Pictures(Protocol):
    """Provides messages' pictures."""

    def picture(self, attachment: Attachment) -> bytes:
        """Return a file. Raises IntegrationError."""
        ...


class DashboardServices(Protocol):
    """The services that pages use; each may be made when a page first asks for it."""

    @property
    def database(self) -> Database:
        """The database."""
        ...

    @property
    def profile(self) -> Profile:
        """The assistant's profile."""
        ...

    @property
    def profile_file(self) -> str:
        """Return the profile's path."""
        ...

    @property
    def models(self) -> Sequence[str]:
        """The models that answer, first choice first."""
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
    def live(self) -> Live:
        """Return the live updates."""
        ...

    @property
    def pictures(self) -> Pictures:
        """Provides messages' pictures."""
        ...

    @property
    def picture_slots(self) -> Semaphore:
        """The pictures fetched at once: each takes a thread that could answer a call."""
        ...

    @property
    def days(self) -> LastDays:
        """The counts of the last days."""
        ...

    @property
    def tokens(self) -> TokensToday:
        """The count of today's tokens."""
        ...

    @property
    def prices(self) -> Prices | None:
        """The model's; None where they are not set, and what it costs is not said."""
        ...

    def off(self, language: str) -> Sequence[str]:
        """Return the sentences about what is not configured. language: the reader's."""
        ...


services = Service[DashboardServices]("dashboard.services")
