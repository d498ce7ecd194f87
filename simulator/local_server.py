"""The phone and the WhatsApp of this installation: known to its own server, and to no other."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from settings import SIMULATOR_ACCOUNT_SID
from simulator.twilio.account import Account, NumberConfig
from simulator.twilio.clock import RealClock
from simulator.twilio.journal import Event
from simulator.twilio.phone import WEBHOOK as VOICE_WEBHOOK
from simulator.twilio.phone import Phone
from simulator.twilio.status_callbacks import StatusWishes
from simulator.twilio.twiml_interpreter import Behaviour
from simulator.whatsapp.api import MessagingApi
from simulator.whatsapp.client import WEBHOOK as WHATSAPP_WEBHOOK
from simulator.whatsapp.client import Event as MessageEvent
from simulator.whatsapp.client import Profile, WhatsApp

PERSON = "+34600000001"
ASSISTANT = "+12025550100"
TALK_S = 5.0
"""Seconds of a transferred call's conversation: short, so that nobody waits for it."""


@dataclass(frozen=True, kw_only=True)
class LocalServer:
    """Connects simulators to this installation's server on this machine.

    auth_token: the secret that the server knows the simulator by. public_url: what webhooks are signed for; None:
    where they go. assistant: its number. port: where it is; port_file: where ./start.sh wrote another down.
    """

    auth_token: Callable[[], str]
    public_url: str | None
    assistant: str | None
    port: int
    port_file: Path

    @property
    def url(self) -> str:
        """Return the server's URL: on the recorded port, else on the default one."""
        try:
            port = int(self.port_file.read_text())
        except (OSError, ValueError):
            port = self.port
        return f"http://127.0.0.1:{port}"

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

        url: where the server is reached on this machine. number: the person's; to: the assistant's. transfer: what
        comes of one. The rest is Phone's.
        """
        return Phone(
            url,
            self._account,
            number=self._number(VOICE_WEBHOOK, to, "/status"),
            from_number=number or PERSON,
            behaviour=Behaviour(reaction_s=reaction_s, dial_outcome=transfer, dial_talk_s=TALK_S),
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
        """Return a WhatsApp with valid credentials. Arguments as `phone` and WhatsApp have them."""
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
        number, status = to or self.assistant or ASSISTANT, StatusWishes(status_callback)
        return NumberConfig(webhook, number=number, public_url=self.public_url, status=status)


def is_reachable(url: str) -> bool:
    """Say whether somebody listens at a URL's host and port."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=3).close()
    except OSError:
        return False
    return True
