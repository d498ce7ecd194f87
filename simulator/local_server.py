"""The phone and the WhatsApp of this installation: known to its own server, and to no other."""

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from settings import SIMULATOR_ACCOUNT_SID, Settings
from simulator.twilio.journal import Event
from simulator.twilio.phone import Phone
from simulator.whatsapp.api import MessagingApi
from simulator.whatsapp.client import Event as MessageEvent
from simulator.whatsapp.client import WhatsApp

PERSON = "+34600000001"
ASSISTANT = "+12025550100"
TALK_S = 5.0
"""How long a transferred call talks here: nobody wants to wait for it."""


def local_phone(
    settings: Settings,
    auth_token: str,
    *,
    url: str,
    number: str | None = None,
    to: str | None = None,
    realtime: bool = True,
    reaction_s: float = 0.0,
    transfer: str = "completed",
    listener: Callable[[Event], None] | None = None,
) -> Phone:
    """Return a phone that the server lets in.

    auth_token: the secret that the server knows the simulator by. url: where the server is reached on this machine.
    number: the person's; to: the assistant's. transfer: what comes of one. The rest is Phone's.
    """
    return Phone(
        url,
        account_sid=SIMULATOR_ACCOUNT_SID,
        auth_token=auth_token,
        public_url=settings.webhook_url,
        from_number=number or PERSON,
        to_number=to or settings.twilio_phone_number or ASSISTANT,
        realtime=realtime,
        status_callback="/status",
        dial_outcome=transfer,
        dial_talk_s=TALK_S,
        reaction_s=reaction_s,
        listener=listener,
    )


def local_whatsapp(
    settings: Settings,
    auth_token: str,
    *,
    url: str,
    number: str | None = None,
    to: str | None = None,
    profile_name: str = "Ana",
    api: MessagingApi | None = None,
    listener: Callable[[MessageEvent], None] | None = None,
) -> WhatsApp:
    """Return a WhatsApp that the server lets in. Arguments as local_phone and WhatsApp have them."""
    return WhatsApp(
        url,
        account_sid=SIMULATOR_ACCOUNT_SID,
        auth_token=auth_token,
        public_url=settings.webhook_url,
        number=number or PERSON,
        to=to or settings.twilio_phone_number or ASSISTANT,
        profile_name=profile_name,
        api=api,
        listener=listener,
    )


def server_url(settings: Settings) -> str:
    """Return where this machine's server is: on the port that ./start.sh wrote down, else on PORT."""
    try:
        port = int((settings.data_dir / "port").read_text())
    except (OSError, ValueError):
        port = settings.port
    return f"http://127.0.0.1:{port}"


def is_reachable(url: str) -> bool:
    """Say whether somebody listens at a URL's host and port."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=3).close()
    except OSError:
        return False
    return True
