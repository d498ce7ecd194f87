"""Follows a message sent from the terminal until its outcome is known."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cli.console import Terminal
from cli.exit_codes import ExitCode
from cli.following import Interruption, Watch
from cli.whatsapp.log import meanings, status_word
from cli.whatsapp.options import Draft
from messaging.providers.base import TWILIO, Provider
from storage.database import Database
from storage.models import MessageStatus
from storage.queries import messages, outgoing
from storage.queries.contacts import Recipient
from storage.queries.messages import MessageRecord
from translations import lazy_gettext as _

ENDS = frozenset(
    {MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.UNDELIVERED, MessageStatus.FAILED}
)
"""The final statuses. A delivered message may still be read later."""


@dataclass(frozen=True, slots=True)
class PendingMessage:
    """A stored message, and its provider."""

    message: MessageRecord
    draft: Draft
    recipient: Recipient
    provider: Provider


class Follower:
    """Follows messages by the database, and by the provider's API if it has one for this.

    interruption: ends it early. poll_s: seconds between two queries. patience_s: the longest time for one message, in
    seconds.
    """

    def __init__(
        self,
        database: Database,
        terminal: Terminal,
        interruption: Interruption,
        *,
        poll_s: float,
        patience_s: float,
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._terminal, self._interruption = database, terminal, interruption
        self._poll_s, self._patience_s, self._clock = poll_s, patience_s, clock

    def follow(self, pending: PendingMessage, sid: str) -> ExitCode:
        """Follow a sent message, and return the exit code. Raises IntegrationError if it cannot be queried."""
        deadline = time.monotonic() + self._patience_s
        watch = Watch[MessageRecord](
            self._terminal, self._interruption, pending.provider.title,
            word=lambda message: status_word(self._terminal, message.status), poll_s=self._poll_s,
        )  # fmt: skip

        def is_over(message: MessageRecord) -> bool:
            return message.status in ENDS or self._interruption.noted or time.monotonic() >= deadline

        with watch:
            message = watch.follow(
                self._kept(pending),
                lambda message: self._look(watch, pending, sid),
                is_over=is_over,
                interrupted=lambda message: message,
            )
        if self._interruption.noted and message.status not in ENDS:
            return ExitCode.INTERRUPTED
        return self._outcome(message, pending.provider)

    def _look(self, watch: Watch[MessageRecord], pending: PendingMessage, sid: str) -> MessageRecord:
        """Return the stored message; first ask the provider for its status unless it is final."""
        message = self._kept(pending)
        if message.status in ENDS:
            return message  # known from a receipt
        sent = watch.ask(lambda: pending.provider.fetch(sid))
        if sent is None or sent.status is message.status:
            return message
        with self._database.write() as connection:
            outgoing.receipt(connection, sent.status, sent.error_code, self._clock(), message_id=message.id)
        return self._kept(pending)

    def _kept(self, pending: PendingMessage) -> MessageRecord:
        with self._database.read() as connection:
            (message,) = messages.by_ids(connection, [pending.message.id])
        return message

    def _outcome(self, message: MessageRecord, provider: Provider) -> ExitCode:
        if message.status in (MessageStatus.FAILED, MessageStatus.UNDELIVERED):
            self._tell_why(message.error_code, provider)
            return ExitCode.NOT_COMPLETED
        if message.status not in ENDS:
            self._terminal.say(
                _(
                    "It is on its way, and is waited for no longer ({patience_s:.0f} s): the phone may "
                    "be off{or_untold}."
                ).format(patience_s=self._patience_s, or_untold=self._or_untold(provider)),
            )
        return ExitCode.COMPLETED

    def _or_untold(self, provider: Provider) -> str:
        if provider.name == TWILIO:
            return ""
        return self._terminal.translate(
            _(", or the receipts of {title} not come, which its webhook brings").format(title=provider.title),
        )

    def _tell_why(self, code: int | None, provider: Provider) -> None:
        for line in meanings(self._terminal, [code], provider.name):
            self._terminal.complain(line)
        if code is None:
            self._terminal.complain(
                _("It failed, and {title} does not say why.").format(title=provider.title),
            )
