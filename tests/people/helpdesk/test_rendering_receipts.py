"""What is shown of receipts and of what stays open, from the rows as they are kept."""

from datetime import timedelta

import pytest

from integrations.message_errors import DIALOG360, TWILIO, what_to_do
from people.helpdesk.observer import ChatwootObserver, sweep
from people.helpdesk.rendering import Post, Voice, posts_of
from storage.models import MessageStatus, MirrorItem
from storage.queries import helpdesk, helpdesk_items
from storage.queries.helpdesk_items import Kind, State
from storage.queries.messages import Attachment
from tests.people.helpdesk.rows import NOW, WORDS, a_message
from tests.records import every


@pytest.mark.parametrize("status", [MessageStatus.QUEUED, MessageStatus.SENT])
def test_receipts_that_chatwoot_has_no_tick_for_are_not_shown(database, mirror, status):
    with database.write() as connection:
        _, message = a_message(connection, "Hola")
        mirror.message(connection, message, NOW)
        mirror.receipt(connection, message, status, None, NOW)

    assert len(every(database, MirrorItem)) == 1


def test_receipts_of_what_is_not_shown_are_not_either(database, mirror):
    with database.write() as connection:
        _, message = a_message(connection, "Hola")
        mirror.receipt(connection, message, MessageStatus.READ, None, NOW)

    assert every(database, MirrorItem) == []


def test_without_a_token_only_failures_are_looked_after(database, work):
    mirror = ChatwootObserver(work, receipts_fact=None)
    with database.write() as connection:
        _, message = a_message(connection, "Hola")
        mirror.message(connection, message, NOW)
        mirror.receipt(connection, message, MessageStatus.READ, None, NOW)
        mirror.receipt(connection, message, MessageStatus.FAILED, 63016, NOW)

    assert [item.kind for item in every(database, MirrorItem)] == [Kind.MESSAGE, Kind.RECEIPT]


@pytest.mark.both_databases
def test_an_id_that_is_too_large_to_keep_is_left_out(database, mirror):
    with database.write() as connection:
        recipient, message = a_message(connection, "Hola")
        helpdesk.keep_operators(connection, recipient.contact_id, [message], 2**40, NOW)

    assert every(database, MirrorItem)[0].remote_id is None


def test_a_sweep_looks_after_what_has_been_open_for_a_while(database, mirror, work):
    with database.write() as connection:
        _, message = a_message(connection, "Hola")
        mirror.message(connection, message, NOW)
    [first] = work.client.list_workflows()
    work.client.delete_workflow(first.workflow_id)  # it was given up

    sweep(database, work, NOW + timedelta(seconds=59))
    assert work.client.list_workflows() == []
    for _ in range(2):
        sweep(database, work, NOW + timedelta(seconds=61))

    assert len(work.client.list_workflows()) == 1


def test_what_is_done_or_failed_is_not_swept(database, mirror, work):
    with database.write() as connection:
        for sid, state in (("SM1", State.DONE), ("SM2", State.FAILED)):
            _, message = a_message(connection, "Hola", sid=sid)
            mirror.message(connection, message, NOW)
            item = helpdesk_items.begin(connection, helpdesk_items.first_open(connection, 1), NOW)
            helpdesk_items.leave(connection, item, state, NOW)
        assert helpdesk_items.count_open(connection) == 0
        assert helpdesk_items.contacts_waiting(connection, NOW + timedelta(days=1), 10) == []


@pytest.mark.both_databases
def test_who_was_given_up_for_dead_changes_nothing_any_more(database, mirror):
    with database.write() as connection:
        mirror.message(connection, a_message(connection, "Hola")[1], NOW)
        dead = helpdesk_items.begin(connection, helpdesk_items.first_open(connection, 1), NOW)
        heir = helpdesk_items.begin(connection, helpdesk_items.first_open(connection, 1), NOW)

        assert helpdesk_items.progress(connection, heir, NOW)
        assert not helpdesk_items.progress(connection, dead, NOW)
        assert helpdesk_items.progress(connection, heir, NOW, state=State.DONE)
        assert not helpdesk_items.leave(connection, dead, State.WAITING, NOW)

    assert every(database, MirrorItem)[0].state == State.DONE


@pytest.mark.parametrize(("sid", "provider"), [("SM1", TWILIO), ("wamid.1", DIALOG360), ("", DIALOG360)])
def test_a_failure_is_explained_by_the_provider_that_had_the_message(database, mirror, sid, provider):
    with database.write() as connection:
        recipient, message = a_message(connection, "Hola", sid=sid, provider=DIALOG360)
        helpdesk.keep_operators(connection, recipient.contact_id, [message], 903, NOW)
        mirror.receipt(connection, message, MessageStatus.FAILED, 503, NOW)
    [*_, receipt] = every(database, MirrorItem)
    with database.read() as connection:
        posts = posts_of(connection, helpdesk_items.item_by_id(connection, receipt.id), WORDS)

    assert [post.words for post in posts] == [
        f"⚠️ El mensaje no se entregó (503). {what_to_do(provider, 503, 'es')}"
    ]


def test_files_are_named_where_they_cannot_be_shown():
    post = Post(Voice.PERSON, "Mire", (Attachment("https://x", "image/jpeg"),))

    assert post.without_files(WORDS).words == "Mire\n[un archivo que no se pudo copiar aquí: image/jpeg]"
