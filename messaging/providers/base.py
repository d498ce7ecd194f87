"""Who carries written messages: a shape, and what stands behind it: Twilio, and 360dialog.

Above this room nobody knows which of them a conversation has. A message's code is the provider's own.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Protocol
from urllib.parse import unquote, urlsplit

from integrations.dialog360 import client as dialog360
from integrations.dialog360.client import Dialog360
from integrations.dialog360.error_codes import OUTSIDE_WINDOW, PAIR_RATE_LIMIT, RATE_LIMIT, THROUGHPUT
from integrations.errors import IntegrationError
from integrations.twilio import calls
from integrations.twilio.messages import MessageState, TwilioMessages
from messaging.requests import status_of
from storage.models import MessageStatus
from storage.queries.contacts import Recipient
from storage.queries.messages import Attachment, MessageRecord

TWILIO = "twilio"
DIALOG360 = "360dialog"

SANDBOX = "whatsapp:+14155238886"
"""Twilio's shared number to try WhatsApp with: one message in three seconds, counted when it arrives."""
SANDBOX_PACE = timedelta(seconds=3.5)
PACE = timedelta(seconds=1 / 80)
"""Messages of one number, by WhatsApp's limits."""
HOLD_S = 5.0
"""A number that sends too fast is held so long, where nobody says how long."""
PAIR_GAP_S = 6.0
"""WhatsApp takes one message to the same person in so many seconds, once it has had enough of a burst."""

_TWILIO_OUTSIDE_WINDOW = 63016
_TWILIO_TOO_FAST = frozenset({20429, 63018})
_METAS_TOO_FAST = frozenset({4, 80007, THROUGHPUT, RATE_LIMIT})


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that a provider has. body: as it has it."""

    sid: str
    status: MessageStatus
    body: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """A number's rate limit. counts_replies: messages in replies count too."""

    sender: str
    interval: timedelta
    counts_replies: bool = False


@dataclass(frozen=True, slots=True)
class TooFast:
    """A message came too soon. whole_number: our number has to wait, not only for this contact."""

    wait_s: float
    whole_number: bool = True


class Provider(Protocol):
    """A provider of WhatsApp. Where a method asks it, IntegrationError is raised; its code is the provider's."""

    outside_window: int
    """The code that it refuses free text with, once the person has not written for too long."""

    @property
    def has_template(self) -> bool:
        """Whether a notice can be sent as a template."""
        ...

    def send(self, recipient: Recipient, message: MessageRecord, *, as_template: bool) -> Sent:
        """Send a message, its first file with it. Not repeated: it would arrive twice."""
        ...

    def show_typing(self, sid: str) -> None:
        """Show the contact that an answer to that message is being written, and that it was read."""
        ...

    def last_sent(self, recipient: Recipient, since: datetime) -> list[Sent] | None:
        """Return what was sent to somebody since then, newest first; None: it cannot be asked."""
        ...

    def pace(self, recipient: Recipient) -> Pace:
        """Return the rate limit of messages to a contact."""
        ...

    def too_fast(self, error: IntegrationError) -> TooFast | None:
        """Return the wait if an error is one of rate limits; such a message was not accepted."""
        ...

    def may_have_been_done(self, error: IntegrationError) -> bool:
        """Return True if a message may be on its way although sending it raised."""
        ...


@dataclass(frozen=True, slots=True)
class Channels:
    """The providers there are credentials for, by name, the first choice first. prompt: with less patience."""

    providers: Mapping[str, Provider] = field(default_factory=dict)
    prompt: Mapping[str, Provider] = field(default_factory=dict)

    def of(self, recipient: Recipient) -> Provider | None:
        """Return the provider for a contact; None if there is none."""
        return _of(self.providers, recipient)

    def prompt_of(self, recipient: Recipient) -> Provider | None:
        """Return the provider for a caller who waits for the message to be sent."""
        return _of(self.prompt, recipient)


def _of(providers: Mapping[str, Provider], recipient: Recipient) -> Provider | None:
    if recipient.simulated:
        return None
    if recipient.wrote_at is None:  # they know none of our numbers
        return next(iter(providers.values()), None)
    return providers.get(recipient.provider)


