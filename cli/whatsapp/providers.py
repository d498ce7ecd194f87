"""Who carries messages from the terminal: Twilio and 360dialog, over one shape, each with what it needs to be told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from cli.call_options import CannotBegin
from cli.console import Terminal
from cli.whatsapp.options import Draft, is_template_sid, not_set
from integrations.dialog360 import client as dialog360
from integrations.dialog360.client import Dialog360
from integrations.errors import IntegrationError
from integrations.twilio import error_codes, messages
from integrations.twilio.messages import MessageState, TwilioMessages
from messaging.providers.base import DIALOG360, TWILIO, status_callback
from messaging.requests import status_of
from storage.models import MessageStatus
from storage.queries.contacts import Recipient
from translations import Message
from translations import lazy_gettext as _

LONGEST_CAPTION = 1024
"""WhatsApp's limit; Twilio takes as many characters as of a text."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that a provider has. body: as it has it."""

    sid: str
    status: MessageStatus | None
    error_code: int | None = None
    body: str = ""


class Carrier(Protocol):
    """A provider. Where a method asks it, IntegrationError is raised; its code is the provider's.

    title: its name for people. longest_caption: of an image; None: as long as a text. where_to_look: where people see
    what became of a message, by language.
    """

    name: str
    title: str
    longest_caption: int | None
    where_to_look: str | Message

    def filled_in(self, draft: Draft, recipient: Recipient) -> Draft:
        """Return a draft with the settings' template where it names none. Raises CannotBegin where it cannot go."""
        ...

    def send(self, recipient: Recipient, to: str, message_id: int, draft: Draft) -> Taken:
        """Send a draft to an E.164 number. Not repeated: it would arrive twice."""
        ...

    def last_sent(self, recipient: Recipient, to: str, since: datetime) -> Sequence[Taken]:
        """Return what was sent to somebody since then, newest first; nothing where it cannot be asked."""
        ...

    def fetch(self, sid: str) -> Taken | None:
        """Return a message as it is now; None where it cannot be asked, and webhooks alone tell."""
        ...

    def may_have_been_done(self, error: IntegrationError) -> bool:
        """Say whether a message may be on its way although sending it raised."""
        ...

    def what_to_do(self, code: int | str | None, language: str) -> str | None:
        """Say what a code means and what to do about it."""
        ...


class TwilioCarrier:
    """WhatsApp by Twilio. sender: ours, whatsapp:+E164; None: the one that the person wrote to.

    public_url: the base of the URLs that receipts are told to; None: Twilio is asked alone. template_sid: the template
    of a draft that names none.
    """

    name, title = TWILIO, "Twilio"
    longest_caption: int | None = None
    where_to_look: str | Message = "https://console.twilio.com (Monitor, Logs, Messaging)"

    def __init__(
        self,
        rest: TwilioMessages,
        terminal: Terminal,
        *,
        sender: str | None,
        public_url: str | None,
        template_sid: str | None,
    ) -> None:
        self._rest, self._terminal, self._sender = rest, terminal, sender
        self._public_url, self._template_sid = public_url, template_sid

    def filled_in(self, draft: Draft, recipient: Recipient) -> Draft:
        """Return a draft with a template's SID."""
        if not self._from(recipient):
            raise not_set(self._terminal, "TWILIO_WHATSAPP_NUMBER")
        if draft.template is None:
            return draft
        template = draft.template or self._template_sid
        if not template:
            raise not_set(self._terminal, "TWILIO_TEMPLATE_SID")
        if not is_template_sid(template):
            raise CannotBegin(
                self._terminal.translate(
                    _(
                        "“{template}” names a template of 360dialog's, and this number is written to through "
                        "Twilio: give a SID (HX...)."
                    ).format(template=template),
                )
            )
        return replace(draft, template=template)

    def send(self, recipient: Recipient, to: str, message_id: int, draft: Draft) -> Taken:
        """Send a draft; Twilio tells our webhook of it by our own id."""
        return _taken(
            self._rest.send(
                to=f"whatsapp:{to}",
                sender=self._from(recipient),
                body=draft.text,
                media_url=draft.image_url,
                content_sid=draft.template,
                content_variables=draft.variables or None,
                status_callback=self._public_url and status_callback(self._public_url, message_id),
            )
        )

    def last_sent(self, recipient: Recipient, to: str, since: datetime) -> Sequence[Taken]:
        """Return what Twilio's list has."""
        found = self._rest.last_sent(to=f"whatsapp:{to}", sender=self._from(recipient), since=since)
        return [_taken(state) for state in found]

    def fetch(self, sid: str) -> Taken | None:
        """Return a message as Twilio has it."""
        return _taken(self._rest.fetch(sid))

    def may_have_been_done(self, error: IntegrationError) -> bool:
        """Say whether a message may be on its way although sending it raised."""
        return messages.may_have_been_done(error)

    def what_to_do(self, code: int | str | None, language: str) -> str | None:
        """Say what a code of Twilio's means."""
        return error_codes.what_to_do(code, language)

    def _from(self, recipient: Recipient) -> str:
        return self._sender or recipient.our_address


