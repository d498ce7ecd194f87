"""Parses 360dialog's webhooks. Never raises, whatever the body.

The body is the Cloud API's envelope as Meta sends it
(https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples). Numbers moved from the on-premise
API send the same parts without an envelope.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from integrations.dialog360.contents import (
    MOST_LABEL,
    Card,
    Kind,
    Location,
    Media,
    own_number,
    read_content,
)
from integrations.dialog360.identity_changes import IdentityChange, read_change
from integrations.dialog360.lenient import line_of, number_of, whole_of
from integrations.json_models import dict_of, dicts_of
from integrations.whatsapp_ids import user_id_of

__all__ = [
    "Card",
    "IdentityChange",
    "InboundMessage",
    "Kind",
    "Location",
    "Media",
    "Receipt",
    "ReceiptStatus",
    "Webhook",
    "read_webhook",
]

MOST_NAME = 80
MOST_ID = 255
_LATEST = 10**10
"""The latest time read, in seconds since 1970; a larger number is no time in seconds."""


class ReceiptStatus(StrEnum):
    """The delivery status of an outbound message."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


_STATUSES = frozenset(ReceiptStatus)


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A received message.

    number, our_number: E.164; our_number is empty where the webhook does not say it, number for somebody who shows a
    user name in its place. user_id: WhatsApp's of theirs, or empty. sent_at: UTC.
    body: what the person wrote, a file's caption, a button's title, a reaction's emoji (empty: taken back).
    reply_id: what the button or row that was chosen stands for. about: the wamid of the message that is answered or
    reacted to, edited or deleted. values: a form's or an order's, in one line. advertisement: the one they came from.
    """

    wamid: str
    number: str
    name: str
    our_number: str
    sent_at: datetime | None
    kind: Kind
    body: str = ""
    media: Media | None = None
    place: Location | None = None
    cards: tuple[Card, ...] = ()
    reply_id: str = ""
    about: str = ""
    user_id: str = ""
    values: str = ""
    advertisement: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A message's delivery receipt. number: E.164, or empty; user_id: likewise. error_code: Meta's, after a failure."""

    wamid: str
    status: ReceiptStatus
    number: str
    at: datetime | None
    error_code: int | None
    user_id: str = ""


@dataclass(frozen=True, slots=True)
class Webhook:
    """The contents of a webhook, in its order.

    our_number: E.164, or empty. without_sender: how many messages have neither a number nor a user id; they are not
    among messages. of_groups: the types of messages in groups, which are not among them either.
    changes: of people's user ids.
    """

    messages: list[InboundMessage]
    receipts: list[Receipt]
    our_number: str
    without_sender: int
    of_groups: list[str]
    changes: list[IdentityChange]


def read_webhook(body: Any) -> Webhook:
    """Parse a webhook's JSON, leaving out unreadable parts."""
    messages: list[InboundMessage] = []
    receipts: list[Receipt] = []
    of_groups: list[str] = []
    changes: list[IdentityChange] = []
    our_number, written = "", 0
    for value in _values(body):
        context = _context(value)
        our_number = our_number or context.our_number
        told = dicts_of(value.get("messages"))
        parts = [part for part in told if part.get("type") != "system"]
        changes += [change for part in told if part.get("type") == "system" and (change := read_change(part))]
        of_groups += [line_of(part.get("type"), 20) for part in parts if _is_of_group(part)]
        parts = [part for part in parts if not _is_of_group(part)]
        written += len(parts)
        messages += [message for part in parts if (message := _message(part, context)) is not None]
        receipts += [receipt for part in dicts_of(value.get("statuses")) if (receipt := _receipt(part))]
    return Webhook(messages, receipts, our_number, written - len(messages), of_groups, changes)


def _is_of_group(part: dict[str, Any]) -> bool:
    return bool(part.get("group_id"))


def _values(body: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects with messages and receipts, from either form of the body."""
    envelope = dict_of(body)
    if "entry" not in envelope:
        yield envelope
        return
    for entry in dicts_of(envelope["entry"]):
        for change in dicts_of(entry.get("changes")):
            # Other fields bring the history, and messages written in the WhatsApp Business app
            if change.get("field", "messages") == "messages":
                yield dict_of(change.get("value"))


@dataclass(frozen=True, slots=True)
class _Around:
    """The context of messages. people: by number and by user id. sole: the one contact there is."""

    our_number: str
    people: Mapping[str, "_Person"]
    sole: "_Person"


@dataclass(frozen=True, slots=True)
class _Person:
    number: str = ""
    user_id: str = ""
    name: str = ""


def _context(value: dict[str, Any]) -> _Around:
    shown = line_of(dict_of(value.get("metadata")).get("display_phone_number"), 40)
    people = [
        _Person(
            number_of(contact.get("wa_id")),
            user_id_of(contact.get("user_id")),
            line_of(dict_of(contact.get("profile")).get("name"), MOST_NAME),
        )
        for contact in dicts_of(value.get("contacts"))
    ]
    known = {key: person for person in people for key in (person.number, person.user_id) if key}
    sole = people[0] if len(people) == 1 else _Person()
    return _Around(number_of(re.sub(r"[\s().-]", "", shown)), known, sole)


def _sender(part: dict[str, Any], around: _Around) -> _Person:
    said = part.get("from")
    number, user_id = number_of(said), user_id_of(part.get("from_user_id")) or user_id_of(said)
    if not number and not user_id and said in (None, ""):
        return around.sole
    person = around.people.get(number) or around.people.get(user_id) or around.sole
    return _Person(number, user_id or (person.user_id if person.number == number else ""), person.name)


def _message(part: dict[str, Any], around: _Around) -> InboundMessage | None:
    sender = _sender(part, around)
    if not sender.number:
        sender = replace(sender, number=own_number(part))
    if not sender.number and not sender.user_id:
        return None
    content = read_content(part)
    message = InboundMessage(
        wamid=line_of(part.get("id"), MOST_ID),
        number=sender.number,
        name=sender.name,
        our_number=around.our_number,
        sent_at=_time(part.get("timestamp")),
        kind=content.kind,
        body=content.body,
        media=content.media,
        place=content.place,
        cards=content.cards,
        reply_id=content.reply_id,
        about=content.about or line_of(dict_of(part.get("context")).get("id"), MOST_ID),
        user_id=sender.user_id,
        values=content.values,
        advertisement=_advertisement(dict_of(part.get("referral"))),
    )
    return message if message.wamid else replace(message, wamid=_name_of_its_own(message))


def _advertisement(referral: dict[str, Any]) -> str:
    return ": ".join(filter(None, (line_of(referral.get(name), MOST_LABEL) for name in ("headline", "body"))))


def _name_of_its_own(message: InboundMessage) -> str:
    """The same each time that the same message comes, and no other's."""
    return f"unnamed-{hashlib.sha256(repr(message).encode()).hexdigest()[:32]}"


def _receipt(part: dict[str, Any]) -> Receipt | None:
    wamid, said = line_of(part.get("id"), MOST_ID), line_of(part.get("status"), 20).lower()
    if not wamid or said not in _STATUSES:
        return None
    errors = dicts_of(part.get("errors"))
    return Receipt(
        wamid=wamid,
        status=ReceiptStatus(said),
        number=number_of(part.get("recipient_id")),
        at=_time(part.get("timestamp")),
        error_code=whole_of(errors[0].get("code")) if errors else None,
        user_id=user_id_of(part.get("recipient_user_id")),
    )


def _time(value: Any) -> datetime | None:
    seconds = whole_of(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None and seconds < _LATEST else None