class TwilioChannel:
    """WhatsApp by Twilio. sender: our address ("whatsapp:+..."); None: the one that was written to.

    template_sid: what notices are where free text may not go. public_url: the base of the URLs that receipts are
    told to; None: they are not asked for.
    """

    outside_window = _TWILIO_OUTSIDE_WINDOW

    def __init__(
        self, rest: TwilioMessages, *, sender: str | None, template_sid: str | None, public_url: str | None
    ) -> None:
        self._rest, self._sender, self._template_sid = rest, sender, template_sid
        self._public_url = public_url

    @property
    def has_template(self) -> bool:
        """Whether a notice can be sent as a template."""
        return self._template_sid is not None

    def send(self, recipient: Recipient, message: MessageRecord, *, as_template: bool) -> Sent:
        """Send a message, its first file with it."""
        state = self._rest.send(
            to=_twilio_address(recipient),
            sender=self._from(recipient),
            body=None if as_template else message.body or None,
            media_url=message.attachments[0].url if message.attachments else None,
            content_sid=self._template_sid if as_template else None,
            content_variables={"1": _in_one_line(message.body)} if as_template else None,
            status_callback=self._public_url and status_callback(self._public_url, message.id),
        )
        return _as_sent(state)

    def show_typing(self, sid: str) -> None:
        """Show that an answer is being written; nothing of a message that Twilio has not named."""
        if sid.startswith(("SM", "MM")):
            self._rest.show_typing(sid)

    def last_sent(self, recipient: Recipient, since: datetime) -> list[Sent] | None:
        """Return what was sent to somebody since then, newest first, replies to webhooks among it."""
        found = self._rest.last_sent(to=_twilio_address(recipient), sender=self._from(recipient), since=since)
        return [_as_sent(state) for state in found]

    def pace(self, recipient: Recipient) -> Pace:
        """Return the pace of our number, which is slow for Twilio's sandbox."""
        sender = self._from(recipient)
        is_sandbox = sender == SANDBOX
        return Pace(sender, SANDBOX_PACE if is_sandbox else PACE, counts_replies=is_sandbox)

    def too_fast(self, error: IntegrationError) -> TooFast | None:
        """Return how long our number has to wait."""
        if error.status != 429 and error.code not in _TWILIO_TOO_FAST:
            return None
        return TooFast(math.ceil(error.retry_after_s or HOLD_S))

    def may_have_been_done(self, error: IntegrationError) -> bool:
        """Say whether a message may be on its way although sending it raised."""
        return calls.may_have_been_done(error)

    def _from(self, recipient: Recipient) -> str:
        return self._sender or recipient.our_address


@dataclass(frozen=True, slots=True)
class Template:
    """An approved template with one placeholder. language: as approved ("es", "es_MX")."""

    name: str
    language: str


class Dialog360Channel:
    """WhatsApp by 360dialog. What became of a message it cannot be asked: receipts alone tell."""

    outside_window = OUTSIDE_WINDOW

    def __init__(self, client: Dialog360, *, template: Template | None) -> None:
        self._client, self._template = client, template

    @property
    def has_template(self) -> bool:
        """Whether a notice can be sent as a template."""
        return self._template is not None

    def send(self, recipient: Recipient, message: MessageRecord, *, as_template: bool) -> Sent:
        """Send a message, its first file with it."""
        to = (recipient.address or recipient.number).removeprefix("whatsapp:")
        if as_template:
            assert self._template is not None
            variables = {"1": _in_one_line(message.body)}
            wamid = self._client.send_template(to, self._template.name, self._template.language, variables)
        elif message.attachments:
            file, caption = message.attachments[0], message.body or None
            kind = _kind_of(file, captioned=caption is not None)
            wamid = self._client.send_media(to, file.url, kind, caption, file_name=_name_of(file))
        else:
            wamid = self._client.send_text(to, message.body)
        return Sent(wamid, MessageStatus.QUEUED, message.body)

    def show_typing(self, sid: str) -> None:
        """Show that an answer is being written; nothing of a message that WhatsApp has not named."""
        if not sid.startswith("unnamed-"):
            self._client.show_typing(sid)

    def last_sent(self, recipient: Recipient, since: datetime) -> list[Sent] | None:
        """Return None: it cannot be asked."""
        return None

    def pace(self, recipient: Recipient) -> Pace:
        """Return the pace of our number."""
        return Pace(recipient.our_address or DIALOG360, PACE)

    def too_fast(self, error: IntegrationError) -> TooFast | None:
        """Return how long our number has to wait, or this person alone."""
        if error.code == PAIR_RATE_LIMIT:
            return TooFast(PAIR_GAP_S, whole_number=False)
        if error.status != 429 and error.code not in _METAS_TOO_FAST:
            return None
        return TooFast(math.ceil(error.retry_after_s or HOLD_S))

    def may_have_been_done(self, error: IntegrationError) -> bool:
        """Say whether a message may be on its way although sending it raised."""
        return dialog360.may_have_been_done(error)


def status_callback(base_url: str, message_id: int) -> str:
    """Return the URL that Twilio tells what became of a message; our id stands for the SID to come."""
    return f"{base_url}/webhook/whatsapp/status?message={message_id}"


def _twilio_address(recipient: Recipient) -> str:
    return f"whatsapp:{(recipient.address or recipient.number).removeprefix('whatsapp:')}"


def _as_sent(state: MessageState) -> Sent:
    return Sent(state.sid, status_of(state.status) or MessageStatus.QUEUED, state.body)


def _in_one_line(words: str) -> str:
    """Return words as a template's placeholder takes them: without line breaks."""
    return " · ".join(" ".join(line.split()) for line in words.splitlines() if line.strip())


def _kind_of(file: Attachment, *, captioned: bool) -> str:
    """Return as what a file goes out: a document can be anything, and unlike a recording it takes a caption."""
    if file.type in ("image/jpeg", "image/png"):
        return "image"
    if file.type in ("video/mp4", "video/3gpp"):
        return "video"
    return "audio" if file.type.startswith("audio/") and not captioned else "document"


def _name_of(file: Attachment) -> str | None:
    return PurePosixPath(unquote(urlsplit(file.url).path)).name or None
