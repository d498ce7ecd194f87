"""A campaign that goes well: each person gets one message, at our number's pace, and nobody else's waits for it."""

import time
from datetime import timedelta

import pytest

from messaging.campaigns.states import Event
from storage.base import utc_now
from storage.models import Message
from storage.queries import contacts, send_rate
from storage.queries.contacts import Sender
from tests.messaging.campaigns.stand import TEMPLATE, US, number, people, variables_of
from tests.records import every

pytestmark = pytest.mark.both_databases


def test_each_gets_the_template_with_their_own_values_once(stand):
    stand.start(people(30))

    stand.run(stand.process())

    assert sorted(stand.to()) == [number(n) for n in range(1, 31)]
    sent = list(stand.twilio.messages.made.values())
    assert {message.to: variables_of(message) for message in sent} == {
        f"whatsapp:{number(n)}": {"1": f"P{n}"} for n in range(1, 31)
    }
    assert {message.param("ContentSid") for message in sent} == {TEMPLATE}
    assert stand.states() == {"sent": 30}
    assert stand.campaign().state == "finished"
    assert {message.sid for message in every(stand.database, Message)} == set(stand.twilio.messages.made)


def test_nothing_is_sent_before_it_is_started(stand):
    stand.create(people(3))

    stand.process().round()

    assert stand.to() == []
    assert stand.states() == {"waiting": 3}


def test_a_campaign_with_a_time_waits_for_it(stand):
    stand.start(people(1), start_at=utc_now() + timedelta(hours=1))

    stand.process().round()

    assert stand.to() == []


def test_of_two_processes_one_runs_a_campaign_and_the_other_goes_on_where_it_ends(stand):
    stand.start(people(40))
    one, other = stand.process("one"), stand.process("other")

    one.round()
    other.round()

    assert stand.campaign().holder == "one"
    one.close()
    stand.run(other)
    assert sorted(stand.to()) == [number(n) for n in range(1, 41)]
    assert stand.campaign().holder == "other"


def test_two_processes_that_both_believe_they_have_it_send_each_message_once(stand):
    stand.start(people(40))
    same = [stand.process("one"), stand.process("one")]

    stand.run(same[0], until=lambda: same[1].round())

    assert sorted(stand.to()) == [number(n) for n in range(1, 41)]


def test_a_process_without_the_lease_claims_nobody(stand):
    campaign = stand.start(people(40))
    stand.process("other").round()
    assert stand.states()["waiting"] > 0

    assert stand.claimer("one").claim(campaign, 8).claimed == []


def test_nobody_is_written_to_after_a_pause_until_it_goes_on(stand):
    campaign = stand.start(people(60))
    process = stand.process()
    process.round()

    stand.tell(campaign, Event.STOPPED)
    stand.run(process)
    process.round()

    assert 0 < len(stand.to()) <= 16
    assert stand.states()["waiting"] == 60 - len(stand.to())
    stand.tell(campaign, Event.STARTED)
    stand.run(process)
    assert sorted(stand.to()) == [number(n) for n in range(1, 61)]


def test_who_opts_out_while_it_runs_gets_nothing(stand):
    campaign = stand.start(people(20))
    process = stand.process()
    process.round()
    written_to = set(stand.to())
    last = stand.recipients()[-1]
    assert last.number not in written_to

    with stand.database.write() as connection:
        recipient = contacts.recipient_for(connection, last.number, utc_now())
        contacts.opt_out(connection, recipient.contact_id, utc_now())
    stand.run(process)

    assert last.number not in stand.to()
    assert len(stand.to()) == 19
    assert stand.recipients()[-1].state == "skipped"
    assert stand.recipients()[-1].reason == "opted_out"
    assert stand.campaign().id == campaign


def test_one_number_that_is_listed_twice_gets_one_message(stand):
    first, second = people(2)
    stand.start([first, second, type(first)(3, "+34600000001", "Otra vez", {"1": "Otra"})])

    stand.run(stand.process())

    assert sorted(stand.to()) == [number(1), number(2)]
    assert stand.reasons() == ["", "", "duplicate"]


def test_free_text_goes_to_who_has_written_today_alone(stand):
    wrote(stand, number(1))
    stand.start(people(2), template="")

    stand.run(stand.process())

    assert stand.to() == [number(1)]
    assert stand.twilio.messages.last.param("Body") == "Hola P1, le esperamos mañana."
    assert stand.reasons() == ["", "needs_template"]


def test_free_text_is_tried_with_the_others_where_that_is_wanted(stand):
    wrote(stand, number(1))
    stand.start(people(2), template="", try_anyway=True)

    stand.run(stand.process())

    assert sorted(stand.to()) == [number(1), number(2)]


def wrote(stand, who):
    """Let somebody write to us an hour ago."""
    at = utc_now() - timedelta(hours=1)
    stand.twilio.messages.rules.hears(f"whatsapp:{who}", at.timestamp())
    with stand.database.write() as connection:
        sender = Sender(who, f"whatsapp:{who}", "Ana", False)
        contacts.conversation_with(connection, sender, US, at)


def test_messages_leave_at_the_pace_of_our_number(stand):
    stand.start(people(40))
    began = time.time()

    stand.run(stand.process())

    times = [message.made_at for message in stand.twilio.messages.made.values()]
    assert len(times) == 40
    assert all(at >= began + before / 80 for before, at in enumerate(times))  # the first may be late itself


def test_a_campaign_waits_while_somebody_waits_for_a_message_from_our_number(stand):
    stand.start(people(5))
    later = utc_now() + timedelta(seconds=2)
    with stand.database.write() as connection:
        send_rate.hold(connection, US, later, utc_now())
    process = stand.process()

    stand.run(process, until=lambda: utc_now() >= later - timedelta(seconds=0.5))
    assert stand.to() == []
    stand.run(process)

    assert len(stand.to()) == 5


def test_a_campaign_of_which_something_cannot_be_read_stops_no_other(stand):
    stand.start(people(1, zone="Mars/Olympus"), name="Primera")
    stand.start(people(2), name="Segunda")

    stand.run(stand.process(), until=lambda: stand.states()["sent"] == 2)

    assert stand.states() == {"waiting": 1, "sent": 2}
