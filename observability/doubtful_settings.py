"""Describes settings that can be right, and mostly are not, in one sentence each."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from common.ip_addresses import address_in, includes_loopback, is_loopback
from integrations.openai.address import server_address
from observability.settings_errors import misspelt_sentence
from settings import ROOT, Settings, misspelt_names
from settings.checks import unread_lines
from translations import Message, lazy_gettext

_UNREAD = lazy_gettext(
    "Line {line} of .env is ignored: it must be NAME=value, with quotes around several words."
)
_THIS_MACHINE = lazy_gettext(
    "WEBHOOK_URL is an address of this machine alone, where Twilio cannot reach it: set the public one, such as a "
    "tunnel's, or a # before the line."
)
_THIS_NETWORK = lazy_gettext(
    "WEBHOOK_URL is an address of your own network, where Twilio cannot reach it: set the public one, such as a "
    "tunnel's."
)
_NOT_ENCRYPTED = lazy_gettext(
    "WEBHOOK_URL begins with http://, so what people say travels unencrypted: tunnels and hosts give https:// as well."
)
_WITH_PATH = lazy_gettext(
    "WEBHOOK_URL has the path {path}: that is right only where a proxy takes it away before this server. Most often "
    "the address alone is meant."
)
_ONE_NETWORK = lazy_gettext(
    "HOST={host} leaves out 127.0.0.1: the simulated phone and WhatsApp are refused, and so is all that this machine "
    "alone may do. Set HOST=0.0.0.0 to be reached at both."
)
_NO_VERSION = lazy_gettext(
    "OPENAI_BASE_URL names no version, such as /v1, in its path: the model is asked there as it stands. If each answer "
    "fails, complete it as the server's manual says."
)


def doubts_here(settings: Settings) -> list[Message]:
    """Return a sentence for each, of this installation's environment and its .env too."""
    return doubts(settings, misspelt_names(), unread_lines(ROOT / ".env"))


def doubts(settings: Settings, misspelt: Mapping[str, str], unread: Sequence[int]) -> list[Message]:
    """Return a sentence for each.

    misspelt: names that are no setting, with the settings that they resemble. unread: lines of .env that are ignored.
    """
    return [
        *(_UNREAD.format(line=line) for line in unread),
        *(misspelt_sentence(name, near) for name, near in misspelt.items()),
        *_of_the_url(settings.webhook_url),
        *([] if includes_loopback(settings.host) else [_ONE_NETWORK.format(host=settings.host)]),
        *([] if server_address(settings.openai_base_url).is_certain else [_NO_VERSION]),
    ]


def _of_the_url(url: str | None) -> Iterator[Message]:
    parts = urlsplit(url or "")
    host, address = parts.hostname or "", address_in(parts.hostname or "")
    if not host:
        return
    if is_loopback(host):
        yield _THIS_MACHINE
    elif address is not None and not address.is_global:
        yield _THIS_NETWORK
    elif parts.scheme == "http":
        yield _NOT_ENCRYPTED
    if parts.path.strip("/"):
        yield _WITH_PATH.format(path=parts.path)
