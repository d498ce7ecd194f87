"""Sends a WhatsApp message from the terminal: stores it, sends it, and follows it to its outcome."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from cli.call_options import not_set
from cli.console import Terminal
from cli.daily_ceilings import ceiling_reached
from cli.exit_codes import ExitCode
from cli.following import PATIENCE_S, Interruption, explain
from cli.whatsapp.options import Draft
from cli.whatsapp.progress import Follower, PendingMessage
from cli.whatsapp.providers import WHERE_TO_LOOK, filled_in
from conversation import service_window
from conversation.daily_ceilings import Begun, DailyCeilings, no_ceilings
from conversation.observers import NULL_OBSERVER, ConversationObserver
from integrations.errors import IntegrationError
from messaging.providers.base import TWILIO, OutgoingMessage, Provider, SentMessage, Template
from phone_numbers import ReachAddress
from storage.base import utc_now
from storage.database import Database
from storage.models import MessageStatus
from storage.queries import contacts, messages, outgoing
from storage.queries.contacts import Recipient
from storage.queries.messages import Attachment, MessageRecord
from translations import lazy_gettext as _

CLOCK_SKEW = timedelta(seconds=5)


class Refused(click.ClickException):
    """The message may not be sent: one sentence with the reason, exit code 3."""

    exit_code = ExitCode.REFUSED

    def show(self, file: Any = None) -> None:
        """Print the sentence alone."""
        click.echo(self.message, file=file, err=True)


class Sending:
    """Sends messages from the terminal and follows them.

    ^C (or TERM) ends the following; a sent message stays sent. providers: by name, the first choice first. observer:
    of sent messages. poll_s: seconds between two queries. patience_s: the longest time to follow a message, in seconds.
    """

    def __init__(
        self,
        database: Database,
        terminal: Terminal,
        zone: ZoneInfo,
        providers: Mapping[str, Provider],
        *,
        observer: ConversationObserver = NULL_OBSERVER,
        poll_s: float = 1,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._terminal, self._zone, self._providers = database, terminal, zone, providers
        self._observer, self._clock = observer, clock
        self._ceilings = no_ceilings(zone)
        self._interruption = Interruption()
        self._follower = Follower(
            database, terminal, self._interruption, poll_s=poll_s, patience_s=patience_s, clock=clock
        )

    def send(
        self, number: ReachAddress, draft: Draft, *, wait: bool, ceilings: DailyCeilings | None = None
    ) -> ExitCode:
        """Send a message to an E.164 number. wait: follow it to its outcome. ceilings: of a day; None: there are none.

        Raises Refused, CeilingReachedError and CannotBegin.
        """
        self._ceilings = ceilings or self._ceilings
        with self._interruption:
            try:
                kept = self._keep(number, draft)
            except SQLAlchemyError as error:
                return self._tell_not_kept(error)
            ended = ExitCode.COMPLETED
            for pending in kept:
                if ended is ExitCode.COMPLETED:
                    ended = self._send_one(pending, number, wait=wait)
                else:
                    self._note_failed(pending, None)
            return ended

    def _send_one(self, pending: PendingMessage, number: ReachAddress, *, wait: bool) -> ExitCode:
        try:
            taken = self._send(pending)
            self._note(pending, taken)
            self._tell_sent(taken, number)
            return self._follower.follow(pending, taken.sid) if wait else ExitCode.COMPLETED
        except IntegrationError as error:
            return explain(self._terminal, error, pending.provider.title, pending.provider.what_to_do)
        except SQLAlchemyError as error:
            return self._tell_not_noted(error)
        except KeyboardInterrupt:
            self._tell_unknown(pending.provider)
            return ExitCode.INTERRUPTED

    def _tell_not_kept(self, error: SQLAlchemyError) -> ExitCode:
        self._terminal.complain(
            _("The database could not be written ({name}): nothing was sent. Try again in a moment.").format(
                name=type(error).__name__
            ),
        )
        return ExitCode.NOT_COMPLETED

    def _tell_not_noted(self, error: SQLAlchemyError) -> ExitCode:
        self._terminal.complain(
            _(
                "What happened could not be noted in the database ({name}). The message may be on "
                "its way: look at whatsapp log before you repeat it."
            ).format(name=type(error).__name__),
        )
        return ExitCode.NOT_COMPLETED

    # Storage

    def _keep(self, number: ReachAddress, draft: Draft) -> list[PendingMessage]:
        """Store the messages of the draft, all or none. Raises Refused and CannotBegin."""
        now = self._clock()
        with self._database.write() as connection:
            recipient = contacts.recipient_for(connection, number, now)
            provider = self._provider_of(recipient)
            draft = filled_in(self._terminal, provider, draft, recipient)
            self._require_consent(recipient, number)
            if draft.template is None:
                self._warn_of_window(recipient, number, now)
            parts = draft.parts(provider.longest_caption)
            if self._ceilings.take(connection, Begun.MESSAGE, len(parts), now) < len(parts):
                reached = self._ceilings.reached(connection, Begun.MESSAGE, now)
                raise ceiling_reached(self._terminal, reached, self._zone)
            return [
                PendingMessage(self._kept_part(connection, recipient, part, now), part, recipient, provider)
                for part in parts
            ]

    def _kept_part(
        self, connection: Connection, recipient: Recipient, part: Draft, now: datetime
    ) -> MessageRecord:
        message_id = outgoing.add_outbound(
            connection, recipient.conversation_id, part.kind, part.words, now, MessageStatus.SENDING
        )
        self._observer.message(connection, message_id, now)
        (message,) = messages.by_ids(connection, [message_id])
        return message

    def _provider_of(self, recipient: Recipient) -> Provider:
        """Return the provider of their last message, else the first choice. Raises CannotBegin."""
        if recipient.wrote_at is None:
            return next(iter(self._providers.values()))
        provider = self._providers.get(recipient.provider)
        if provider is None:
            names = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
            raise not_set(self._terminal, *(names if recipient.provider == TWILIO else ("D360_API_KEY",)))
        return provider

    def _require_consent(self, recipient: Recipient, number: str) -> None:
        if recipient.opted_out_at is not None:
            day = f"{recipient.opted_out_at.astimezone(self._zone):%Y-%m-%d}"
            raise Refused(
                self._terminal.translate(
                    _(
                        "{number} asked on {day} for no more messages: nothing is sent until they send START "
                        "or ALTA to your WhatsApp number."
                    ).format(number=number, day=day),
                )
            )

    def _warn_of_window(self, recipient: Recipient, number: str, now: datetime) -> None:
        """Warn if free text may not arrive. The provider decides: it may know of messages we never received."""
        if recipient.wrote_at is None:
            self._terminal.complain(
                _(
                    "Warning: no message from {number} is known here, and WhatsApp takes free text only "
                    "up to 24 hours after their last message. It is sent all the same; if it does not "
                    "arrive, send an approved template (--template HX... --var 1=...)."
                ).format(number=number),
            )
        elif not service_window.is_open(recipient.wrote_at, now):
            at = f"{recipient.wrote_at.astimezone(self._zone):%Y-%m-%d %H:%M}"
            self._terminal.complain(
                _(
                    "Warning: the last message from {number} that is known here is of {at}, and WhatsApp "
                    "takes free text only up to 24 hours after it. It is sent all the same; if it does "
                    "not arrive, send an approved template (--template HX... --var 1=...)."
                ).format(number=number, at=at),
            )

    # Requests

    def _send(self, pending: PendingMessage) -> SentMessage:
        """Send a stored message. Raises IntegrationError; a known failure is recorded."""
        provider = pending.provider
        try:
            return provider.send(pending.recipient, _outgoing(pending))
        except IntegrationError as error:
            if not provider.may_have_been_done(error):
                self._note_failed(pending, error.code if isinstance(error.code, int) else None)
                raise
            found = self._look_for(pending)
            if found is None:
                self._tell_unknown(provider)
                raise
            return found

    def _look_for(self, pending: PendingMessage) -> SentMessage | None:
        """Look for an unconfirmed message in the provider's list. None: not there, or no list."""
        words = pending.draft.text
        if words is None:
            return None  # only a text can be recognised in the list
        since = pending.message.created_at - CLOCK_SKEW
        try:
            sent = pending.provider.last_sent(pending.recipient, since) or []
        except IntegrationError as error:
            explain(self._terminal, error, pending.provider.title, pending.provider.what_to_do)
            return None
        with self._database.read() as connection:
            known = outgoing.known_sids(connection, [taken.sid for taken in sent])
        return next((taken for taken in sent if taken.sid not in known and taken.body == words), None)

    def _note(self, pending: PendingMessage, taken: SentMessage) -> None:
        with self._database.write() as connection:
            outgoing.sent(connection, pending.message.id, taken.sid, taken.status, self._clock())

    def _note_failed(self, pending: PendingMessage, code: int | None) -> None:
        now, message_id = self._clock(), pending.message.id
        with self._database.write() as connection:
            outgoing.receipt(connection, MessageStatus.FAILED, code, now, message_id=message_id)
            self._observer.receipt(connection, message_id, MessageStatus.FAILED, code, now)
            self._ceilings.give_back(connection, Begun.MESSAGE, pending.message.created_at)

    def _tell_sent(self, taken: SentMessage, number: str) -> None:
        self._terminal.say(
            _("To {number}: {sid}. Later: flask --app app whatsapp status {sid}").format(
                number=number, sid=taken.sid
            ),
        )

    def _tell_unknown(self, provider: Provider) -> None:
        self._terminal.complain(
            _("It is not known whether the message was sent: before you repeat it, look at {where}.").format(
                where=WHERE_TO_LOOK[provider.name]
            )
        )


def _outgoing(pending: PendingMessage) -> OutgoingMessage:
    draft = pending.draft
    return OutgoingMessage(
        pending.message.id,
        draft.text or "",
        None if draft.image_url is None else Attachment(draft.image_url, "image/jpeg"),
        None if draft.template is None else Template.named(draft.template),
        draft.variables,
    )
