"""Reads WhatsApp's webhooks as plain values; never fails, whatever the form holds.

Source: https://www.twilio.com/docs/messaging/guides/webhook-request. Bodies are as people wrote them, but
for the kinds in `conversation.message_kinds.DESCRIBED`, which are described.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from conversation.marks import mark, without_marks
from conversation.message_kinds import DESCRIBED
from integrations.form_values import form_values
from integrations.plain_text import received, received_line
from integrations.whatsapp_ids import user_id_of
from messaging.told import NOT_PASSED_ON, from_advertisement
from phone_numbers import NO_NUMBER, contact_address
from settings import SIMULATOR_ACCOUNT_SID
from storage.models import MessageStatus
from storage.queries.contacts import Sender
from storage.queries.messages import Attachment, NewMessage

MOST_BODY = 4096
MOST_NAME = 80
MOST_ATTACHMENTS = 10
MOST_VALUES = 2000
MOST_PAYLOAD = 256
_LONGEST_URL = 500
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True)
class Incoming:
    """An incoming message and its author."""

    sender: Sender
    message: NewMessage
    sent_at: datetime | None = None
    """The time of its writing, UTC, where the provider says it."""
    opt_out_type: str = ""
    """STOP, START or HELP if Twilio's Advanced Opt-Out has answered the message itself."""
    reacts_to: str | None = None
    """Of a reaction: the SID of the message it refers to; may be empty."""
    corrects: str | None = None
    """Of new words for an earlier message: its SID; may be empty."""
    takes_back: str | None = None
    """Of a message that says that another one was deleted: the SID of that one; may be empty."""
    payload: str = ""
    """Of a button that was pressed: what it stands for."""
    answers: str = ""
    """The SID of the message that it quotes, or whose button it is; empty for none."""


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """A receipt of a message of ours. status None: nothing new.

    number: the contact's, E.164, for receipts whose SID alone identifies the message; user_id: the contact's, if said.
    """

    sid: str
    status: MessageStatus | None
    error_code: int | None
    number: str = ""
    user_id: str = ""


def read_incoming(form: Mapping[str, str], token: str = "") -> Incoming | None:
    """Return the message of a webhook; None if it has no author.

    token: its I-Twilio-Idempotency-Token, the same for every attempt of one webhook.
    """
    address = form.get("From", "").strip()
    number = address.removeprefix("whatsapp:")
    user_id = user_id_of(address) or user_id_of(form.get("ExternalUserId", ""))
    if not _NUMBER.fullmatch(number):
        number = address = ""
    if not number and not user_id:
        return None
    body, kind = _body(form)
    simulated = form.get("AccountSid") == SIMULATOR_ACCOUNT_SID
    attachments = _attachments(form, simulated)
    if not body and not attachments:
        attachments = (Attachment("", "", words=NOT_PASSED_ON, is_readable=False, simulated=simulated),)
    kind = "media" if attachments and kind not in DESCRIBED else kind
    body, kind = from_advertisement(body, kind, _advertisement(form))
    # One without a SID is a message of its own: nobody's words may be taken for another's
    sid = received_line(form.get("MessageSid", ""))[:64] or f"unnamed-{secrets.token_hex(8)}"
    sender = Sender(
        number=contact_address(number, sid) if number else NO_NUMBER,
        address=address,
        name=received_line(form.get("ProfileName", ""))[:MOST_NAME],
        simulated=simulated,
        user_id=user_id,
    )
    message = NewMessage(
        sid=sid,
        kind=kind,
        body=body[:MOST_BODY],
        to_address=received_line(form.get("To", ""))[:120],
        token=received_line(token)[:100] or None,
        attachments=attachments,
    )
    return Incoming(
        sender,
        message,
        opt_out_type=form.get("OptOutType", "").upper(),
        payload=received_line(form.get("ButtonPayload", ""))[:MOST_PAYLOAD],
        answers=received_line(form.get("OriginalRepliedMessageSid", ""))[:64],
    )


def read_receipt(form: Mapping[str, str]) -> ReceiptFacts:
    """Return a status callback's receipt (https://www.twilio.com/docs/messaging/guides/track-outbound-message-status)."""
    said, code = form.get("MessageStatus", "").lower(), form.get("ErrorCode", "")
    if form.get("EventType", "").upper() == "READ":
        said = "read"
    status = status_of(said)
    is_number = code.isascii() and code.isdigit() and len(code) < 9
    return ReceiptFacts(
        received_line(form.get("MessageSid", ""))[:64], status, int(code) if is_number else None
    )


def status_of(said: str) -> MessageStatus | None:
    """Return the status for a provider's term; None for one that brings nothing new."""
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
    """Return the message in words, and its kind."""
    body, kind = received(form.get("Body", ""))[:MOST_BODY], "text"
    for field, kind_of_reply in (("ButtonText", "button"), ("ListTitle", "list")):
        if chosen := received_line(form.get(field, "")):  # Body repeats it, or holds the button's own payload
            body, kind = chosen[:MOST_BODY], kind_of_reply
    described = ((_place(form), "location"), (_form(form) if kind == "text" else "", "form"))
    for words, kind_of_words in described:
        if words:
            return "\n".join(filter(None, [without_marks(body), words])), kind_of_words
    return body, kind


def _form(form: Mapping[str, str]) -> str:
    """Return the answers of a form (WhatsApp Flows)."""
    values = form_values(form.get("FlowData") or form.get("InteractiveData", ""))
    return mark(f"sent a form: {values[:MOST_VALUES]}") if values else ""


def _advertisement(form: Mapping[str, str]) -> str:
    said = (received_line(form.get(f"Referral{name}", ""))[:200] for name in ("Headline", "Body"))
    return ": ".join(filter(None, said))


def _place(form: Mapping[str, str]) -> str:
    where = [received_line(form.get(name, ""))[:200] for name in ("Label", "Address")]
    latitude, longitude = (received_line(form.get(name, ""))[:20] for name in ("Latitude", "Longitude"))
    if not latitude or not longitude:
        return ""
    return mark(f"sent a location: {', '.join(filter(None, [*where, f'{latitude}, {longitude}']))}")


def _attachments(form: Mapping[str, str], simulated: bool) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            url=form.get(f"MediaUrl{n}", "").strip()[:_LONGEST_URL],
            type=received_line(form.get(f"MediaContentType{n}", "")).partition(";")[0].strip().lower()[:100],
            simulated=simulated,
        )
        for n in range(_attachment_count(form))
    )


def _attachment_count(form: Mapping[str, str]) -> int:
    value = form.get("NumMedia", "")
    return min(int(value), MOST_ATTACHMENTS) if value.isascii() and value.isdigit() and len(value) < 4 else 0
