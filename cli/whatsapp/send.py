"""A WhatsApp message from the terminal: kept, sent, and followed until it is known what became of it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from cli.call_options import PATIENCE_S, ExitCode, not_set
from cli.call_progress import Interruption, explain
from cli.console import Terminal
from cli.whatsapp.options import Draft
from cli.whatsapp.progress import Follower, Parcel
from cli.whatsapp.providers import WHERE_TO_LOOK, filled_in
from conversation.observers import NOBODY, Mirror
from integrations.errors import IntegrationError
from messaging.outbox import WINDOW
from messaging.providers.base import TWILIO, OutgoingMessage, Provider, SentMessage, Template
from storage.base import utc_now
from storage.database import Database
from storage.models import MessageStatus
from storage.queries import contacts, messages, outgoing
from storage.queries.contacts import Recipient
from storage.queries.messages import Attachment, MessageRecord

CLOCKS_APART = timedelta(seconds=5)


class Refused(click.ClickException):
    """What may not be sent; one sentence that says what to do."""

    exit_code = ExitCode.REFUSED

    def show(self, file: Any = None) -> None:
        """Print the sentence and nothing around it."""
        click.echo(self.message, file=file, err=True)


class Sending:
    """Sends messages from the terminal and follows their receipts.

    ^C (or TERM) ends the following; what was sent stays sent. They come by webhooks, which our books then show, and by
    asking who can be asked. providers: by name, the first choice first. mirror: who is shown what is sent.
    poll_s: seconds between two looks. patience_s: how long a message is followed.
    """

    def __init__(
        self,
        database: Database,
        terminal: Terminal,
        zone: ZoneInfo,
        providers: Mapping[str, Provider],
        *,
        mirror: Mirror = NOBODY,
        poll_s: float = 1,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._terminal, self._zone, self._providers = database, terminal, zone, providers
        self._mirror, self._clock = mirror, clock
        self._interruption = Interruption()
        self._follower = Follower(
            database, terminal, self._interruption, poll_s=poll_s, patience_s=patience_s, clock=clock
        )

    def send(self, number: str, draft: Draft, *, wait: bool) -> ExitCode:
        """Send it to an E.164 number. wait: until it is known what became of it. Raises Refused and CannotBegin."""
        with self._interruption:
            try:
                parcels = self._keep(number, draft)
            except SQLAlchemyError as error:
                return self._tell_not_kept(error)
            ended = ExitCode.COMPLETED
            for parcel in parcels:
                if ended is ExitCode.COMPLETED:
                    ended = self._send_one(parcel, number, wait=wait)
                else:
                    self._note_failed(parcel, None)
            return ended

    def _send_one(self, parcel: Parcel, number: str, *, wait: bool) -> ExitCode:
        try:
            taken = self._send(parcel)
            self._note(parcel, taken)
            self._tell_sent(taken, number)
            return self._follower.follow(parcel, taken.sid) if wait else ExitCode.COMPLETED
        except IntegrationError as error:
            return explain(self._terminal, error, parcel.provider.title, parcel.provider.what_to_do)
        except SQLAlchemyError as error:
            return self._tell_not_noted(error)
        except KeyboardInterrupt:
            self._tell_unknown(parcel.provider)
            return ExitCode.INTERRUPTED

    def _tell_not_kept(self, error: SQLAlchemyError) -> ExitCode:
        self._terminal.complain(
            es=f"No se pudo escribir en la base de datos ({type(error).__name__}): no se ha enviado nada. "
            "Inténtelo de nuevo en un momento.",
            en=f"The database could not be written ({type(error).__name__}): nothing was sent. Try again in a moment.",
        )
        return ExitCode.NOT_COMPLETED

    def _tell_not_noted(self, error: SQLAlchemyError) -> ExitCode:
        self._terminal.complain(
            es=f"No se pudo anotar en la base de datos lo que pasó ({type(error).__name__}). El mensaje puede haber "
            "salido: mírelo con whatsapp log antes de repetirlo.",
            en=f"What happened could not be noted in the database ({type(error).__name__}). The message may be on its "
            "way: look at whatsapp log before you repeat it.",
        )
        return ExitCode.NOT_COMPLETED

    # Keeping

    def _keep(self, number: str, draft: Draft) -> list[Parcel]:
        """Keep the messages that it takes. Nothing is kept where it may not go."""
        now = self._clock()
        with self._database.write() as connection:
            recipient = contacts.recipient_for(connection, number, now)
            provider = self._provider_of(recipient)
            draft = filled_in(self._terminal, provider, draft, recipient)
            self._require_consent(recipient, number)
            if draft.template is None:
                self._warn_of_window(recipient, number, now)
            return [
                Parcel(self._kept_part(connection, recipient, part, now), part, recipient, provider)
                for part in draft.parts(provider.longest_caption)
            ]

    def _kept_part(
        self, connection: Connection, recipient: Recipient, part: Draft, now: datetime
    ) -> MessageRecord:
        message_id = outgoing.add_outbound(
            connection, recipient.conversation_id, part.kind, part.words, now, MessageStatus.SENDING
        )
        self._mirror.message(connection, message_id, now)
        (message,) = messages.by_ids(connection, [message_id])
        return message

    def _provider_of(self, recipient: Recipient) -> Provider:
        """Whoever brought their last message; who never wrote knows none of our numbers. Raises CannotBegin."""
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
                self._terminal.pick(
                    es=f"{number} pidió el {day} no recibir más mensajes: no se le escribe hasta que envíe "
                    "ALTA o START a su número de WhatsApp.",
                    en=f"{number} asked on {day} for no more messages: nothing is sent until they send START "
                    "or ALTA to your WhatsApp number.",
                )
            )

    def _warn_of_window(self, recipient: Recipient, number: str, now: datetime) -> None:
        """Say where free text may not arrive. The provider decides, who knows of messages that we never got."""
        if recipient.wrote_at is None:
            self._terminal.complain(
                es=f"Aviso: aquí no consta ningún mensaje de {number}, y WhatsApp solo admite texto libre hasta 24 "
                "horas después de su último mensaje. Se envía de todos modos; si no llega, envíe una plantilla "
                "aprobada (--template HX... --var 1=...).",
                en=f"Warning: no message from {number} is known here, and WhatsApp takes free text only up to 24 hours "
                "after their last message. It is sent all the same; if it does not arrive, send an approved template "
                "(--template HX... --var 1=...).",
            )
        elif now - recipient.wrote_at > WINDOW:
            at = f"{recipient.wrote_at.astimezone(self._zone):%Y-%m-%d %H:%M}"
            self._terminal.complain(
                es=f"Aviso: el último mensaje de {number} que consta aquí es del {at}, y WhatsApp solo admite texto "
                "libre hasta 24 horas después. Se envía de todos modos; si no llega, envíe una plantilla aprobada "
                "(--template HX... --var 1=...).",
                en=f"Warning: the last message from {number} that is known here is of {at}, and WhatsApp takes free "
                "text only up to 24 hours after it. It is sent all the same; if it does not arrive, send an approved "
                "template (--template HX... --var 1=...).",
            )

    # Sending

    def _send(self, parcel: Parcel) -> SentMessage:
        """Raises IntegrationError, with what is known kept."""
        provider = parcel.provider
        try:
            return provider.send(parcel.recipient, _outgoing(parcel))
        except IntegrationError as error:
            if not provider.may_have_been_done(error):
                self._note_failed(parcel, error.code if isinstance(error.code, int) else None)
                raise
            found = self._look_for(parcel)
            if found is None:
                self._tell_unknown(provider)
                raise
            return found

    def _look_for(self, parcel: Parcel) -> SentMessage | None:
        """Look for a message whose sending got no answer in the provider's list. None: not there, or no list."""
        words = parcel.draft.text
        if words is None:
            return None  # a template's words are the provider's, and an image alone has none to know it by
        since = parcel.message.created_at - CLOCKS_APART
        try:
            sent = parcel.provider.last_sent(parcel.recipient, since) or []
        except IntegrationError as error:
            explain(self._terminal, error, parcel.provider.title, parcel.provider.what_to_do)
            return None
        with self._database.read() as connection:
            known = outgoing.known_sids(connection, [taken.sid for taken in sent])
        return next((taken for taken in sent if taken.sid not in known and taken.body == words), None)

    def _note(self, parcel: Parcel, taken: SentMessage) -> None:
        with self._database.write() as connection:
            outgoing.sent(connection, parcel.message.id, taken.sid, taken.status, self._clock())

    def _note_failed(self, parcel: Parcel, code: int | None) -> None:
        now, message_id = self._clock(), parcel.message.id
        with self._database.write() as connection:
            outgoing.receipt(connection, MessageStatus.FAILED, code, now, message_id=message_id)
            self._mirror.receipt(connection, message_id, MessageStatus.FAILED, code, now)

    def _tell_sent(self, taken: SentMessage, number: str) -> None:
        self._terminal.say(
            es=f"Para {number}: {taken.sid}. Más tarde: flask --app app whatsapp status {taken.sid}",
            en=f"To {number}: {taken.sid}. Later: flask --app app whatsapp status {taken.sid}",
        )

    def _tell_unknown(self, provider: Provider) -> None:
        look = WHERE_TO_LOOK[provider.name]
        self._terminal.complain(
            es=f"No se sabe si el mensaje llegó a enviarse: antes de repetirlo, mírelo en {look['es']}.",
            en=f"It is not known whether the message was sent: before you repeat it, look at {look['en']}.",
        )


def _outgoing(parcel: Parcel) -> OutgoingMessage:
    draft = parcel.draft
    return OutgoingMessage(
        parcel.message.id,
        draft.text or "",
        None if draft.image_url is None else Attachment(draft.image_url, "image/jpeg"),
        None if draft.template is None else Template.named(draft.template),
        draft.variables,
    )
