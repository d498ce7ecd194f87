"""Fetches photos for the model, and holds the newest ones until their turn.

All of them, here and in requests, count in the process's budget of memory. Those held for their turn give way to
whatever needs the memory at once: they can be fetched again.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from integrations.errors import IntegrationError
from integrations.http.memory_budget import HeldFile, MemoryBudget, Reservation
from integrations.media_types import type_of
from integrations.pictures import Picture
from storage.queries.messages import Attachment, MessageRecord

log = structlog.get_logger()

MOST_IMAGE_BYTES = 5 * 1024 * 1024
MOST_IMAGES = 5
"""The most photos shown to a model at once."""
KEPT_SHARE = 2
"""Photos held for their turn take at most the budget divided by this."""
MEMORY_WAIT_S = 20.0
"""The longest wait for memory: then a file cannot be opened, and an answer is written without its photos."""
SHOWN_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
STICKER = "image/webp"


class Downloads(Protocol):
    """A source of files."""

    def download(self, url: str, /, *, most_bytes: int) -> bytes:
        """Return a file, by its link or whatever name its provider has for it. Raises IntegrationError."""
        ...


class Files:
    """Fetches messages' files within the budget of memory. Thread-safe. downloads: by provider.

    simulated: for the simulator's contacts, whose files are on this machine.
    """

    def __init__(
        self,
        downloads: Mapping[str, Downloads],
        simulated: Downloads,
        memory: MemoryBudget,
        *,
        wait_s: float = MEMORY_WAIT_S,
    ) -> None:
        """wait_s: the longest wait for memory."""
        self._downloads, self._simulated, self.memory, self._wait_s = downloads, simulated, memory, wait_s

    def fetch(self, attachment: Attachment, most_bytes: int, *, within_s: float | None = None) -> HeldFile:
        """Return a file, to be released. Raises IntegrationError, also if there is no memory for it in time."""
        room = self.memory.reserve(most_bytes, within_s=self._wait_s if within_s is None else within_s)
        return self.read(attachment, room, most_bytes)

    def read(self, attachment: Attachment, room: Reservation, most_bytes: int) -> HeldFile:
        """Return a file whose memory is reserved. Raises IntegrationError, and releases the memory."""
        return HeldFile.read(lambda: self._download(attachment, most_bytes), room)

    def _download(self, attachment: Attachment, most_bytes: int) -> bytes:
        at_provider = self._downloads.get(attachment.provider)
        downloads = self._simulated if attachment.simulated else at_provider
        if downloads is None:
            raise IntegrationError(
                "no credentials to fetch files with", permanent=True, code="no_credentials"
            )
        return downloads.download(attachment.url, most_bytes=most_bytes)


@dataclass(frozen=True, slots=True)
class Shown:
    """The photos of messages for a model. missing: the labels of those that cannot be shown now."""

    pictures: Sequence[Picture] = ()
    missing: Sequence[str] = ()


class Photos:
    """Messages' photos. Thread-safe."""

    def __init__(self, files: Files) -> None:
        self._files, self._memory = files, files.memory
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, int], Picture] = OrderedDict()
        self._memory.when_short(self.give_way)

    def fetch(self, attachment: Attachment) -> Picture:
        """Return a photo. Raises IntegrationError."""
        return _picture(self._files.fetch(attachment, MOST_IMAGE_BYTES))

    def keep(self, message: MessageRecord, number: int, picture: Picture) -> None:
        """Hold a photo for its turn, unless the memory is needed."""
        with self._lock:
            self._kept[message.id, number] = picture
            most = self._memory.total_bytes // KEPT_SHARE
            while sum(len(kept.content) for kept in self._kept.values()) > most:
                _, oldest = self._kept.popitem(last=False)
                oldest.release()
        if self._memory.is_short:
            self.give_way()

    def give_way(self) -> None:
        """Release what is held for later turns."""
        with self._lock:
            given, self._kept = list(self._kept.values()), OrderedDict()
        for picture in given:
            picture.release()

    def are_kept(self, messages: Sequence[MessageRecord]) -> bool:
        """Return True if no photo of these would have to be fetched."""
        with self._lock:
            return all((message.id, number) in self._kept for message, number in _shown(messages))

    def of(self, messages: Sequence[MessageRecord], *, within_s: float) -> Shown:
        """Return the photos of messages, the last ones if there are many; whoever gets them releases them.

        within_s: the longest wait for memory.
        """
        wanted = _shown(messages)
        if not wanted:
            return Shown()
        held = self._taken(wanted)
        try:
            room = self._room(wanted, held, within_s)
        except IntegrationError as error:
            log.warning("photos_not_shown", code=error.code, count=len(wanted))
            return Shown(missing=[photo_label(message, number) for message, number in wanted])
        pictures, missing = [], []
        try:
            for message, number in wanted:
                picture = held.get((message.id, number)) or self._fetched(room, message, number)
                if picture is not None:
                    pictures.append(picture)
                else:
                    missing.append(photo_label(message, number))
        finally:
            room.release()
        return Shown(pictures, missing)

    def _taken(self, wanted: "Sequence[_Position]") -> "dict[tuple[int, int], Picture]":
        """Take what is held of these photos."""
        with self._lock:
            keys = [(message.id, number) for message, number in wanted]
            return {key: self._kept.pop(key) for key in keys if key in self._kept}

    def _room(
        self, wanted: "Sequence[_Position]", held: dict[tuple[int, int], Picture], within_s: float
    ) -> Reservation:
        """Reserve memory for the photos that lack, for all at once. Raises IntegrationError.

        Nobody waits while holding what others wait for: then all of them are fetched again.
        """
        if len(held) == len(wanted):
            return Reservation()
        if held:
            try:
                return self._memory.reserve((len(wanted) - len(held)) * MOST_IMAGE_BYTES, within_s=0)
            except IntegrationError:
                for picture in held.values():
                    picture.release()
                held.clear()
        return self._memory.reserve(len(wanted) * MOST_IMAGE_BYTES, within_s=within_s)

    def _fetched(self, room: Reservation, message: MessageRecord, number: int) -> Picture | None:
        try:
            part = room.split(MOST_IMAGE_BYTES)
            return _picture(self._files.read(message.attachments[number], part, MOST_IMAGE_BYTES))
        except IntegrationError as error:
            log.warning("photo_not_shown", message_id=message.id, code=error.code, status=error.status)
            return None


def is_shown(attachment: Attachment) -> bool:
    """Return True if a file is a photo that a model can be shown."""
    is_image = attachment.type.startswith("image/") and attachment.type != STICKER
    return is_image and attachment.is_readable and attachment.words is not None


def photo_label(message: MessageRecord, number: int) -> str:
    """Return a photo's label, by which its description finds its position."""
    return f"{message.id}-{number + 1}" if number else f"{message.id}"


_Position = tuple[MessageRecord, int]


def _shown(messages: Sequence[MessageRecord]) -> list[_Position]:
    found = [(m, n) for m in messages for n, a in enumerate(m.attachments) if is_shown(a)]
    return found[-MOST_IMAGES:]


def _picture(file: HeldFile) -> Picture:
    found = type_of(file.content)
    if found not in SHOWN_TYPES:
        file.release()
        raise IntegrationError("no picture of a kind that is shown", permanent=True, code="not_a_picture")
    return Picture(file, found)
