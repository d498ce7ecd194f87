"""Makes simulated phones and WhatsApp clients with this installation's credentials."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from common.ip_addresses import LOOPBACK, in_url, reached_at
from settings import SIMULATOR_ACCOUNT_SID
from simulator.twilio.account import Account, NumberConfig
from simulator.twilio.clock import RealClock
from simulator.twilio.journal import Event
from simulator.twilio.phone import WEBHOOK as VOICE_WEBHOOK
from simulator.twilio.phone import Phone
from simulator.twilio.status_callbacks import StatusConfig
from simulator.twilio.twiml_interpreter import Behaviour
from simulator.whatsapp.api import MessagingApi
from simulator.whatsapp.client import WEBHOOK as WHATSAPP_WEBHOOK
from simulator.whatsapp.client import Event as MessageEvent
from simulator.whatsapp.client import Profile, WhatsApp

PERSON = "+34600000001"
ASSISTANT = "+12025550100"
CONVERSATION_S = 5.0
"""The length of a transferred call's conversation, in seconds: short, to keep the wait short."""


@dataclass(frozen=True, kw_only=True)
class LocalServer:
    """Connects simulators to this installation's server on this machine.

    auth_token: the simulator's secret. public_url: the base of the signed URLs; None: the URL of the request.
    assistant: its number. port: the default port. port_file: the file in which ./start.sh records another port.
    host: the one that the server listens on.
    """

    auth_token: Callable[[], str]
    public_url: str | None
    assistant: str | None
    port: int
    port_file: Path
    host: str = LOOPBACK

    @property
    def url(self) -> str:
        """Return the server's URL, with the recorded port or the default one."""
        try:
            port = int(self.port_file.read_text())
        except (OSError, ValueError):
            port = self.port
        return f"http://{in_url(reached_at(self.host))}:{port}"

    def phone(
        self,
        url: str,
        *,
        number: str | None = None,
        to: str | None = None,
        realtime: bool = True,
        reaction_s: float = 0.0,
        transfer: str = "completed",
        listener: Callable[[Event], None] | None = None,
    ) -> Phone:
        """Return a phone with valid credentials for the server.

        url: the server's on this machine. number: the person's. to: the assistant's. transfer: the outcome of a
        transfer, as a DialCallStatus. The other arguments are those of Phone.
        """
        return Phone(
            url,
            self._account,
            number=replace(self._number(VOICE_WEBHOOK, to, "/status"), fallback_url="/voice/fallback"),
            from_number=number or PERSON,
            behaviour=Behaviour(
                reaction_s=reaction_s, dial_outcome=transfer, dial_conversation_s=CONVERSATION_S
            ),
            clock=RealClock() if realtime else None,
            listener=listener,
        )

    def whatsapp(
        self,
        url: str,
        *,
        number: str | None = None,
        to: str | None = None,
        profile_name: str = "Ana",
        api: MessagingApi | None = None,
        listener: Callable[[MessageEvent], None] | None = None,
    ) -> WhatsApp:
        """Return a WhatsApp client with valid credentials. Arguments: as in `phone` and WhatsApp."""
        return WhatsApp(
            url,
            self._account,
            profile=Profile(number or PERSON, profile_name),
            number=self._number(WHATSAPP_WEBHOOK, to),
            api=api,
            listener=listener,
        )

    @property
    def _account(self) -> Account:
        return Account(SIMULATOR_ACCOUNT_SID, self.auth_token())

    def _number(self, webhook: str, to: str | None, status_callback: str | None = None) -> NumberConfig:
        number, status = to or self.assistant or ASSISTANT, StatusConfig(status_callback)
        return NumberConfig(webhook, number=number, public_url=self.public_url, status=status)


def is_reachable(url: str) -> bool:
    """Return True if a server listens at the URL's host and port."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=3).close()
    except OSError:
        return False
    return True
