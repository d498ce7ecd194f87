"""Photos for the model: how many are held, and what becomes of those for which there is no memory."""

import pytest

from integrations.errors import IntegrationError
from integrations.http.memory_budget import NO_MEMORY, MemoryBudget
from messaging.files.photos import MOST_IMAGE_BYTES, MOST_IMAGES, Files, Photos
from storage.base import utc_now
from storage.queries.messages import Attachment, NewMessage, as_kept

JPEG = b"\xff\xd8\xff" + bytes(97)
ROOM = MOST_IMAGES * MOST_IMAGE_BYTES


class Downloads:
    """A provider's files, and which were asked for."""

    def __init__(self):
        self.asked = []

    def download(self, url, *, most_bytes):
        self.asked.append(url)
        return JPEG


@pytest.fixture
def downloads():
    return Downloads()


@pytest.fixture
def memory():
    return MemoryBudget(ROOM + 1000)


@pytest.fixture
def photos(downloads, memory):
    return Photos(Files({"twilio": downloads}, downloads, memory, wait_s=0))


def sent(message_id=1, count=1):
    files = tuple(Attachment(f"{message_id}/{n}", "image/jpeg", words="[sent photo]") for n in range(count))
    return as_kept(message_id, 1, NewMessage(f"MM{message_id}", "media", "", "", None, files), "", utc_now())


def test_a_photo_that_is_held_is_not_fetched_again(photos, downloads, memory):
    message = sent()
    photos.keep(message, 0, photos.fetch(message.attachments[0]))

    assert photos.are_kept([message])
    [picture] = photos.of([message], within_s=0).pictures

    assert (picture.content, downloads.asked, photos.are_kept([message])) == (JPEG, ["1/0"], False)
    picture.release()
    assert memory.free_bytes == memory.total_bytes


def test_what_is_held_gives_way_and_is_fetched_again(photos, downloads, memory):
    message = sent()
    photos.keep(message, 0, photos.fetch(message.attachments[0]))

    memory.reserve(memory.total_bytes, within_s=0.5).release()

    assert not photos.are_kept([message])
    assert len(photos.of([message], within_s=0).pictures) == 1
    assert downloads.asked == ["1/0"] * 2


def test_the_last_five_of_many_are_shown(photos, downloads, memory):
    shown = photos.of([sent(1, 4), sent(2, 3)], within_s=0)

    assert downloads.asked == ["1/2", "1/3", "2/0", "2/1", "2/2"] and shown.missing == []
    assert memory.free_bytes == memory.total_bytes - 5 * len(JPEG)


def test_without_memory_each_photo_is_named_as_missing(photos, memory, downloads):
    room = memory.reserve(memory.total_bytes, within_s=0)

    shown = photos.of([sent(7, 2)], within_s=0.01)

    assert (shown.pictures, shown.missing, downloads.asked) == ((), ["7", "7-2"], [])
    with pytest.raises(IntegrationError) as refused:
        photos.fetch(sent().attachments[0])
    assert refused.value.code == NO_MEMORY
    room.release()


def test_who_waits_for_memory_holds_none(photos, memory):
    """Two people with half of their photos each would else wait for one another."""
    message = sent(1, 3)
    photos.keep(message, 0, photos.fetch(message.attachments[0]))
    room = memory.reserve(memory.total_bytes - len(JPEG), within_s=0)

    photos.of([message], within_s=0.01)

    assert memory.free_bytes == len(JPEG)
    room.release()


def test_what_cannot_be_fetched_is_missing_and_leaves_its_memory(photos, memory, downloads):
    def broken(url, *, most_bytes):
        raise IntegrationError("gone", permanent=True, code="media_not_found")

    downloads.download = broken

    shown = photos.of([sent(1, 2)], within_s=0)

    assert (shown.pictures, shown.missing) == ([], ["1", "1-2"])
    assert memory.free_bytes == memory.total_bytes


def test_what_is_no_picture_leaves_its_memory(photos, memory, downloads):
    downloads.download = lambda url, *, most_bytes: b"PK\x03\x04"

    with pytest.raises(IntegrationError):
        photos.fetch(sent().attachments[0])

    assert memory.free_bytes == memory.total_bytes
