"""Builds the services that run campaigns."""

from common.loops import Loop
from common.process_name import process_name
from container.core import Core
from container.people import PeopleServices
from container.providers import Providers
from container.service import service
from ivr.twiml import OVERRIDES
from messaging.campaigns.carrier import Carrier
from messaging.campaigns.claims import Claimer
from messaging.campaigns.control import Desk
from messaging.campaigns.costs.billing import Billing
from messaging.campaigns.desk.message_trials import MessageTrials
from messaging.campaigns.desk.new_lists import NewLists
from messaging.campaigns.desk.trying import Trying
from messaging.campaigns.desk.waits import Waits
from messaging.campaigns.dispatch import Dispatcher
from messaging.campaigns.doubts import Doubts
from messaging.campaigns.files.drafting import Drafting
from messaging.campaigns.files.form_checks import FormChecks
from messaging.campaigns.files.lists import CallGreeting
from messaging.campaigns.files.long_lists import LongLists
from messaging.campaigns.hours import Hours
from messaging.campaigns.list_changes import ListChanges
from messaging.campaigns.probe import PATIENCE_S
from messaging.campaigns.run import Runner
from messaging.campaigns.templates import TemplateDesk
from messaging.campaigns.voice.claims import CallClaimer
from messaging.campaigns.voice.dispatch import CallDispatcher
from messaging.campaigns.voice.doubts import CallDoubts
from messaging.campaigns.voice.exchange import CallUrls, Exchange
from messaging.campaigns.voice.trial import Trials
from phone_numbers import region_of
from storage.base import utc_now
from storage.models import CampaignChannel


class CampaignServices:
    """The services for campaigns."""

    def __init__(self, core: Core, providers: Providers, people: PeopleServices) -> None:
        self._core, self._providers, self._people, self.lock = core, providers, people, core.lock

    @service
    def templates(self) -> TemplateDesk:
        """Asks for campaigns' templates."""
        return TemplateDesk(lambda: self._providers.templates)

    @service
    def drafting(self) -> Drafting:
        """Makes campaigns of lists."""
        database, profile = self._core.database, self._core.profile
        checks = FormChecks(database, self.templates, lambda: self.missing_for_calls)
        return Drafting(database, profile.language, profile.time_zone, checks, self.greeting, self.prices)

    @property
    def greeting(self) -> CallGreeting:
        """How calls begin."""
        profile = self._core.profile
        return CallGreeting(profile.phrases.who_calls, profile.greeting_outbound)

    @service
    def long_lists(self) -> LongLists:
        """Makes campaigns of long lists."""
        return LongLists(self._core.database, self._core.work, self.drafting)

    def new_runner(self) -> Runner:
        """Return what runs the campaigns whose lease it gets. Close it."""
        database, channels, observer = self._core.database, self._providers.channels, self._people.observer
        holder, ceilings = process_name(), self._core.daily_ceilings
        claimer = Claimer(
            database,
            channels,
            ceilings,
            observer=observer,
            returning=self._core.returning,
            hours=self._hours,
            holder=holder,
            clock=utc_now,
        )
        carriers = {
            CampaignChannel.WHATSAPP.value: Carrier(
                claimer,
                Dispatcher(database, ceilings, observer=observer, clock=utc_now),
                Doubts(database, channels, ceilings, observer=observer, clock=utc_now),
            )
        }
        if (calls := self._calls(holder)) is not None:
            carriers[CampaignChannel.VOICE.value] = calls
        return Runner(
            database,
            carriers,
            holder=holder,
            # Without an address for receipts there is no news of the first messages to wait for
            probe_s=PATIENCE_S if self._core.settings.webhook_url else 0,
        )

    @service
    def billing(self) -> Billing | None:
        """Notes what messages and calls have cost; None without Twilio's credentials."""
        rest = self._providers.twilio_prices
        return None if rest is None else Billing(self._core.database, rest)

    @property
    def prices(self) -> dict[str, float | None]:
        """What a message and a call cost, by channel, where it is set: the defaults are for ceilings alone."""
        settings = self._core.settings
        given = settings.model_fields_set
        return {
            CampaignChannel.WHATSAPP.value: settings.message_price if "message_price" in given else None,
            CampaignChannel.VOICE.value: settings.call_price if "call_price" in given else None,
        }

    @property
    def missing_for_calls(self) -> list[str]:
        """The settings without which nobody is called."""
        settings = self._core.settings
        needed = {
            "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
            "TWILIO_AUTH_TOKEN": settings.twilio_auth_tokens,
            "TWILIO_PHONE_NUMBER": settings.twilio_phone_number,
            "WEBHOOK_URL": settings.webhook_url,
        }
        return [name for name, value in needed.items() if not value]

    @property
    def _hours(self) -> Hours:
        return Hours(self._core.profile.campaigns, self._core.profile.time_zone)

    @property
    def trials(self) -> Trials | None:
        """Places calls to try campaigns; None where settings are missing."""
        exchange = self._exchange
        return None if exchange is None else Trials(self._core.database, exchange, self._core.daily_ceilings)

    @service
    def desk(self) -> Desk:
        """What operators do with campaigns at the dashboard."""
        core, profile = self._core, self._core.profile
        messages = MessageTrials(
            core.database, lambda: self._providers.channels, core.daily_ceilings, self._people.observer
        )
        region = region_of(profile.language)
        return Desk(
            Waits(core.daily_ceilings, profile.campaigns, profile.time_zone),
            Trying(messages, lambda: self.trials, profile.time_zone, region),
            NewLists(
                ListChanges(core.database, self._people.observer),
                self.templates,
                profile.language,
                profile.time_zone,
                self.greeting,
            ),
        )

    @property
    def _exchange(self) -> Exchange | None:
        """What calls are placed with; None where settings are missing."""
        settings, rest = self._core.settings, self._providers.twilio_dialing
        number, base = settings.twilio_phone_number, settings.webhook_url
        if rest is None or not number or not base:
            return None
        return Exchange(
            rest,
            number,
            lambda mark: _urls(base, mark),
            per_second=settings.calls_per_second,
            at_once=settings.calls_at_once,
        )

    def _calls(self, holder: str) -> Carrier | None:
        """Return what places calls; None where settings are missing."""
        exchange = self._exchange
        if exchange is None:
            return None
        database, ceilings = self._core.database, self._core.daily_ceilings
        return Carrier(
            CallClaimer(
                database,
                exchange,
                ceilings,
                returning=self._core.returning,
                hours=self._hours,
                holder=holder,
                clock=utc_now,
            ),
            CallDispatcher(database, exchange, ceilings, clock=utc_now),
            CallDoubts(database, exchange, ceilings, clock=utc_now),
            is_probed=False,
        )

    @property
    def loop(self) -> Loop:
        """A loop that runs campaigns."""
        runner = self.new_runner()
        return Loop("campaigns", self._core.closed_at_end(runner, runner.close).round)


def _urls(base: str, mark: str) -> CallUrls:
    """Return where Twilio asks and tells about the call of a mark."""
    query = f"?campaign={mark}{OVERRIDES}"
    return CallUrls(
        answer=f"{base}/voice{query}",
        fallback=f"{base}/voice/fallback{query}",
        status=f"{base}/status{query}",
        machine=f"{base}/voice/answered-by{query}",
    )
