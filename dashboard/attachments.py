"""Describes received files to operators, from the words stored for the assistant."""

import re

from conversation.message_kinds import DELETED, DESCRIBED, EDIT
from dashboard.marks import MARKS, without_english_marks
from storage.queries.messages import Attachment, MessageRecord
from translations import gettext as _

_CARDS = ("text/vcard", "text/x-vcard", "text/directory")
_VOICE_NOTE = "[voice note] "
_DESCRIBED = re.compile(r"\[sent [^:\]]*: (.*)\]", re.DOTALL)


def file_words(file: Attachment) -> str:
    """Return a file's kind and its content as understood, in the reader's language."""
    if not file.type and file.words:
        return without_english_marks(file.words)
    name = _name(file)
    if file.words is None:
        return name
    if not file.is_readable:
        note = _("not opened by the assistant")
        return f"{name} ({note})"
    understood = _understood(file.words)
    return f"{name}: {understood}" if understood else name


def message_words(message: MessageRecord) -> str:
    """Return a message's text and the descriptions of its files."""
    change = {EDIT: MARKS["corrected"], DELETED: MARKS["deleted"]}.get(message.kind)
    words = filter(None, [body_words(message), *map(file_words, message.attachments)])
    return "\n".join([*([str(change)] if change else []), *words])


def body_words(message: MessageRecord) -> str:
    """Return a message's text; of one that is more than words, what it holds."""
    return without_english_marks(message.body) if message.kind in DESCRIBED else message.body


def _understood(words: str) -> str:
    if words.startswith(_VOICE_NOTE):
        return words.removeprefix(_VOICE_NOTE)
    described = _DESCRIBED.fullmatch(words)
    return described[1] if described else ""


def _name(file: Attachment) -> str:
    if file.type in _CARDS:
        return _("Contact card")
    match file.type.partition("/")[0]:
        case "image":
            return _("Photo")
        case "audio":
            return _("Voice note")
        case "video":
            return _("Video")
    return _("Document")
