"""What a WhatsApp webhook says, as plain values. Whatever a form holds, parsing it never fails.

Source: https://www.twilio.com/docs/messaging/guides/webhook-request. Text in square brackets is ours and not the
person's: the model is told so.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from conversation.addresses import matching_number
from settings import SIMULATOR_ACCOUNT_SID
from storage.messages import NewMessage, Sender
from storage.models import MessageStatus

MOST_BODY = 4096
MOST_NAME = 80
MOST_MEDIA = 10
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")
_SPACES = re.compile(r"\s+")

_MEDIA_WORDS = {
    "image/webp": "a sticker",
    "image": "a photo",
    "audio": "a voice note",
    "video": "a video",
    "text/vcard": "a contact card",
    "text/x-vcard": "a contact card",
}


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that came in, and who wrote it."""

    sender: Sender
    message: NewMessage
    opt_out_type: str
    """STOP, START or HELP where Twilio's Advanced Opt-Out has answered the message itself."""


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """What a provider says became of a message of ours. status None: one that says nothing new."""

    sid: str
    status: MessageStatus | None
    error_code: int | None


def read_incoming(form: Mapping[str, str]) -> Incoming | None:
    """Return the message of a webhook; None where it does not say who wrote it, or has nothing in it."""
    address = form.get("From", "").strip()
    number = address.removeprefix("whatsapp:")
    if not _NUMBER.fullmatch(number):
        return None
    body, kind = _body(form)
    if not body:
        return None
    sender = Sender(
        number=matching_number(number),
        address=address,
        name=_line(form.get("ProfileName", ""))[:MOST_NAME],
        simulated=form.get("AccountSid") == SIMULATOR_ACCOUNT_SID,
    )
    message = NewMessage(
        # One without a SID is a message of its own: nobody's words may be taken for another's
        sid=_line(form.get("MessageSid", ""))[:64] or f"unnamed-{secrets.token_hex(8)}",
        kind=kind,
        body=body,
        to_address=_line(form.get("To", ""))[:120],
    )
    return Incoming(sender, message, form.get("OptOutType", "").upper())


def read_receipt(form: Mapping[str, str]) -> ReceiptFacts:
    """Return what a status callback says (https://www.twilio.com/docs/messaging/guides/track-outbound-message-status)."""
    said, code = form.get("MessageStatus", "").lower(), form.get("ErrorCode", "")
    if form.get("EventType", "").upper() == "READ":
        said = "read"
    status = status_of(said)
    is_number = code.isascii() and code.isdigit() and len(code) < 9
    return ReceiptFacts(_line(form.get("MessageSid", ""))[:64], status, int(code) if is_number else None)


def status_of(said: str) -> MessageStatus | None:
    """Return what a provider's word for a message's state means; None for one that says nothing new."""
    return _RECEIPTS.get(said)


_RECEIPTS = {
    "accepted": MessageStatus.QUEUED,
    "queued": MessageStatus.QUEUED,
    "sending": MessageStatus.QUEUED,
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "undelivered": MessageStatus.UNDELIVERED,
    "failed": MessageStatus.FAILED,
    "canceled": MessageStatus.FAILED,
}


def _body(form: Mapping[str, str]) -> tuple[str, str]:
    """The message in words, and what kind it is."""
    parts = [_CONTROL.sub(" ", form.get("Body", "")).strip()[:MOST_BODY]]
    kind = "text"
    if button := _line(form.get("ButtonText", "")):
        parts, kind = [button[:MOST_BODY]], "button"
    if place := _place(form):
        parts.append(place)
        kind = "location"
    media = [_media_words(form.get(f"MediaContentType{n}", "")) for n in range(_media_count(form))]
    if media:
        parts += [f"[sent {words}, which cannot be opened here]" for words in media]
        kind = "media"
    return "\n".join(filter(None, parts)), kind


def _place(form: Mapping[str, str]) -> str:
    where = [_line(form.get(name, ""))[:200] for name in ("Label", "Address")]
    latitude, longitude = (_line(form.get(name, ""))[:20] for name in ("Latitude", "Longitude"))
    if not latitude or not longitude:
        return ""
    return f"[sent a location: {', '.join(filter(None, [*where, f'{latitude}, {longitude}']))}]"


def _media_count(form: Mapping[str, str]) -> int:
    value = form.get("NumMedia", "")
    return min(int(value), MOST_MEDIA) if value.isascii() and value.isdigit() and len(value) < 4 else 0


def _media_words(content_type: str) -> str:
    kind = content_type.partition(";")[0].strip().lower()
    return _MEDIA_WORDS.get(kind) or _MEDIA_WORDS.get(kind.partition("/")[0]) or "a file"


def _line(text: str) -> str:
    return _SPACES.sub(" ", _CONTROL.sub(" ", text)).strip()
