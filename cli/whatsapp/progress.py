"""Follows a message sent from the terminal until its outcome is known."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from rich.status import Status

from cli.call_progress import Interruption
from cli.console import Terminal
from cli.exit_codes import ExitCode
from cli.whatsapp.log import meanings, status_word
from cli.whatsapp.options import Draft
from cli.whatsapp.providers import Carrier
from integrations.errors import IntegrationError
from messaging.providers.base import TWILIO
from storage.database import Database
from storage.models import MessageStatus
from storage.queries import messages, outgoing
from storage.queries.contacts import Recipient
from storage.queries.messages import MessageRecord
from translations import lazy_gettext as _

ENDS = frozenset(
    {MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.UNDELIVERED, MessageStatus.FAILED}
)
"""The statuses at which following ends. A delivered message may still be read, tomorrow."""


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message that was kept. to: E.164, as its provider writes it."""

    message: MessageRecord
    draft: Draft
    recipient: Recipient
    to: str
    carrier: Carrier


class Follower:
    """Follows messages, through the database and through providers that can be queried.

    interruption: ends it early. poll_s: seconds between two queries. patience_s: the longest that a message
    is followed.
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
        self._failing = False

    def follow(self, outgoing_message: OutgoingMessage, sid: str) -> ExitCode:
        """Follow a message that its provider has. Raises IntegrationError where it cannot be looked at."""
        message = self._kept(outgoing_message)
        deadline = time.monotonic() + self._patience_s
        with self._terminal.console.status("") as status:
            progress = Progress(self._terminal, status)
            progress.show(message.status)
            while message.status not in ENDS and time.monotonic() < deadline:
                if self._interruption.within(self._poll_s):
                    return ExitCode.INTERRUPTED
                message = self._look(outgoing_message, sid)
                progress.show(message.status)
        return self._outcome(message, outgoing_message.carrier)

    def _look(self, outgoing_message: OutgoingMessage, sid: str) -> MessageRecord:
        """Return the message as our books have it, after asking the provider where they do not know its end."""
        message = self._kept(outgoing_message)
        if message.status in ENDS:
            return message  # by webhook
        try:
            taken = outgoing_message.carrier.fetch(sid)
        except IntegrationError as error:
            self._bear(error, outgoing_message.carrier)
            return message
        self._failing = False
        if taken is not None and taken.status is not None and taken.status is not message.status:
            with self._database.write() as connection:
                outgoing.receipt(
                    connection, taken.status, taken.error_code, self._clock(), message_id=message.id
                )
        return self._kept(outgoing_message)

    def _kept(self, outgoing_message: OutgoingMessage) -> MessageRecord:
        with self._database.read() as connection:
            (message,) = messages.by_ids(connection, [outgoing_message.message.id])
        return message

    def _bear(self, error: IntegrationError, carrier: Carrier) -> None:
        if error.permanent:
            raise error
        if not self._failing:
            self._terminal.say(
                _("{title} does not answer for now ({error}); still trying.").format(
                    title=carrier.title, error=error
                ),
            )
        self._failing = True

    def _outcome(self, message: MessageRecord, carrier: Carrier) -> ExitCode:
        if message.status in (MessageStatus.FAILED, MessageStatus.UNDELIVERED):
            self._tell_why(message.error_code, carrier)
            return ExitCode.NOT_COMPLETED
        if message.status not in ENDS:
            self._terminal.say(
                _(
                    "It is on its way, and is waited for no longer ({patience_s:.0f} s): the phone may "
                    "be off{or_untold}."
                ).format(patience_s=self._patience_s, or_untold=self._or_untold(carrier)),
            )
        return ExitCode.COMPLETED

    def _or_untold(self, carrier: Carrier) -> str:
        if carrier.name == TWILIO:
            return ""
        return self._terminal.translate(
            _(", or the receipts of {title} not come, which its webhook brings").format(title=carrier.title),
        )

    def _tell_why(self, code: int | None, carrier: Carrier) -> None:
        for line in meanings(self._terminal, [code], carrier.name):
            self._terminal.complain(line)
        if code is None:
            self._terminal.complain(
                _("It failed, and {title} does not say why.").format(title=carrier.title),
            )


def explain(terminal: Terminal, error: IntegrationError, carrier: Carrier) -> ExitCode:
    """Print what a provider said and what to do about it; return the exit code for it."""
    code = f" [{error.code}]" if error.code is not None else ""
    advice = carrier.what_to_do(error.code, terminal.language)
    said = f"{advice}\n  {error}{code}"
    if advice:
        terminal.complain(said)
    else:
        terminal.complain(
            _("{title} says: {error}{code}").format(title=carrier.title, error=error, code=code)
        )
    return ExitCode.REFUSED if error.permanent else ExitCode.UNREACHABLE


class Progress:
    """Shows a message: a line that stays for each new status, and on a terminal one that is alive."""

    def __init__(self, terminal: Terminal, status: Status) -> None:
        self._terminal = terminal
        self._status = status
        self._began = time.monotonic()
        self._shown: MessageStatus | None = None

    def show(self, status: MessageStatus) -> None:
        """Show what became of the message by now."""
        seconds = int(time.monotonic() - self._began)
        line = f"  {seconds // 60}:{seconds % 60:02}  {status_word(self._terminal, status)}"
        if status is not self._shown:
            self._terminal.console.print(line)
            self._shown = status
        self._status.update(line)
