"""Reads 360dialog's webhooks as the same values as Twilio's. See messaging.requests."""

from dataclasses import replace

from conversation.marks import mark, without_marks
from conversation.message_kinds import EDIT
from integrations.dialog360.webhooks import Card, InboundMessage, Kind, Location, Receipt
from messaging.providers.base import DIALOG360
from messaging.requests import MOST_BODY, Incoming, ReceiptFacts, status_of
from messaging.told import NOT_PASSED_ON, from_advertisement
from phone_numbers import NO_NUMBER, contact_address
from storage.queries.contacts import Sender
from storage.queries.messages import Attachment, NewMessage

REACTION = "reaction"

_TYPES = {
    Kind.IMAGE: "image/jpeg",
    Kind.AUDIO: "audio/ogg",
    Kind.VOICE: "audio/ogg",
    Kind.VIDEO: "video/mp4",
    Kind.STICKER: "image/webp",
}
"""The content type of files by kind, if none is given."""
_KINDS = {
    Kind.BUTTON: "button",
    Kind.LOCATION: "location",
    Kind.REACTION: REACTION,
    Kind.CONTACTS: "contacts",
    Kind.FORM: "form",
    Kind.ORDER: "order",
    Kind.EDIT: EDIT,
}


def incoming_of(said: InboundMessage) -> Incoming:
    """Return a message of 360dialog's."""
    sender = Sender(
        number=contact_address(said.number, said.wamid) if said.number else NO_NUMBER,
        address=said.number,
        name=said.name,
        simulated=False,
        provider=DIALOG360,
        user_id=said.user_id,
    )
    attachments = _attachments(said)
    kind = "media" if attachments else _KINDS.get(said.kind, "text")
    body, kind = from_advertisement(_body(said), kind, said.advertisement)
    message = NewMessage(
        sid=said.wamid,
        kind=kind,
        body=body[:MOST_BODY],
        to_address=said.our_number,
        attachments=attachments,
    )
    incoming = Incoming(sender, message, said.sent_at)
    match said.kind:
        case Kind.REACTION:
            return replace(incoming, reacts_to=_reacts_to(said))
        case Kind.EDIT:
            return replace(incoming, corrects=said.about)
        case Kind.REVOKE:
            return replace(incoming, takes_back=said.about)
    return replace(incoming, payload=said.reply_id, answers=said.about)


def facts_of(receipt: Receipt) -> ReceiptFacts:
    """Return the facts of a receipt of 360dialog's."""
    return ReceiptFacts(
        receipt.wamid, status_of(receipt.status), receipt.error_code, receipt.number, receipt.user_id
    )


def _body(said: InboundMessage) -> str:
    """The message in words, but for its file."""
    if said.kind is Kind.REACTION:
        return mark(f"reacted with {said.body}" if said.body else "took back a reaction")
    if said.place is not None:
        return _location(said.place)
    if said.kind is Kind.FORM:
        return mark(f"sent a form: {said.values}")
    if said.kind is Kind.ORDER:
        order = mark(f"sent an order: {said.values}") if said.values else ""
        return "\n".join(filter(None, [without_marks(said.body), order]))
    return "\n".join(map(_card, said.cards)) if said.cards else said.body


def _location(place: Location) -> str:
    where = (place.name, place.address, f"{place.latitude}, {place.longitude}")
    return mark(f"sent a location: {', '.join(filter(None, where))}")


def _card(card: Card) -> str:
    return mark(f"sent a contact card: {', '.join(filter(None, (card.name, *card.phones)))}")


def _attachments(said: InboundMessage) -> tuple[Attachment, ...]:
    if said.kind is Kind.UNSUPPORTED:  # nothing that could be opened, and never taken for words
        return (Attachment("", "", words=NOT_PASSED_ON, is_readable=False, provider=DIALOG360),)
    if said.media is None:
        return ()
    file_type = said.media.mime_type.partition(";")[0].strip()
    if not file_type or said.kind is Kind.STICKER:
        file_type = _TYPES.get(said.kind, file_type)
    return (Attachment(said.media.id, file_type, provider=DIALOG360),)


def _reacts_to(said: InboundMessage) -> str:
    """Return the SID of the message reacted to; "" if the reaction was removed."""
    return said.about if said.body else ""
