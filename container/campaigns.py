"""Builds the services that run campaigns."""

from common.loops import Loop
from common.process_name import process_name
from container.core import Core
from container.people import PeopleServices
from container.providers import Providers
from messaging.campaigns.claims import Claimer
from messaging.campaigns.dispatch import Dispatcher
from messaging.campaigns.doubts import Doubts
from messaging.campaigns.hours import Hours
from messaging.campaigns.probe import PATIENCE_S
from messaging.campaigns.run import Runner
from storage.base import utc_now


class CampaignServices:
    """The services for campaigns."""

    def __init__(self, core: Core, providers: Providers, people: PeopleServices) -> None:
        self._core, self._providers, self._people, self.lock = core, providers, people, core.lock

    def new_runner(self) -> Runner:
        """Return what runs the campaigns whose lease it gets. Close it."""
        database, channels, observer = self._core.database, self._providers.channels, self._people.observer
        holder, ceilings = process_name(), self._core.daily_ceilings
        return Runner(
            database,
            Claimer(
                database,
                channels,
                ceilings,
                observer=observer,
                returning=self._core.returning,
                hours=Hours(self._core.profile.campaigns, self._core.profile.time_zone),
                holder=holder,
                clock=utc_now,
            ),
            Dispatcher(database, ceilings, observer=observer, clock=utc_now),
            Doubts(database, channels, ceilings, observer=observer, clock=utc_now),
            holder=holder,
            # Without an address for receipts there is no news of the first messages to wait for
            probe_s=PATIENCE_S if self._core.settings.webhook_url else 0,
        )

    @property
    def loop(self) -> Loop:
        """A loop that runs campaigns."""
        runner = self.new_runner()
        return Loop("campaigns", self._core.closed_at_end(runner, runner.close).round)
