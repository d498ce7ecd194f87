"""The parts that do what operators ask for at the dashboard, put together from the settings."""

from collections.abc import Callable
from datetime import timedelta

from chatwoot_parts import chatwoot_mirror
from conversation.manager import ConversationManager
from conversation.observers import Mirror, People
from conversation.profiles.profile import Profile
from dashboard.actions import Crew, House, Operators, Writer
from integrations.twilio.calls import TwilioRest
from integrations.twilio.messages import TwilioMessages
from ivr.call_closing import CallBooks
from ivr.call_control import CallDesk
from jobs.queue import Work
from messaging.outbox import Outbox
from messaging.providers.base import TWILIO, Channels, Provider
from messaging.providers.twilio import TwilioProvider
from messaging.whatsapp_markdown import whatsapp_messages
from settings import SIMULATOR_ACCOUNT_SID, Settings
from simulator.local_server import server_url
from storage.database import Database
from storage.queries.contacts import Recipient
from storage.reports import browser_outbox

_HOUSES = {
    "es": ("el panel", "Una persona la lleva desde el panel.", "El panel la ha devuelto al asistente."),
    "en": (
        "the dashboard",
        "A person has it, at the dashboard.",
        "The dashboard has given it back to the assistant.",
    ),
}
"""How whoever sits there is called in what is kept, and what operators elsewhere are told."""


def operators(
    settings: Settings,
    profile: Profile,
    database: Database,
    *,
    phone: ConversationManager,
    written: ConversationManager,
    writer: Writer,
    people: People,
    mirror: Mirror,
) -> Operators:
    """Return what does as operators ask. phone, written: who answers calls, and messages."""
    work = Work(database)
    calls = CallDesk(
        twilio_rest(settings),
        phone,
        database,
        CallBooks(database, work, mirror),
        human_number=settings.human_phone_number,
        public_url=settings.webhook_url,
    )
    crew = Crew(
        writer=writer,
        people=people,
        mirror=mirror,
        calls=calls,
        notes=chatwoot_mirror(settings, work),
        fit=whatsapp_messages,
        stop=written.stop,
    )
    name, taken, given_back = _HOUSES["es" if profile.language.startswith("es") else "en"]
    house = House(name, taken, given_back, silent_for=timedelta(hours=settings.human_resume_h))
    return Operators(database, crew, house)


def twilio_rest(settings: Settings) -> TwilioRest | None:
    """Return what changes calls that go on; None without credentials."""
    credentials = settings.twilio_credentials
    return TwilioRest(*credentials, api_url=settings.twilio_api_url, total_s=8) if credentials else None


class BrowserPost:
    """Sends what people of the simulator's are written by itself, as anything is sent, to their browsers' REST API."""

    def __init__(self, settings: Settings, database: Database, auth_token: Callable[[], str]) -> None:
        self._settings, self._database, self._auth_token = settings, database, auth_token

    def bring(self, number: str, api_url: str) -> None:
        """Send what waits for a person, where anything does. number: E.164. Raises IntegrationError."""
        with self._database.read() as connection:
            conversation_id = browser_outbox.waits_for(connection, number)
        if conversation_id is not None:
            channels = _BrowserChannels({TWILIO: self._channel(api_url)})
            Outbox(self._database, Work(self._database), channels).send({"conversation_id": conversation_id})

    def _channel(self, api_url: str) -> TwilioProvider:
        rest = TwilioMessages(SIMULATOR_ACCOUNT_SID, self._auth_token(), api_url=api_url)
        receipts_to = self._settings.webhook_url or server_url(self._settings)
        return TwilioProvider(rest, sender=None, template_sid=None, public_url=receipts_to)


class _BrowserChannels(Channels):
    """Carries messages to the simulator's people, whom no provider knows."""

    def of(self, recipient: Recipient) -> Provider | None:
        return self.providers[TWILIO] if recipient.simulated else None
