"""People on lists who are erased, or whose time is over: nothing of theirs stays, and they are written to no more."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from messaging.campaigns.control import send_again
from messaging.campaigns.states import Event
from storage.base import utc_now
from storage.campaigns import campaign_recipients, campaigns, drafts
from storage.models import CampaignDraft, CampaignRecipient, Contact, DraftState, Message, RecipientState
from storage.privacy import aging
from storage.privacy.erasing import begin_erasing, finish_erasing
from storage.privacy.tables import rows_of
from storage.queries import contacts
from tests.fakes.twilio.server import Refuse
from tests.messaging.campaigns.stand import Stand, number, people
from tests.records import every
from tests.waiting import is_anyone_blocked, wait_until

pytestmark = pytest.mark.both_databases


def contact_of(stand, who):
    with stand.database.write() as connection:
        return contacts.recipient_for(connection, who, utc_now()).contact_id


def erase(stand, who):
    contact_id = contact_of(stand, who)
    with stand.database.write() as connection:
        nobody = begin_erasing(connection, contact_id, utc_now())
    finish_erasing(stand.database, contact_id, nobody, words=(), texts=[who[1:]])


def age(stand, *, before=timedelta(days=1)):
    """Empty what lists say that were made before a time."""
    now = utc_now()
    [step] = [step for step in aging.words_steps(now) if step.table.name == CampaignRecipient.__tablename__]
    aging.run_step(stand.database, step, now + before)


def test_lists_that_wait_to_be_read_are_gone_when_anybody_is_erased(stand):
    with stand.database.write() as connection:
        filled = drafts.FilledForm({}, {}, {})
        drafts.add(connection, "key", filled, b"nombre,phone\nAna,600000001\n", DraftState.LOOKING, utc_now())

    erase(stand, number(1))

    assert every(stand.database, CampaignDraft) == []


def about(recipient):
    return (recipient.number, recipient.found_by, recipient.body, recipient.variables, recipient.facts)


def test_who_is_erased_is_on_no_list_any_more_and_is_counted(stand):
    stand.start(people(2))
    stand.run(stand.process())

    erase(stand, number(1))

    first, second = stand.recipients()
    assert about(first) == ("", None, "", {}, {})
    assert (first.state, first.message_id, first.conversation_id) == ("sent", None, None)
    assert about(second)[0] == number(2)
    assert number(1) not in str([vars(contact) for contact in every(stand.database, Contact)])


def test_who_is_erased_before_their_message_gets_none(stand):
    campaign = stand.create(people(2))
    erase(stand, number(1))

    stand.tell(campaign, Event.STARTED)
    stand.run(stand.process())

    assert stand.to() == [number(2)]
    assert stand.reasons() == ["erased", ""]


def test_an_erasure_and_a_receipt_at_once_do_not_wait_for_each_other(postgres_database, work, twilio):
    stand = Stand(postgres_database, work, twilio)
    campaign = stand.start(people(1))
    with stand.database.write() as connection:
        campaigns.take_lease(connection, campaign, "one", utc_now(), timedelta(seconds=60))
    [claimed] = stand.claimer("one").claim(campaign, 1).claimed

    with ThreadPoolExecutor(1) as other:
        with stand.database.write() as receipt:
            receipt.execute(select(Message.id).with_for_update())
            erased = other.submit(erase, stand, number(1))
            wait_until(lambda: is_anyone_blocked(stand.database))
            campaign_recipients.fail(receipt, claimed.id)
        erased.result()

    [recipient] = stand.recipients()
    assert (about(recipient)[0], recipient.state) == ("", "failed")


def test_an_export_has_what_lists_say_of_a_person(stand):
    stand.create(people(2))

    contact_id = contact_of(stand, number(1))
    with stand.database.read() as connection:
        [row] = rows_of(connection, "campaign_recipients", [contact_id])

    assert (row["number"], row["facts"]) == (number(1), {"nombre": "P1"})


def test_what_is_old_is_emptied_and_what_is_new_stays(stand):
    stand.create(people(2))

    age(stand, before=timedelta(days=-30))
    assert [recipient.number for recipient in stand.recipients()] == [number(1), number(2)]
    age(stand)

    assert [about(recipient) for recipient in stand.recipients()] == [("", None, "", {}, {})] * 2
    assert stand.states() == {"skipped": 2}


def test_who_was_erased_is_not_sent_again_what_did_not_reach_them(stand, twilio):
    twilio.fail(Refuse(400, 63024), method="POST", times=2)
    campaign = stand.start(people(2))
    stand.run(stand.process())
    erase(stand, number(1))

    with stand.database.write() as connection:
        assert send_again(connection, campaign, [RecipientState.FAILED], utc_now()) == 1
    stand.run(stand.process("two"))

    assert stand.to() == [number(2)]
    assert stand.states() == {"failed": 1, "sent": 1}


def test_a_late_word_of_a_message_that_did_not_arrive_finds_nobody_to_send_it_to_again(stand):
    stand.start(people(1))
    [message] = stand.send_some(stand.process(), 1)
    age(stand)

    stand.receipt(message, "failed", 63018)
    stand.run(stand.process("two"))

    assert [(one.state, one.reason) for one in stand.recipients()] == [("skipped", "erased")]
    assert len(stand.to()) == 1


def test_who_is_on_a_new_list_is_not_forgotten_for_having_said_nothing(stand):
    contact_id = contact_of(stand, number(1))
    later = utc_now() + timedelta(days=60)

    def idle():
        with stand.database.read() as connection:
            return aging.idle_contacts(connection, later - timedelta(days=30), later)

    assert idle() == [contact_id]
    stand.create(people(1))
    stand.let_pass(-45 * 86_400)

    assert idle() == []
