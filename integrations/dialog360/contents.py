"""Reads a Cloud API message's content by its type.

Follows https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components (messages object).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from integrations.dialog360.lenient import degrees_of, line_of, number_of, text_of
from integrations.form_values import form_values
from integrations.json_models import dict_of, dicts_of

MOST_BODY = 4096
MOST_LABEL = 200
MOST_ID = 255
MOST_CARDS = 10
MOST_PHONES = 5
OWN = "contact_request"
"""The origin of a number that somebody gave by WhatsApp's button, at our request."""
MOST_VALUES = 2000
MOST_AMOUNT = 10**9


class Kind(StrEnum):
    """A message's kind. EDIT: another one's new words; REVOKE: another one was deleted.

    UNSUPPORTED: not passed on by WhatsApp, or not understood.
    """

    TEXT = "text"
    BUTTON = "button"
    IMAGE = "image"
    AUDIO = "audio"
    VOICE = "voice"
    VIDEO = "video"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACTS = "contacts"
    REACTION = "reaction"
    FORM = "form"
    ORDER = "order"
    EDIT = "edit"
    REVOKE = "revoke"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Media:
    """A received file. id: for Dialog360.download. mime_type, file_name: as declared by the sender."""

    id: str
    mime_type: str
    file_name: str


@dataclass(frozen=True, slots=True)
class Location:
    """A location in degrees. name and address are empty for a bare pin."""

    latitude: float
    longitude: float
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Card:
    """A contact card. phones: as written on it."""

    name: str
    phones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """A message's content, with the fields of InboundMessage."""

    kind: Kind
    body: str = ""
    media: Media | None = None
    place: Location | None = None
    cards: tuple[Card, ...] = ()
    reply_id: str = ""
    about: str = ""
    values: str = ""


def read_content(message: dict[str, Any]) -> Content:
    """Return a message's content; UNSUPPORTED if its parts are missing."""
    said = message.get("type")
    kind = said if isinstance(said, str) else next((name for name in _READERS if name in message), "")
    read = _READERS.get(kind)
    return read(message.get(kind)) if read else Content(Kind.UNSUPPORTED)


def _text(part: Any) -> Content:
    body = text_of(dict_of(part).get("body"), MOST_BODY)
    return Content(Kind.TEXT if body else Kind.UNSUPPORTED, body)


def _button(part: Any) -> Content:
    """Read a quick reply of a template."""
    button = dict_of(part)
    return _chosen(button.get("text"), button.get("payload"))


def _interactive(part: Any) -> Content:
    answer = dict_of(part)
    if form := dict_of(answer.get("nfm_reply")):
        values = text_of(form_values(form.get("response_json")), MOST_VALUES)
        return Content(Kind.FORM if values else Kind.UNSUPPORTED, values=values)
    chosen = dict_of(answer.get("button_reply")) or dict_of(answer.get("list_reply"))
    return _chosen(chosen.get("title"), chosen.get("id"))


def _chosen(title: Any, reply_id: Any) -> Content:
    words, stands_for = line_of(title, MOST_LABEL), line_of(reply_id, MOST_ID)
    return Content(Kind.BUTTON if words else Kind.UNSUPPORTED, words, reply_id=stands_for)


def _media(kind: Kind) -> Callable[[Any], Content]:
    def read(part: Any) -> Content:
        file = dict_of(part)
        media = Media(
            id=line_of(file.get("id"), MOST_ID),
            mime_type=line_of(file.get("mime_type"), 100).lower(),
            file_name=line_of(file.get("filename"), MOST_LABEL),
        )
        caption = text_of(file.get("caption"), MOST_BODY)
        if not media.id:
            return Content(Kind.UNSUPPORTED, caption)
        is_voice = kind is Kind.AUDIO and file.get("voice") is True
        return Content(Kind.VOICE if is_voice else kind, caption, media=media)

    return read


def _location(part: Any) -> Content:
    position = dict_of(part)
    latitude, longitude = degrees_of(position.get("latitude"), 90), degrees_of(position.get("longitude"), 180)
    if latitude is None or longitude is None:
        return Content(Kind.UNSUPPORTED)
    name, address = (line_of(position.get(field), MOST_LABEL) for field in ("name", "address"))
    return Content(Kind.LOCATION, place=Location(latitude, longitude, name, address))


def _contacts(part: Any) -> Content:
    cards = tuple(_card(contact) for contact in dicts_of(part)[:MOST_CARDS])
    told = tuple(card for card in cards if card.name or card.phones)
    return Content(Kind.CONTACTS if told else Kind.UNSUPPORTED, cards=told)


def _card(contact: dict[str, Any]) -> Card:
    names = dict_of(contact.get("name"))
    name = line_of(names.get("formatted_name"), MOST_LABEL) or line_of(names.get("first_name"), MOST_LABEL)
    phones = [line_of(p.get("phone") or p.get("wa_id"), 40) for p in dicts_of(contact.get("phones"))]
    return Card(name, tuple(filter(None, phones))[:MOST_PHONES])


def own_number(message: dict[str, Any]) -> str:
    """Return the number that somebody gave as their own by WhatsApp's button; any other card may be anybody's."""
    for contact in dicts_of(message.get("contacts")):
        if OWN in (contact.get("origin"), message.get("origin")) and "vcard" not in contact:
            phones = dicts_of(contact.get("phones"))
            return next(filter(None, (number_of(p.get("wa_id") or p.get("phone")) for p in phones)), "")
    return ""


def _reaction(part: Any) -> Content:
    reaction = dict_of(part)
    about = line_of(reaction.get("message_id"), MOST_ID)
    return Content(Kind.REACTION, line_of(reaction.get("emoji"), 40), about=about)


def _order(part: Any) -> Content:
    order = dict_of(part)
    items = [line for item in dicts_of(order.get("product_items"))[:MOST_CARDS] if (line := _item(item))]
    words = text_of(order.get("text"), MOST_BODY)
    return Content(Kind.ORDER if items or words else Kind.UNSUPPORTED, words, values=", ".join(items))


def _item(item: dict[str, Any]) -> str:
    product = line_of(item.get("product_retailer_id"), MOST_LABEL)
    price = " ".join(filter(None, (_amount(item.get("item_price")), line_of(item.get("currency"), 3))))
    quantity = _amount(item.get("quantity")) or "1"
    return f"{quantity} x {product}{f' ({price})' if price else ''}" if product else ""


def _amount(value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return line_of(f"{value:.10g}" if is_number and abs(value) < MOST_AMOUNT else value, 20)


def _edit(part: Any) -> Content:
    """A message's new words; its file stays the same."""
    edit = dict_of(part)
    said = dict_of(edit.get("message"))
    content = read_content(said) if said.get("type") in _EDITABLE else Content(Kind.UNSUPPORTED)
    if not content.body:
        return Content(Kind.UNSUPPORTED)
    return Content(Kind.EDIT, content.body, about=line_of(edit.get("original_message_id"), MOST_ID))


def _revoke(part: Any) -> Content:
    return Content(Kind.REVOKE, about=line_of(dict_of(part).get("original_message_id"), MOST_ID))


_EDITABLE = ("text", "image", "video", "document")
_READERS: dict[str, Callable[[Any], Content]] = {
    "text": _text,
    "button": _button,
    "interactive": _interactive,
    "image": _media(Kind.IMAGE),
    "audio": _media(Kind.AUDIO),
    "voice": _media(Kind.VOICE),
    "video": _media(Kind.VIDEO),
    "document": _media(Kind.DOCUMENT),
    "sticker": _media(Kind.STICKER),
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "order": _order,
    "edit": _edit,
    "revoke": _revoke,
}
