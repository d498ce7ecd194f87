"""A WhatsApp message from the terminal: kept, sent, and followed until it is known what became of it."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.status import Status
from sqlalchemy.exc import SQLAlchemyError

from conversation.addresses import matching_number
from dialing import PATIENCE_S, ExitCode
from following import Interruption, explain
from integrations.errors import IntegrationError
from integrations.twilio_messages import MessageState, TwilioMessages, may_have_been_done
from messaging.outbox import WINDOW, status_callback
from messaging.requests import status_of
from storage import messages, outgoing, recipients
from storage.base import utc_now
from storage.database import Database
from storage.messages import MessageRecord
from storage.models import MessageStatus
from storage.recipients import Recipient
from terminal import Terminal
from whatsapp_drafts import Draft, not_set
from whatsapp_log import meanings, status_word

ENDS = frozenset(
    {MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.UNDELIVERED, MessageStatus.FAILED}
)
"""What a message is followed to. One that was delivered may still be read, tomorrow."""
CLOCKS_APART = timedelta(seconds=5)


class Refused(click.ClickException):
    """What may not be sent; one sentence that says what to do."""

    exit_code = ExitCode.REFUSED

    def show(self, file: Any = None) -> None:
        """Print the sentence and nothing around it."""
        click.echo(self.message, file=file, err=True)


class Sending:
    """Sends one message from the terminal and follows its receipts.

    ^C (or TERM) ends the following; what was sent stays sent. They come by Twilio's webhooks, which our books
    then show, and by asking Twilio. sender: ours, whatsapp:+E164; None: the one that the person wrote to.
    public_url: as Outbox takes it. poll_s: seconds between two looks. patience_s: how long it is followed.
    """

    def __init__(
        self,
        database: Database,
        terminal: Terminal,
        zone: ZoneInfo,
        rest: TwilioMessages,
        *,
        sender: str | None,
        public_url: str | None,
        poll_s: float = 1,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._terminal, self._zone, self._rest = database, terminal, zone, rest
        self._sender, self._public_url, self._clock = sender, public_url, clock
        self._poll_s, self._patience_s = poll_s, patience_s
        self._interruption = Interruption()
        self._failing = False

    def send(self, number: str, draft: Draft, *, wait: bool) -> ExitCode:
        """Send it to an E.164 number. wait: until it is known what became of it. Raises Refused."""
        with self._interruption:
            try:
                message, to, sender = self._keep(number, draft)
            except SQLAlchemyError as error:
                return self._tell_not_kept(error)
            try:
                state = self._send(message, to, sender, draft)
                self._note(message, state)
                self._tell_sent(state, number)
                return self._follow(message.id, state.sid) if wait else ExitCode.COMPLETED
            except IntegrationError as error:
                return explain(self._terminal, error)
            except SQLAlchemyError as error:
                return self._tell_not_noted(error)
            except KeyboardInterrupt:
                self._tell_unknown()
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

    def _keep(self, number: str, draft: Draft) -> tuple[MessageRecord, str, str]:
        """Keep the message; return it, to which address it goes and from which. Nothing is kept where it may not go."""
        now = self._clock()
        with self._database.write() as connection:
            recipient = recipients.recipient_for(connection, matching_number(number), now)
            sender = self._sender or recipient.our_address
            if not sender:
                raise not_set(self._terminal, "TWILIO_WHATSAPP_NUMBER")
            self._require_consent(recipient, number)
            if draft.content_sid is None:
                self._require_window(recipient, number, now)
            message_id = outgoing.add_outbound(
                connection, recipient.conversation_id, draft.kind, draft.words, now, MessageStatus.SENDING
            )
            (message,) = messages.by_ids(connection, [message_id])
        known = recipient.address.startswith("whatsapp:")  # as Twilio writes it, and not another provider
        return message, recipient.address if known else f"whatsapp:{number}", sender

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

    def _require_window(self, recipient: Recipient, number: str, now: datetime) -> None:
        if recipient.wrote_at is None:
            raise Refused(
                self._terminal.pick(
                    es=f"{number} no ha escrito todavía, y WhatsApp solo admite texto libre hasta 24 horas "
                    "después de su último mensaje: envíe una plantilla aprobada (--template HX... --var 1=...), "
                    "o espere a que escriba.",
                    en=f"{number} has not written yet, and WhatsApp takes free text only up to 24 hours after "
                    "their last message: send an approved template (--template HX... --var 1=...), or wait "
                    "until they write.",
                )
            )
        if now - recipient.wrote_at > WINDOW:
            at = f"{recipient.wrote_at.astimezone(self._zone):%Y-%m-%d %H:%M}"
            raise Refused(
                self._terminal.pick(
                    es=f"{number} escribió por última vez el {at}, y WhatsApp solo admite texto libre hasta "
                    "24 horas después: envíe una plantilla aprobada (--template HX... --var 1=...), o espere a "
                    "que escriba.",
                    en=f"{number} last wrote on {at}, and WhatsApp takes free text only up to 24 hours after "
                    "that: send an approved template (--template HX... --var 1=...), or wait until they write.",
                )
            )

    # Sending

    def _send(self, message: MessageRecord, to: str, sender: str, draft: Draft) -> MessageState:
        """Raises IntegrationError, with what is known kept."""
        try:
            return self._rest.send(
                to=to,
                sender=sender,
                body=draft.text,
                media_url=draft.image_url,
                content_sid=draft.content_sid,
                content_variables=draft.variables or None,
                status_callback=self._public_url and status_callback(self._public_url, message.id),
            )
        except IntegrationError as error:
            if not may_have_been_done(error):
                self._note_failed(message, error.code if isinstance(error.code, int) else None)
                raise
            found = self._look_for(message, to, sender, draft)
            if found is None:
                self._tell_unknown()
                raise
            return found

    def _look_for(self, message: MessageRecord, to: str, sender: str, draft: Draft) -> MessageState | None:
        """Look for a message whose sending got no answer in Twilio's list. None: not there, or nobody to ask."""
        if draft.text is None:
            return None  # a template's words are Twilio's, and an image alone has none to know it by
        try:
            sent = self._rest.last_sent(to=to, sender=sender, since=message.created_at - CLOCKS_APART)
        except IntegrationError as error:
            explain(self._terminal, error)
            return None
        with self._database.read() as connection:
            known = outgoing.known_sids(connection, [state.sid for state in sent])
        return next((state for state in sent if state.sid not in known and state.body == draft.text), None)

    def _note(self, message: MessageRecord, state: MessageState) -> None:
        status = status_of(state.status) or MessageStatus.QUEUED
        with self._database.write() as connection:
            outgoing.sent(connection, message.id, state.sid, status, self._clock())

    def _note_failed(self, message: MessageRecord, code: int | None) -> None:
        with self._database.write() as connection:
            outgoing.receipt(connection, MessageStatus.FAILED, code, self._clock(), message_id=message.id)

    def _tell_sent(self, state: MessageState, number: str) -> None:
        self._terminal.say(
            es=f"Para {number}: {state.sid}. Más tarde: flask --app app whatsapp status {state.sid}",
            en=f"To {number}: {state.sid}. Later: flask --app app whatsapp status {state.sid}",
        )

    def _tell_unknown(self) -> None:
        self._terminal.complain(
            es="No se sabe si el mensaje llegó a enviarse: antes de repetirlo, mírelo en "
            "https://console.twilio.com (Monitor, Logs, Messaging).",
            en="It is not known whether the message was sent: before you repeat it, look at "
            "https://console.twilio.com (Monitor, Logs, Messaging).",
        )

    # Following

    def _follow(self, message_id: int, sid: str) -> ExitCode:
        message = self._kept(message_id)
        deadline = time.monotonic() + self._patience_s
        with self._terminal.console.status("") as status:
            progress = Progress(self._terminal, status)
            progress.show(message.status)
            while message.status not in ENDS and time.monotonic() < deadline:
                if self._interruption.within(self._poll_s):
                    return ExitCode.INTERRUPTED
                message = self._look(message_id, sid)
                progress.show(message.status)
        return self._outcome(message)

    def _look(self, message_id: int, sid: str) -> MessageRecord:
        """Return the message as our books have it, after asking Twilio where they do not know its end."""
        message = self._kept(message_id)
        if message.status in ENDS:
            return message  # by webhook
        try:
            state = self._rest.fetch(sid)
        except IntegrationError as error:
            self._bear(error)
            return message
        self._failing = False
        status = status_of(state.status)
        if status is not None and status is not message.status:
            with self._database.write() as connection:
                outgoing.receipt(connection, status, state.error_code, self._clock(), message_id=message_id)
        return self._kept(message_id)

    def _kept(self, message_id: int) -> MessageRecord:
        with self._database.read() as connection:
            (message,) = messages.by_ids(connection, [message_id])
        return message

    def _bear(self, error: IntegrationError) -> None:
        if error.permanent:
            raise error
        if not self._failing:
            self._terminal.say(
                es=f"Twilio no responde por ahora ({error}); se sigue intentando.",
                en=f"Twilio does not answer for now ({error}); still trying.",
            )
        self._failing = True

    def _outcome(self, message: MessageRecord) -> ExitCode:
        if message.status in (MessageStatus.FAILED, MessageStatus.UNDELIVERED):
            self._tell_why(message.error_code)
            return ExitCode.NOT_COMPLETED
        if message.status not in ENDS:
            self._terminal.say(
                es=f"Va de camino, y no se espera más ({self._patience_s:.0f} s): el teléfono puede estar apagado.",
                en=f"It is on its way, and is waited for no longer ({self._patience_s:.0f} s): the phone may be "
                "off.",
            )
        return ExitCode.COMPLETED

    def _tell_why(self, code: int | None) -> None:
        for line in meanings(self._terminal, [code]):
            self._terminal.complain(es=line, en=line)
        if code is None:
            self._terminal.complain(
                es="Falló, y Twilio no dice por qué.", en="It failed, and Twilio does not say why."
            )


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
