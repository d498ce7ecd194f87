"""The interface of providers that carry written messages, for the server and the commands alike.

Above this package nobody knows which of them a conversation has. A message's code is the provider's own.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from integrations.errors import IntegrationError
from integrations.message_errors import DIALOG360 as DIALOG360
from integrations.message_errors import TWILIO as TWILIO
from storage.models import MessageStatus
from storage.queries.contacts import Recipient
from storage.queries.messages import Attachment
from storage.queries.send_rate import LONGEST_HOLD

PACE = timedelta(seconds=1 / 80)
"""Messages of one number, by WhatsApp's limits."""
HOLD_S = 5.0
"""A number that sends too fast is held so long, where nobody says how long."""


@dataclass(frozen=True, slots=True)
class Template:
    """An approved template. name: Twilio's SID (HX...), or a name. language: as approved ("es", "es_MX"), or empty."""

    name: str
    language: str = ""

    @classmethod
    def named(cls, written: str) -> "Template":
        """Return the template that a setting or a command names: HX..., or aviso:es."""
        name, _, language = written.partition(":")
        return cls(name, language)

    @property
    def provider(self) -> str:
        """The provider's name: 360dialog's templates are known by name and language, Twilio's by SID."""
        return DIALOG360 if self.language else TWILIO

    def __str__(self) -> str:
        return f"{self.name}:{self.language}" if self.language else self.name


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to be sent. id: ours. file: goes with the text. template: in place of both.

    variables: what the template's placeholders become, by number ("1") or by name.
    """

    id: int
    text: str = ""
    file: Attachment | None = None
    template: Template | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that a provider has. body: as it has it. error_code: the provider's, of one that failed.

    made_at: when the provider got it; None: it does not say. is_reply: in the reply to a webhook.
    """

    sid: str
    status: MessageStatus
    body: str = ""
    error_code: int | None = None
    made_at: datetime | None = None
    is_reply: bool = False


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

    @classmethod
    def after(cls, error: IntegrationError, otherwise_s: float = HOLD_S) -> "TooFast":
        """Return the wait that a provider asks for, or another; the longest is that of `send_rate.hold`."""
        wait_s = math.ceil(error.retry_after_s or otherwise_s)
        return cls(min(wait_s, LONGEST_HOLD.total_seconds()))


class Provider(Protocol):
    """A provider of WhatsApp. Where a method asks it, IntegrationError is raised; its code is the provider's.

    name: the one that is kept. title: the one for people. outside_window: the code that it refuses free text with,
    once the person has not written for too long. longest_caption: of an image; None: as long as a text.
    """

    name: str
    title: str
    outside_window: int
    longest_caption: int | None

    @property
    def template(self) -> Template | None:
        """The template for notices where free text may not go; None: there is none."""
        ...

    def send(self, recipient: Recipient, message: OutgoingMessage) -> SentMessage:
        """Send a message. Not repeated: it would arrive twice."""
        ...

    def show_typing(self, sid: str) -> None:
        """Show the contact that an answer to that message is being written, and that it was read."""
        ...

    def last_sent(self, recipient: Recipient, since: datetime) -> list[SentMessage] | None:
        """Return what was sent to somebody since then, newest first; None: it cannot be asked."""
        ...

    def fetch(self, sid: str) -> SentMessage | None:
        """Return a message as it is now; None: it cannot be asked, and webhooks alone tell."""
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

    def what_to_do(self, code: int | str | None, language: str) -> str | None:
        """Say what a code means and what to do about it."""
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
