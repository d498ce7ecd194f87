"""Shows people that an answer is being written."""

import threading

import structlog

from integrations.errors import IntegrationError
from messaging.providers.base import Channels, Provider
from storage.queries.contacts import Recipient

log = structlog.get_logger()

MOST_AT_ONCE = 50
"""Typing is shown for so many at once; should the provider hang, no further one waits for it."""


class TypingIndicator:
    """Shows it in the background; failures are ignored."""

    def __init__(self, channels: Channels) -> None:
        self._channels, self._free = channels, threading.BoundedSemaphore(MOST_AT_ONCE)

    def show(self, recipient: Recipient, sid: str) -> None:
        """Show that an answer to a message is being written. sid: the message's."""
        provider = self._channels.of(recipient)
        if provider is not None and self._free.acquire(blocking=False):
            threading.Thread(target=self._show, args=(provider, sid), name="typing", daemon=True).start()

    def _show(self, provider: Provider, sid: str) -> None:
        try:
            provider.show_typing(sid)
        except IntegrationError as error:
            log.info("typing_not_shown", code=error.code)
        finally:
            self._free.release()
