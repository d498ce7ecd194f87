"""The job that shows what a contact has open: what it asks of Chatwoot, and what it leaves for later."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.chatwoot.client import Chatwoot
from integrations.http.memory_budget import MemoryBudget
from people.helpdesk.delivery import MirrorSending
from people.helpdesk.observer import ChatwootObserver
from people.helpdesk.phrases import helpdesk_phrases
from people.helpdesk.sync_job import SyncJob
from storage.models import MirrorItem
from storage.queries import contacts, helpdesk_items, messages
from storage.queries.contacts import Sender
from storage.queries.messages import Attachment, NewMessage
from tests.fakes.chatwoot.fake import FakeChatwoot
from tests.records import every

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANA, SOURCE = "+34600000001", "34600000001"


@pytest.fixture
def chatwoot():
    with FakeChatwoot() as fake:
        yield fake


@pytest.fixture
def jobs(database, work, chatwoot):
    client = Chatwoot(
        chatwoot.url, inbox_identifier=chatwoot.identifier, account_id=1, api_token=chatwoot.bot_token
    )
    words = helpdesk_phrases("es-ES")
    yield SyncJob(
        database, work, client, words=words, inbox=chatwoot.identifier, receipts_fact=None,
        sending=MirrorSending(client, words, {}, MemoryBudget(1000)), clock=lambda: NOW,
    )  # fmt: skip
    client.close()


@pytest.fixture
def write(database, work):
    """Ana writes; what she writes is to be shown."""
    mirror = ChatwootObserver(work, receipts_fact=None)

    def write_one(sid, body="", attachments=()):
        sender = Sender(ANA, f"whatsapp:{ANA}", "Ana", simulated=False)
        with database.write() as connection:
            recipient = contacts.conversation_with(connection, sender, "whatsapp:+12025550100", NOW)
            new = NewMessage(sid, "text", body, "whatsapp:+12025550100", attachments=tuple(attachments))
            message = messages.keep_inbound(connection, recipient.conversation_id, new, body, NOW)
            mirror.message(connection, message, NOW)
        return message

    return write_one


def shown(chatwoot):
    [conversation] = chatwoot.conversations_of(SOURCE)
    return [words for _, words in chatwoot.words(conversation.id)]


def test_where_a_contact_is_is_asked_once_for_all_that_it_has_open(jobs, write, chatwoot):
    for n in range(3):
        write(f"SM{n}", f"Mensaje {n}")

    jobs.run({"contact_id": 1})

    assert shown(chatwoot) == ["Mensaje 0", "Mensaje 1", "Mensaje 2"]
    assert len(chatwoot.asked("POST", "/contacts")) == 1
    assert [asked.method for asked in chatwoot.asked("GET", "/conversations")] == ["GET"]


def test_once_a_conversation_is_made_again_what_follows_goes_there_at_once(jobs, write, chatwoot):
    write("SM0", "Mensaje 0")
    jobs.run({"contact_id": 1})
    chatwoot.delete_conversation(42)
    for n in (1, 2, 3):
        write(f"SM{n}", f"Mensaje {n}")

    jobs.run({"contact_id": 1})

    assert shown(chatwoot) == ["Mensaje 1", "Mensaje 2", "Mensaje 3"]
    assert len(chatwoot.asked("POST", "/conversations/42/messages")) == 2
    assert len(chatwoot.asked("POST", "/contacts")) == 2


def test_a_voice_note_is_shown_once_its_words_are_there(jobs, write, chatwoot, database):
    note = Attachment("https://x/ME1", "audio/ogg")
    message = write("SM1", "", [note])

    jobs.run({"contact_id": 1})
    was_asked = list(chatwoot.requests)
    with database.write() as connection:
        heard = Attachment(note.url, note.type, words="[nota de voz] ¿Abren hoy?", is_said=True)
        messages.keep_opened(connection, message, [heard])
    jobs.run({"contact_id": 1})

    assert was_asked == []
    assert "¿Abren hoy?" in shown(chatwoot)[0]
    assert [item.state for item in every(database, MirrorItem)] == ["done"]


def test_what_a_process_had_begun_before_the_clock_was_put_back_is_shown(jobs, write, chatwoot, database):
    write("SM0", "Mensaje 0")
    with database.write() as connection:
        item = helpdesk_items.first_open(connection, 1)
        helpdesk_items.begin(connection, item, NOW + timedelta(hours=1))

    jobs.run({"contact_id": 1})

    assert shown(chatwoot) == ["Mensaje 0"]
