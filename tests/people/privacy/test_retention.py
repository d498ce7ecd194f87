"""KEEP_DAYS: what is older goes, what is counted stays, and nothing that is still open is touched."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from storage.campaigns import drafts
from storage.models import (
    Call,
    CampaignDraft,
    Contact,
    Conversation,
    DraftState,
    Handoff,
    Merge,
    Message,
    MirrorItem,
    Offer,
    Served,
    ToolRun,
    Turn,
)
from storage.privacy import aging
from storage.privacy.erasures import every_erasure
from storage.queries.contacts import recipient_of
from storage.reports import overview
from tests.people.privacy.conftest import NOW
from tests.people.privacy.everywhere import tables_that_hold
from tests.people.privacy.rows import WORDS, Rows
from tests.records import every, the_only

pytestmark = pytest.mark.both_databases
NUMBER = "+34600000001"


def figures(database):
    span = (NOW - timedelta(days=1), NOW + timedelta(days=1))
    counts = (
        overview.calls_begun, overview.messages_exchanged, overview.written, overview.first_words_ms,
        overview.call_seconds, overview.tokens,
    )  # fmt: skip
    with database.read() as connection:
        return [count(connection, *span) for count in counts]


def test_whoever_said_nothing_for_so_long_is_gone_and_counted(database, rows, sweep):
    rows.everything()
    before = figures(database)
    assert before[0] == 1 and before[1] == 2

    sweep(31)

    assert tables_that_hold(database, [WORDS, NUMBER[1:], "Ana"]) == []
    assert figures(database) == before
    assert [contact.address[:7] for contact in every(database, Contact)] == ["erased:"]


def test_what_is_younger_stays_as_it_was(database, rows, sweep):
    rows.everything()
    models = (Contact, Conversation, Call, Turn, Message, Handoff, Offer, Served, ToolRun, MirrorItem)
    before = [rows.count(model) for model in models]

    sweep(29)

    assert [rows.count(model) for model in models] == before
    assert the_only(database, Contact).address == NUMBER
    assert [turn.heard for turn in every(database, Turn)] == [WORDS, WORDS]


def test_without_keep_days_words_stay_for_ever_and_bookkeeping_goes_after_a_month(database, rows, sweep):
    rows.everything()

    sweep(3650, keep_days=None)

    assert [turn.heard for turn in every(database, Turn)] == [WORDS, WORDS]
    assert [rows.count(model) for model in (Served, ToolRun)] == [0, 0]
    assert the_only(database, MirrorItem).body == ""  # the newest one: its id is nobody else's


def test_somebody_who_goes_on_writing_keeps_the_conversation_and_loses_the_old_words(database, rows, sweep):
    contact_id = rows.everything()
    chat = next(each.id for each in every(database, Conversation) if each.channel == "whatsapp")
    young = Rows(database, NOW + timedelta(days=20))
    young.turn(chat, 2)
    young.message(chat, body="ventanas", attachments=[])

    sweep(31)

    assert [contact.id for contact in every(database, Contact)] == [contact_id]
    assert [turn.heard for turn in every(database, Turn)] == ["", "", WORDS]
    assert [message.body for message in every(database, Message)] == ["", "", "ventanas"]
    written = next(each for each in every(database, Conversation) if each.id == chat)
    assert (written.summary, written.topic) == ("", WORDS)  # the topic is of all that was said until now
    call = the_only(database, Call)
    assert (call.from_number, call.to_number, call.forwarded_from) == ("", "", "")
    assert (the_only(database, Handoff).reason, rows.count(Offer)) == ("", 0)


def test_an_open_handoff_keeps_the_words_of_its_conversation_until_it_is_over(database, rows, sweep):
    contact_id = rows.contact(NUMBER)
    chat = rows.conversation(contact_id)
    rows.turn(chat, 1)
    rows.message(chat)
    rows.handoff(chat, state="open", created_at=NOW + timedelta(days=28))

    sweep(31)
    assert the_only(database, Turn).heard == the_only(database, Message).body == WORDS

    rows.change(Handoff, state="closed")
    sweep(31)
    assert (the_only(database, Turn).heard, the_only(database, Message).body) == ("", "")


def test_a_handoff_that_an_earlier_version_never_ended_keeps_nothing(database, rows, sweep):
    chat = rows.conversation(rows.contact(NUMBER))
    rows.turn(chat, 1)
    rows.handoff(chat, state="open")

    sweep(31)

    assert tables_that_hold(database, [WORDS]) == []


def test_a_message_so_old_that_was_never_sent_is_not_sent_empty(database, rows, sweep):
    contact_id = rows.contact(NUMBER, wrote_at=NOW + timedelta(days=20))
    chat = rows.conversation(contact_id)
    rows.message(chat, outbound=True, status="waiting", author="handoff")
    rows.message(chat, status="received")

    sweep(31)

    assert [message.status for message in every(database, Message)] == ["held", "settled"]


def test_whoever_had_opted_out_is_known_by_the_hash_alone(database, rows, sweep, record, digests):
    rows.contact(NUMBER, opted_out_at=NOW)
    rows.contact("+34600000002")

    sweep(31)

    with database.read() as connection:
        known = every_erasure(connection)
    assert set(known) == set(record.read()) == {digests.of(NUMBER)}
    assert known[digests.of(NUMBER)].opted_out


def test_a_page_at_a_time_and_nothing_the_second_time(database, rows, sweep, monkeypatch):
    monkeypatch.setattr(aging, "PAGE", 3)
    chat = rows.conversation(rows.contact(NUMBER, wrote_at=NOW + timedelta(days=30)))
    for number in range(1, 11):
        rows.turn(chat, number)
    changed = []

    def note(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith("UPDATE turns SET kind"):
            changed.append(cursor.rowcount)

    event.listen(database.engine, "after_cursor_execute", note)
    sweep(31)
    first, changed[:] = list(changed), []
    sweep(31)

    assert sum(first) == 10 and max(first) <= 3
    assert changed == []


def test_ids_of_deleted_rows_are_given_to_nobody_else(database, rows, sweep):
    rows.everything()
    with database.read() as connection:
        last = connection.execute(select(MirrorItem.id).order_by(MirrorItem.id.desc()).limit(1)).scalar_one()

    sweep(31)
    contact_id = rows.contact("+34600000003")
    rows.bookkeeping(rows.turn(rows.conversation(contact_id), 1), contact_id)

    assert min(item.id for item in every(database, MirrorItem) if item.contact_id == contact_id) > last


def test_a_written_conversation_goes_on_after_a_merge_for_as_long_as_the_person_writes(database, rows, sweep):
    older = rows.contact(NUMBER)
    younger = rows.contact("withheld:gone", merged_into=older)
    rows.change(Contact, whatsapp_of=younger)
    chat = rows.conversation(older, key=f"whatsapp:{younger}")
    merge = {"from_contact_id": younger, "to_contact_id": older, "kind": "merge", "evidence": "message"}
    rows.add(Merge, **merge, changes=[], made_at=NOW)
    Rows(database, NOW + timedelta(days=20)).message(chat)

    sweep(31)

    with database.read() as connection:
        recipient = recipient_of(connection, older)
    assert recipient is not None and recipient.conversation_id == chat
    assert rows.count(Merge) == 1  # it can still be undone

    sweep(60)
    sweep(60)

    assert [contact.address[:7] for contact in every(database, Contact)] == ["erased:"] * 2
    assert rows.count(Merge) == 0


def test_a_list_that_no_campaign_was_made_of_is_gone_after_a_day(database, sweep):
    with database.write() as connection:
        filled = drafts.FilledForm({}, {}, {})
        drafts.add(connection, "key", filled, NUMBER.encode(), DraftState.LOOKED, NOW)

    sweep(1, keep_days=None)
    assert len(every(database, CampaignDraft)) == 1
    sweep(1.1, keep_days=None)

    assert every(database, CampaignDraft) == []
