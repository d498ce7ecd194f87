"""Posts one message to Chatwoot, after searching for it if it may be there already."""

import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol

import structlog

from integrations.chatwoot.client import Chatwoot
from integrations.chatwoot.shapes import Message, MessageType, Upload, find_posted
from integrations.errors import IntegrationError
from integrations.http.memory_budget import MemoryBudget
from integrations.media_types import type_of
from people.helpdesk.phrases import ASSISTANT_MARK, NOTE_MARK, HelpdeskPhrases
from people.helpdesk.rendering import Post, Voice
from storage.queries.helpdesk import ContactPlace
from storage.queries.helpdesk_items import Item
from storage.queries.messages import Attachment

log = structlog.get_logger()

OWN = "flaskbot:"
"""The prefix of the source_id of messages we posted: their webhooks are not operators'."""
MOST_FILE_BYTES = 16 * 1024 * 1024
MOST_POST_BYTES = 32 * 1024 * 1024
"""The most of all files of one message."""
MEMORY_WAIT_S = 10.0
FETCH_TRIES = 3
NOT_FETCHED = "not_fetched"
"""A file of a person's is not to be had for now: its provider's fault, not Chatwoot's."""
HELD = frozenset({401, 403, 404})
"""Chatwoot's answers while its address, inbox or token is wrong: nothing is lost meanwhile."""
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Downloads(Protocol):
    """The source of a provider's files."""

    def download(self, url: str, *, most_bytes: int) -> bytes:
        """Return a file. Raises IntegrationError."""
        ...


class MirrorSending:
    """Posts messages as the person, as the assistant, or as a note. Thread-safe.

    downloads: by the provider's name. memory: for the files. Every method raises IntegrationError as Chatwoot's client
    does.
    """

    def __init__(
        self,
        client: Chatwoot,
        words: HelpdeskPhrases,
        downloads: Mapping[str, Downloads],
        memory: MemoryBudget,
    ) -> None:
        self._client, self._words, self._downloads, self._memory = client, words, downloads, memory
        self._has_warned = False

    def find(self, place: ContactPlace, post: Post, *, after: int) -> int | None:
        """Return the message created by a post without an answer. after: the last message before it.

        A note cannot be searched for: Chatwoot's webhook brings its number, or it is posted again.
        """
        if place.conversation_id is None or (post.voice is Voice.NOTE and self._client.can_post_outgoing):
            return None
        newest = self._client.newest_messages(place.source_id, place.conversation_id)
        later = [message for message in newest if message.id > after]
        as_person = post.voice is Voice.PERSON or not self._client.can_post_outgoing
        message_type = MessageType.INCOMING if as_person else MessageType.OUTGOING
        for each in (post, post.without_files(self._words)):
            found = find_posted(
                later,
                self._content(each),
                message_type=message_type,
                since=_LONG_AGO,
                files=len(each.attachments),
            )
            if found is not None:
                return found.id
        return None

    @contextmanager
    def files(self, post: Post, item: Item) -> Iterator[list[Upload]]:
        """Hold a message's files, or none if any cannot be fetched."""
        count = len(post.attachments)
        room = self._memory.reserve(min(count * MOST_FILE_BYTES, MOST_POST_BYTES), within_s=MEMORY_WAIT_S)
        try:
            files = self._fetched_all(post, item)
            room.shrink(sum(len(file.content) for file in files))
            yield files
        finally:
            room.release()

    def _fetched_all(self, post: Post, item: Item) -> list[Upload]:
        files: list[Upload] = []
        left = MOST_POST_BYTES
        for number, attachment in enumerate(post.attachments, start=1):
            content = self._fetched(attachment, item, min(left, MOST_FILE_BYTES))
            if content is None:
                return []
            left -= len(content)
            files.append(_upload(attachment, content, f"{item.subject_id}-{number}"))
        return files

    def post(self, place: ContactPlace, post: Post, files: list[Upload], item: Item) -> int:
        """Post an item's next message and return its number. files: those that could be fetched."""
        source_id = f"{OWN}{item.id}:{item.step}"
        if post.attachments and not files:
            post = post.without_files(self._words)
        try:
            return self._post(place, post, files, source_id).id
        except IntegrationError as error:
            if not files or not error.permanent or error.status in HELD:
                raise
            log.warning("mirror_files_refused", item_id=item.id, status=error.status)
        return self._post(place, post.without_files(self._words), [], source_id).id

    def _post(self, place: ContactPlace, post: Post, files: list[Upload], source_id: str) -> Message:
        assert place.conversation_id is not None
        content = self._content(post)
        if post.voice is Voice.PERSON or not self._client.can_post_outgoing:
            return self._client.post_incoming(place.source_id, place.conversation_id, content, files)
        is_note = post.voice is Voice.NOTE
        return self._client.post_outgoing(
            place.conversation_id, content, source_id=source_id, private=is_note, attachments=files
        )

    def _content(self, post: Post) -> str:
        if post.voice is Voice.PERSON or self._client.can_post_outgoing:
            return post.words
        if not self._has_warned:
            self._has_warned = True
            log.warning(
                "chatwoot_without_token",
                meaning="without CHATWOOT_API_TOKEN and CHATWOOT_ACCOUNT_ID Chatwoot shows the assistant's "
                "messages as the customer's, with a mark before them, and counts them as unread",
            )
        return (NOTE_MARK if post.voice is Voice.NOTE else ASSISTANT_MARK) + post.words

    def _fetched(self, attachment: Attachment, item: Item, most_bytes: int) -> bytes | None:
        downloads = self._downloads.get(attachment.provider)
        if downloads is None:
            return None
        try:
            return downloads.download(attachment.url, most_bytes=most_bytes)
        except IntegrationError as error:
            if not error.permanent and item.tries < FETCH_TRIES:
                raise IntegrationError(
                    "a file of a person's is not to be had for now", permanent=False, code=NOT_FETCHED
                ) from error
            log.warning("mirror_file_missing", item_id=item.id, code=error.code, status=error.status)
            return None


def _upload(attachment: Attachment, content: bytes, name: str) -> Upload:
    found = type_of(content) or attachment.type or "application/octet-stream"
    return Upload(f"{name}{mimetypes.guess_extension(found) or ''}", content, found)
