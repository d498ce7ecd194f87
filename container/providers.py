"""Builds the clients of external APIs; each is None if its settings are missing."""

from container.core import Core
from container.service import service
from integrations.chatwoot.client import Chatwoot
from integrations.crm.client import CrmWebhook
from integrations.dialog360.client import Dialog360
from integrations.openai.transcription import OpenAITranscriber
from integrations.twilio.calls import TwilioRest
from integrations.twilio.content import TwilioContent
from integrations.twilio.hosts import Region
from integrations.twilio.media import TwilioMedia
from integrations.twilio.messages import TwilioMessages
from integrations.twilio.prices import TwilioPrices
from integrations.twilio.setup import TwilioSetup
from messaging.files.photos import Downloads
from messaging.providers.base import DIALOG360, TWILIO, Channels, Provider, Template
from messaging.providers.dialog360 import Dialog360Provider
from messaging.providers.templates import Templates
from messaging.providers.twilio import TwilioProvider
from people.handoff.api import WAIT_S as PROMPT_S
from people.helpdesk.read_receipts import receipts_fact
from settings import SIMULATOR_ACCOUNT_SID

PATIENT_S = 10.0
"""Seconds for a whole request outside webhooks."""
LIST_S = 30.0
"""The same for a page of a thousand messages, which nobody waits for."""
EXAMINED_S = 6.0
"""The same where a setup is examined, by several requests one after another within half a minute."""


class Providers:
    """The clients of external APIs, and the providers of messages."""

    def __init__(self, core: Core) -> None:
        self._core, self._settings, self.lock = core, core.settings, core.lock

    @service
    def twilio_calls(self) -> TwilioRest | None:
        """Twilio's API for calls in progress, with a timeout for pages of the dashboard."""
        return self._twilio_calls(8)

    @service
    def twilio_dialing(self) -> TwilioRest | None:
        """Twilio's API for calls placed from a terminal."""
        return self._twilio_calls(PATIENT_S)

    @service
    def twilio_messages(self) -> TwilioMessages | None:
        """Twilio's API for messages."""
        return self._twilio_messages(PATIENT_S)

    @service
    def twilio_prices(self) -> TwilioPrices | None:
        """Twilio's lists of what messages and calls have cost."""
        account, api_url = self._settings.twilio_credentials, self._settings.twilio_api_url
        return account and TwilioPrices(*account, api_url=api_url, region=self.twilio_region, total_s=LIST_S)

    @service
    def twilio_setups(self) -> list[TwilioSetup]:
        """Twilio's API for how the account is set up, once with each of its tokens, the primary one first."""
        settings, account = self._settings, self._settings.twilio_account_sid
        return [
            TwilioSetup(
                account, token, api_url=settings.twilio_api_url, region=self.twilio_region, total_s=EXAMINED_S
            )
            for token in settings.twilio_auth_tokens
            if account
        ]

    @service
    def dialog360(self) -> Dialog360 | None:
        """360dialog's API."""
        return self._dialog360(PATIENT_S)

    @service
    def chatwoot(self) -> Chatwoot | None:
        """Chatwoot's API."""
        settings = self._settings
        if not (settings.chatwoot_enabled and settings.chatwoot_url and settings.chatwoot_inbox_id):
            return None
        return Chatwoot(
            settings.chatwoot_url,
            inbox_identifier=settings.chatwoot_inbox_id,
            account_id=settings.chatwoot_account_id,
            api_token=settings.chatwoot_api_token,
        )

    @property
    def chatwoot_receipts_fact(self) -> str | None:
        """The name of the stored fact that decides if Chatwoot shows receipts: see people.helpdesk.read_receipts."""
        settings = self._settings
        return receipts_fact(settings.chatwoot_api_token if settings.chatwoot_account_id else None)

    @service
    def crm(self) -> CrmWebhook | None:
        """The webhook of a CRM."""
        url = self._settings.crm_webhook_url
        return CrmWebhook(url, self._settings.crm_webhook_secret) if url else None

    @service
    def transcriber(self) -> OpenAITranscriber | None:
        """Transcribes voice notes."""
        settings = self._settings
        if not settings.has_model:
            return None
        return OpenAITranscriber(
            settings.openai_transcription_model,
            api_key=settings.openai_api_key,
            base_url=settings.openai_base_url,
        )

    @service
    def downloads(self) -> dict[str, Downloads]:
        """The sources of messages' files, by provider."""
        found: dict[str, Downloads] = {}
        if account := self._settings.twilio_credentials:
            found[TWILIO] = TwilioMedia(
                *account, api_url=self._settings.twilio_api_url, region=self.twilio_region
            )
        if self.dialog360 is not None:
            found[DIALOG360] = self.dialog360
        return found

    @service
    def simulated_downloads(self) -> TwilioMedia:
        """The source of simulated messages' files."""
        return TwilioMedia(SIMULATOR_ACCOUNT_SID, self._core.simulator_token, loopback=True)

    @service
    def channels(self) -> Channels:
        """The providers of written messages."""
        return Channels(self._channels(PATIENT_S), prompt=self._channels(PROMPT_S))

    @service
    def templates(self) -> Templates:
        """The templates of the providers' accounts."""
        account, api_url = self._settings.twilio_credentials, self._settings.twilio_api_url
        twilio = account and TwilioContent(
            *account, api_url=api_url, region=self.twilio_region, total_s=PATIENT_S
        )
        return Templates(twilio, self.dialog360)

    @property
    def can_write_first(self) -> bool:
        """True if a message can be sent to a person who has never written."""
        carried = self.channels.providers
        return DIALOG360 in carried or (bool(carried) and self.whatsapp_sender is not None)

    @property
    def whatsapp_sender(self) -> str | None:
        """Our WhatsApp address in Twilio's form."""
        number = self._settings.twilio_whatsapp_number
        return f"whatsapp:{number}" if number else None

    @property
    def twilio_region(self) -> Region | None:
        """The region of Twilio that is asked; None: the United States."""
        name, edge = self._settings.twilio_region, self._settings.twilio_edge
        return Region(name, edge) if name and edge else None

    def _twilio_calls(self, total_s: float) -> TwilioRest | None:
        account, api_url = self._settings.twilio_credentials, self._settings.twilio_api_url
        return account and TwilioRest(*account, api_url=api_url, region=self.twilio_region, total_s=total_s)

    def _twilio_messages(self, total_s: float) -> TwilioMessages | None:
        account, api_url = self._settings.twilio_credentials, self._settings.twilio_api_url
        return account and TwilioMessages(
            *account, api_url=api_url, region=self.twilio_region, timeout_s=min(5, total_s), total_s=total_s
        )

    def _dialog360(self, total_s: float) -> Dialog360 | None:
        key = self._settings.d360_api_key
        return Dialog360(key, api_url=self._settings.d360_api_url, total_s=total_s) if key else None

    def _channels(self, total_s: float) -> dict[str, Provider]:
        settings, found = self._settings, dict[str, Provider]()
        if (rest := self._twilio_messages(total_s)) is not None:
            found[TWILIO] = TwilioProvider(
                rest,
                sender=self.whatsapp_sender,
                template_sid=settings.twilio_template_sid,
                public_url=settings.webhook_url,
            )
        if (dialog360 := self._dialog360(total_s)) is not None:
            setting = settings.d360_template
            found[DIALOG360] = Dialog360Provider(
                dialog360, template=Template.named(setting) if setting else None
            )
        # The first one writes to people who have never written: Twilio only if its number is set
        return found if settings.twilio_whatsapp_number else dict(reversed(found.items()))
