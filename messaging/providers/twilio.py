"""WhatsApp by Twilio."""

from datetime import datetime, timedelta

from integrations.errors import IntegrationError, may_have_been_done
from integrations.twilio import messages
from integrations.twilio.messages import MessageState, TwilioMessages
from messaging.providers.base import (
    PACE,
    TWILIO,
    OutgoingMessage,
    Pace,
    SentMessage,
    Template,
    TooFast,
)
from messaging.requests import status_of
from storage.models import MessageStatus
from storage.queries.contacts import Recipient

SANDBOX = "whatsapp:+14155238886"
"""Twilio's shared number to try WhatsApp with: one message in three seconds, counted when it arrives."""
SANDBOX_PACE = timedelta(seconds=3.5)
_TOO_FAST = frozenset({20429, 63018})


class TwilioProvider:
    """WhatsApp by Twilio. sender: our address ("whatsapp:+..."); None: the one that was written to.

    template_sid: what notices are where free text may not go. public_url: the base of the URLs that receipts are
    told to; None: they are not asked for.
    """

    name, title = TWILIO, "Twilio"
    outside_window = 63016
    longest_caption: int | None = None

    def __init__(
        self, rest: TwilioMessages, *, sender: str | None, template_sid: str | None, public_url: str | None
    ) -> None:
        self._rest, self._sender, self._public_url = rest, sender, public_url
        self._template = None if template_sid is None else Template(template_sid)

    @property
    def template(self) -> Template | None:
        """The template for notices where free text may not go."""
        return self._template

    def send(self, recipient: Recipient, message: OutgoingMessage) -> SentMessage:
        """Send a message; Twilio tells our webhook of it by our own id."""
        state = self._rest.send(
            to=_address(recipient),
            sender=self._from(recipient),
            body=message.text or None,
            media_url=message.file.url if message.file else None,
            content_sid=message.template.name if message.template else None,
            content_variables=message.variables or None,
            status_callback=self._public_url and status_callback(self._public_url, message.id),
        )
        return _sent(state)

    def show_typing(self, sid: str) -> None:
        """Show that an answer is being written; nothing of a message that Twilio has not named."""
        if sid.startswith(("SM", "MM")):
            self._rest.show_typing(sid)

    def last_sent(self, recipient: Recipient, since: datetime) -> list[SentMessage] | None:
        """Return what was sent to somebody since then, newest first, replies to webhooks among it."""
        found = self._rest.last_sent(to=_address(recipient), sender=self._from(recipient), since=since)
        return [_sent(state) for state in found]

    def fetch(self, sid: str) -> SentMessage | None:
        """Return a message as Twilio has it."""
        return _sent(self._rest.fetch(sid))

    def pace(self, recipient: Recipient) -> Pace:
        """Return the pace of our number, which is slow for Twilio's sandbox."""
        sender = self._from(recipient)
        is_sandbox = sender == SANDBOX
        return Pace(sender, SANDBOX_PACE if is_sandbox else PACE, counts_replies=is_sandbox)

    def too_fast(self, error: IntegrationError) -> TooFast | None:
        """Return how long our number has to wait."""
        if error.status != 429 and error.code not in _TOO_FAST:
            return None
        return TooFast.after(error)

    def may_have_been_done(self, error: IntegrationError) -> bool:
        """Say whether a message may be on its way although sending it raised."""
        return may_have_been_done(error)

    def what_to_do(self, code: int | str | None, language: str) -> str | None:
        """Say what a code of Twilio's means."""
        return messages.what_to_do(code, language)

    def _from(self, recipient: Recipient) -> str:
        return self._sender or recipient.our_address


def status_callback(base_url: str, message_id: int) -> str:
    """Return the URL that Twilio tells what became of a message; our id stands for the SID to come."""
    return f"{base_url}/webhook/whatsapp/status?message={message_id}"


def _address(recipient: Recipient) -> str:
    return f"whatsapp:{recipient.reached_by}"


def _sent(state: MessageState) -> SentMessage:
    status = status_of(state.status) or MessageStatus.QUEUED
    return SentMessage(
        state.sid, status, state.body, state.error_code, made_at=state.created_at, is_reply=state.is_reply
    )
