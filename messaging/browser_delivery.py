"""Delivers messages to simulated contacts whose WhatsApp is open in a browser."""

from collections.abc import Callable

from integrations.twilio.messages import TwilioMessages
from jobs.queue import Work
from messaging.providers.base import TWILIO, Channels, Provider
from messaging.providers.twilio import TwilioProvider
from messaging.sending.delivery import Delivery
from messaging.sending.outbox import Outbox
from messaging.sending.sender import Sender
from settings import SIMULATOR_ACCOUNT_SID
from storage.database import Database
from storage.queries.contacts import Recipient
from storage.reports import browser_outbox


class BrowserDelivery:
    """Delivers pending messages through the REST API of a browser's WhatsApp.

    auth_token: the simulator's secret. receipts_to: the base of the URL for receipts.
    """

    def __init__(
        self,
        database: Database,
        work: Work,
        auth_token: Callable[[], str],
        *,
        receipts_to: Callable[[], str],
    ) -> None:
        self._database, self._work = database, work
        self._auth_token, self._receipts_to = auth_token, receipts_to

    def deliver(self, number: str, api_url: str) -> None:
        """Deliver a contact's pending messages. number: E.164. Raises IntegrationError."""
        with self._database.read() as connection:
            conversation_id = browser_outbox.waits_for(connection, number)
        if conversation_id is not None:
            channels = _BrowserChannels({TWILIO: self._channel(api_url)})
            outbox = Outbox(self._database, self._work, channels)
            sender = Sender(self._database, outbox, channels, Delivery(self._database))
            sender.send({"conversation_id": conversation_id})

    def _channel(self, api_url: str) -> TwilioProvider:
        rest = TwilioMessages(SIMULATOR_ACCOUNT_SID, self._auth_token(), api_url=api_url)
        return TwilioProvider(rest, sender=None, template_sid=None, public_url=self._receipts_to())


class _BrowserChannels(Channels):
    """Carries messages to the simulator's people, whom no provider knows."""

    def of(self, recipient: Recipient) -> Provider | None:
        return self.providers[TWILIO] if recipient.simulated else None
