"""Files that came with messages, as operators read of them: what is kept of each is worded for the assistant."""

import re

from dashboard.texts import pick
from dashboard.texts_words import FILES, FileTexts
from storage.queries.messages import Attachment, MessageRecord

_CARDS = ("text/vcard", "text/x-vcard", "text/directory")
_VOICE_NOTE = "[voice note] "
_DESCRIBED = re.compile(r"\[sent [^:\]]*: (.*)\]", re.DOTALL)


def file_words(file: Attachment) -> str:
    """Return what a file is, and what was understood of it, in the reader's language."""
    texts = pick(FILES)
    name = _name(file, texts)
    if file.words is None:
        return name
    if not file.is_readable:
        return f"{name} ({texts.not_opened})"
    understood = _understood(file.words)
    return f"{name}: {understood}" if understood else name


def message_words(message: MessageRecord) -> str:
    """Return all of a message in words, its files too."""
    return "\n".join(filter(None, [message.body, *map(file_words, message.attachments)]))


def _understood(words: str) -> str:
    if words.startswith(_VOICE_NOTE):
        return words.removeprefix(_VOICE_NOTE)
    described = _DESCRIBED.fullmatch(words)
    return described[1] if described else ""


def _name(file: Attachment, texts: FileTexts) -> str:
    if file.type in _CARDS:
        return texts.contact
    kind = file.type.partition("/")[0]
    return {"image": texts.picture, "audio": texts.voice, "video": texts.video}.get(kind, texts.document)
