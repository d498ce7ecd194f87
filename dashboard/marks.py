"""Words the program's marks in the reader's language."""

from collections.abc import Mapping

from conversation.described import described
from translations import Message, lazy_gettext

MARKS: Mapping[str, Message] = {
    "photo_of": lazy_gettext("Photo: {value}"),
    "card_of": lazy_gettext("Contact card: {value}"),
    "location": lazy_gettext("Location: {value}"),
    "form": lazy_gettext("Form: {value}"),
    "order": lazy_gettext("Order: {value}"),
    "reaction": lazy_gettext("Reaction: {value}"),
    "advertisement": lazy_gettext("Came from an advertisement: {value}"),
    "keys": lazy_gettext("(keys: {value})"),
    "voice_note_says": lazy_gettext("In a voice note:"),
    "voice_note": lazy_gettext("Voice note"),
    "photo": lazy_gettext("Photo"),
    "video": lazy_gettext("Video"),
    "sticker": lazy_gettext("Sticker"),
    "card": lazy_gettext("Contact card"),
    "document": lazy_gettext("Document"),
    "reaction_gone": lazy_gettext("Reaction taken back"),
    "not_passed_on": lazy_gettext("Something that WhatsApp does not pass on"),
    "corrected": lazy_gettext("Corrected a message:"),
    "deleted": lazy_gettext("Deleted a message"),
    "interrupted": lazy_gettext("(interrupted here)"),
    "hardly_understood": lazy_gettext("(hardly understood)"),
}
"""By the keys of conversation.described."""


def without_english_marks(words: str) -> str:
    """Return an utterance as people of ours read it."""
    return described(words, lambda key: str(MARKS[key]))