class Dialog360Carrier:
    """WhatsApp by 360dialog. template: that of a draft that names none, with its language (aviso:es)."""

    name, title = DIALOG360, "360dialog"
    longest_caption: int | None = LONGEST_CAPTION
    where_to_look: str | Message = _(
        "flask --app app whatsapp log in a minute: 360dialog cannot be asked, and a receipt will tell"
    )

    def __init__(self, client: Dialog360, terminal: Terminal, *, template: str | None) -> None:
        self._client, self._terminal, self._template = client, terminal, template

    def filled_in(self, draft: Draft, recipient: Recipient) -> Draft:
        """Return a draft with a template's name and language."""
        if draft.template is None:
            return draft
        template = draft.template or self._template
        if not template:
            raise not_set(self._terminal, "D360_TEMPLATE")
        if is_template_sid(template):
            raise CannotBegin(
                self._terminal.translate(
                    _(
                        "“{template}” is a template of Twilio's, and this number is written to through "
                        "360dialog: give the name and the language of one of its own (aviso:es)."
                    ).format(template=template),
                )
            )
        return replace(draft, template=template)

    def send(self, recipient: Recipient, to: str, message_id: int, draft: Draft) -> Taken:
        """Send a draft; 360dialog tells our webhook of it by the id that it gave."""
        if draft.template is not None:
            name, _, language = draft.template.partition(":")
            wamid = self._client.send_template(to, name, language, draft.variables)
        elif draft.image_url is not None:
            wamid = self._client.send_media(to, draft.image_url, "image", draft.text)
        else:
            wamid = self._client.send_text(to, draft.text or "")
        return Taken(wamid, MessageStatus.QUEUED)

    def last_sent(self, recipient: Recipient, to: str, since: datetime) -> Sequence[Taken]:
        """Return nothing: it cannot be asked."""
        return []

    def fetch(self, sid: str) -> Taken | None:
        """Return None: it cannot be asked."""
        return None

    def may_have_been_done(self, error: IntegrationError) -> bool:
        """Say whether a message may be on its way although sending it raised."""
        return dialog360.may_have_been_done(error)

    def what_to_do(self, code: int | str | None, language: str) -> str | None:
        """Say what a code of Meta's or 360dialog's means."""
        return dialog360.what_to_do(code, language)


def carriers_of(
    terminal: Terminal,
    rest: TwilioMessages | None,
    dialog360_client: Dialog360 | None,
    *,
    sender: str | None,
    public_url: str | None,
    template_sid: str | None,
    dialog360_template: str | None = None,
) -> dict[str, Carrier]:
    """Return the carriers by provider, the one for who has never written first. rest, dialog360_client: None: off.

    The rest is as TwilioCarrier and Dialog360Carrier take it.
    """
    carriers: dict[str, Carrier] = {}
    if rest is not None:
        carriers[TWILIO] = TwilioCarrier(
            rest, terminal, sender=sender, public_url=public_url, template_sid=template_sid
        )
    if dialog360_client is not None:
        carriers[DIALOG360] = Dialog360Carrier(dialog360_client, terminal, template=dialog360_template)
    # Who has never written is written to from a number that is set
    return carriers if sender else dict(reversed(carriers.items()))


def _taken(state: MessageState) -> Taken:
    return Taken(state.sid, status_of(state.status), state.error_code, state.body)
