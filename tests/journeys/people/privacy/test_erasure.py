"""Stories of a customer who is erased: nothing of hers is left anywhere, and nobody writes it back."""

import pytest
from sqlalchemy import select, update

from storage.base import utc_now
from storage.models import Contact, Conversation, Erasure, Handoff, HelpdeskFact, Message, Turn
from storage.privacy.tables import LINKS, WITHOUT_PEOPLE
from storage.reports import overview
from tests.journeys.people.privacy.customer import (
    ABOUT_HER,
    NAME,
    NUMBER,
    leaves_traces,
    works,
)
from tests.people.privacy.everywhere import database_files, tables_that_hold
from tests.records import every

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ximena(line, twilio, chatwoot, openai):
    return leaves_traces(line, twilio, chatwoot, openai)


def figures(line):
    """What the dashboard counts of all time."""
    since, until = utc_now().replace(year=2020), utc_now().replace(year=2040)
    with line.parts.database.read() as connection:
        return [
            count(connection, since, until)
            for count in (
                overview.calls_begun, overview.messages_exchanged, overview.written, overview.first_words_ms,
                overview.call_seconds, overview.tokens,
            )
        ]  # fmt: skip


def named_in_chatwoot(line):
    return {each.fact for each in every(line.parts.database, HelpdeskFact)}


def contact_of(line, number="+525512345678"):
    return [each for each in every(line.parts.database, Contact) if each.address == number]


def test_nothing_of_hers_is_left_in_any_table_nor_in_the_files(line, ximena, erase, chatwoot, crm):
    database = line.parts.database
    before, counted = tables_that_hold(database, ABOUT_HER), figures(line)
    where = {table for table, _, _ in before}
    assert {"contacts", "turns", "messages", "handoffs", "calls", "mirrors", "webhook_events"} <= where

    hers = {f"named:{contact.id}" for contact in every(database, Contact) if contact.name == NAME}
    assert hers & named_in_chatwoot(line)

    erase()

    assert tables_that_hold(database, ABOUT_HER) == []
    assert not hers & named_in_chatwoot(line)
    assert figures(line) == counted
    assert [contact for contact in chatwoot.contacts if contact.name == NAME] == []
    (told,) = [event for event in crm.events if event["event"] == "contact.erased"]
    assert told["contact"] == {"name": NAME, "phone": "+525512345678"}
    if database.is_sqlite:
        assert database.empty_log()
        left = b"".join(path.read_bytes() for path in database_files(database))
        assert [text for text in ABOUT_HER if text.encode() in left] == []


def test_what_is_at_work_on_her_meanwhile_ends_and_writes_nothing_back(line, ximena, erase, openai):
    database, jobs = line.parts.database, line.parts.jobs.by_name
    with database.read() as connection:
        conversations = connection.execute(select(Conversation.id)).scalars().all()
        message_ids = connection.execute(select(Message.id)).scalars().all()
        handoffs = connection.execute(select(Handoff.id)).scalars().all()
        contact_ids = connection.execute(select(Contact.id)).scalars().all()

    erase(and_work=False)
    openai.default = text_reply("Otra cosa")
    for name in ("finish_whatsapp", "send_whatsapp", "summarise", "note_topic", "show_postcall"):
        for conversation_id in conversations:
            jobs[name].run({"conversation_id": conversation_id})
    for name in ("describe_photos", "open_media"):
        for message_id in message_ids:
            jobs[name].run({"message_id": message_id, "message_ids": [message_id], "turn_id": message_id})
    for handoff_id in handoffs:
        jobs["offer_handoff"].run({"handoff_id": handoff_id})
        jobs["crm"].run({"kind": "handoff", "id": handoff_id})
    for contact_id in contact_ids:
        jobs["mirror"].run({"contact_id": contact_id})
    works(line)

    assert tables_that_hold(database, ABOUT_HER) == []


def test_somebody_who_writes_again_is_new_and_her_opt_out_holds(line, ximena, erase, openai):
    person, _ = ximena
    with line.parts.database.write() as connection:
        connection.execute(update(Contact).where(Contact.name == NAME).values(opted_out_at=utc_now()))
    erase()
    openai.enqueue(text_reply("Hola."))

    person.send("Hola, ¿abren hoy?")

    (again,) = contact_of(line)
    assert again.opted_out_at is not None
    prompt = str(openai.chats[-1].body["messages"])
    assert not any(word in prompt for word in ("azulejos", "hipoteca", "mudanza"))


def text_reply(words):
    from tests.fakes.openai.replies import text

    return text(words)


def test_a_call_of_elevenlabs_that_is_told_again_is_not_kept(line, ximena, erase):
    _, (elevenlabs, event) = ximena
    erase()

    (answer,) = elevenlabs.post(event)

    assert answer.status == 200
    assert contact_of(line) == []
    assert tables_that_hold(line.parts.database, ABOUT_HER, besides={"webhook_events"}) == []


def test_an_erasure_that_was_killed_half_way_is_finished_by_a_worker(line, ximena):
    from storage.privacy.people import find_contacts, person

    erasures, database = line.parts.privacy.erasures, line.parts.database
    with database.read() as connection:
        (contact_id,) = find_contacts(connection, NUMBER, None)
        found = person(connection, contact_id)
    with database.write() as connection:
        erasures.begin(connection, found, utc_now())  # and here it is killed

    works(line, 61)

    assert tables_that_hold(database, ABOUT_HER, besides={"erasure_tasks"}) == []


def test_every_table_is_classified(line):
    from storage.base import Base
    from storage.privacy.tables import KEPT

    tables = set(Base.metadata.tables)

    assert tables == set(LINKS) | set(WITHOUT_PEOPLE), "say in storage/privacy/tables.py whose the rows are"
    assert tables == set(KEPT), "say in storage/privacy/tables.py how long the rows are kept"
    assert set(LINKS) & set(WITHOUT_PEOPLE) == set()
    assert {Turn.__tablename__, Erasure.__tablename__} <= tables
