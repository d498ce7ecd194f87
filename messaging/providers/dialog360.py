"""WhatsApp by 360dialog."""

from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from integrations.dialog360 import client as dialog360
from integrations.dialog360.client import Dialog360
from integrations.dialog360.error_codes import OUTSIDE_WINDOW, PAIR_RATE_LIMIT, RATE_LIMIT, THROUGHPUT
from integrations.errors import IntegrationError
from messaging.providers.base import (
    DIALOG360,
    PACE,
    OutgoingMessage,
    Pace,
    SentMessage,
    Template,
    TooFast,
)
from storage.models import MessageStatus
from storage.queries.contacts import Recipient
from storage.queries.messages import Attachment

PAIR_GAP_S = 6.0
"""WhatsApp takes one message to the same person in so many seconds, once it has had enough of a burst."""

_TOO_FAST = frozenset({4, 80007, THROUGHPUT, RATE_LIMIT})


class Dialog360Provider:
    """WhatsApp by 360dialog. What became of a message it cannot be asked: receipts alone tell."""

    name, title = DIALOG360, "360dialog"
    outside_window = OUTSIDE_WINDOW
    longest_caption: int | None = 1024

    def __init__(self, client: Dialog360, *, template: Template | None) -> None:
        self._client, self._template = client, template

    @property
    def template(self) -> Template | None:
        """The template for notices where free text may not go."""
        return self._template

    def send(self, recipient: Recipient, message: OutgoingMessage) -> SentMessage:
        """Send a message; 360dialog tells our webhook of it by the id that it gave."""
        to = recipient.reached_by
        if message.template is not None:
            template = message.template
            wamid = self._client.send_template(to, template.name, template.language, message.variables)
        elif message.file is not None:
            file, caption = message.file, message.text or None
            kind = _kind_of(file, captioned=caption is not None)
            wamid = self._client.send_media(to, file.url, kind, caption, file_name=_name_of(file))
        else:
            wamid = self._client.send_text(to, message.text)
        return SentMessage(wamid, MessageStatus.QUEUED, message.text)

    def show_typing(self, sid: str) -> None:
        """Show that an answer is being written; nothing of a message that WhatsApp has not named."""
        if not sid.startswith("unnamed-"):
            self._client.show_typing(sid)

    def last_sent(self, recipient: Recipient, since: datetime) -> list[SentMessage] | None:
        """Return None: it cannot be asked."""
        return None

    def fetch(self, sid: str) -> SentMessage | None:
        """Return None: it cannot be asked."""
        return None

    def pace(self, recipient: Recipient) -> Pace:
        """Return the pace of our number."""
        return Pace(recipient.our_address or DIALOG360, PACE)

    def too_fast(self, error: IntegrationError) -> TooFast | None:
        """Return how long our number has to wait, or this person alone."""
        if error.code == PAIR_RATE_LIMIT:
            return TooFast(PAIR_GAP_S, whole_number=False)
        if error.status != 429 and error.code not in _TOO_FAST:
            return None
        return TooFast.after(error)

    def may_have_been_done(self, error: IntegrationError) -> bool:
        """Say whether a message may be on its way although sending it raised."""
        return dialog360.may_have_been_done(error)

    def what_to_do(self, code: int | str | None, language: str) -> str | None:
        """Say what a code of Meta's or 360dialog's means."""
        return dialog360.what_to_do(code, language)


def _kind_of(file: Attachment, *, captioned: bool) -> str:
    """Return as what a file goes out: a document can be anything, and unlike a recording it takes a caption."""
    if file.type in ("image/jpeg", "image/png"):
        return "image"
    if file.type in ("video/mp4", "video/3gpp"):
        return "video"
    return "audio" if file.type.startswith("audio/") and not captioned else "document"


def _name_of(file: Attachment) -> str | None:
    return PurePosixPath(unquote(urlsplit(file.url).path)).name or None
