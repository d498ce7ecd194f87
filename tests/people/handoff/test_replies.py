"""What sellers answer, twice, late and out of order, and what they are told: a table."""

import threading

import pytest
from sqlalchemy import text

from conversation.handoff_states import State
from conversation.operators import StaffMessage
from people.handoff.sellers import sellers_of
from phone_numbers import matching_number
from storage.models import Contact, Handoff, Message, MessageStatus, Offer
from storage.queries import outgoing
from tests.people.handoff.business import ANA, SELLERS, WORDS, Business
from tests.waiting import wait_until

MARTA, LUIS = SELLERS
SAID = WORDS.sellers
YOURS = f"Es suyo: Ana {ANA}. Escríbale o llámele.\n\nhttps://wa.me/{ANA[1:]}\n{SAID.how_to_end}"
BY_LUIS = SAID.taken_by.format(name=LUIS)
DONE, OWNED = SAID.done.format(name="Ana"), SAID.help_owned.format(name="Ana")


@pytest.fixture
def business(database):
    return Business(database)


def nothing(business):
    pass


def asked(business):
    business.ask()
    business.work_off()


def both_asked(business):
    asked(business)
    business.pass_time(minutes=6)


def taken_by_luis(business):
    both_asked(business)
    assert business.seller_says(LUIS, "OK").startswith("Es suyo")


def taken(business):
    asked(business)
    assert business.seller_says(MARTA, "OK") == YOURS


def done(business):
    taken(business)
    assert business.seller_says(MARTA, "LISTO") == DONE


def declined(business):
    asked(business)
    assert business.seller_says(MARTA, "NO") == SAID.passed_on


def given_back(business):
    asked(business)
    business.operators.give_back(business.chat)


def missed(business):
    both_asked(business)
    business.pass_time(hours=25)
    assert business.handoff().missed_at is not None


def missed_long_ago(business):
    missed(business)
    business.pass_time(hours=25)


def opted_out(business):
    asked(business)
    business.set(Contact, opted_out_at=business.now)


def before_the_receipt(business):
    asked(business)
    business.set(Message, status=MessageStatus.SENDING)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("situation", "answer", "reply", "state"),
    [
        (nothing, "OK", None, None),
        (asked, "OK", YOURS, State.OWNED),
        (asked, "listo", YOURS, State.OWNED),
        (asked, "NO", SAID.passed_on, State.OPEN),
        (asked, "¿Quién es?", SAID.help_offered, State.OPEN),
        (before_the_receipt, "OK", YOURS, State.OWNED),
        (opted_out, "OK", YOURS, State.OWNED),
        (taken, "OK", OWNED, State.OWNED),
        (taken, "NO", OWNED, State.OWNED),
        (taken, "gracias", OWNED, State.OWNED),
        (taken, "LISTO", DONE, State.CLOSED),
        (done, "LISTO", SAID.over, State.CLOSED),
        (done, "OK", SAID.over, State.CLOSED),
        (done, "gracias", None, State.CLOSED),
        (declined, "NO", SAID.passed_on, State.OPEN),
        (declined, "OK", YOURS, State.OWNED),
        (declined, "gracias", None, State.OPEN),
        (taken_by_luis, "OK", BY_LUIS, State.OWNED),
        (taken_by_luis, "NO", BY_LUIS, State.OWNED),
        (taken_by_luis, "gracias", None, State.OWNED),
        (given_back, "OK", SAID.over, State.CLOSED),
        (missed, "OK", YOURS.rpartition("\n")[0], State.CLOSED),
        (missed, "LISTO", DONE, State.CLOSED),
        (missed, "gracias", None, State.CLOSED),
        (missed_long_ago, "OK", None, State.CLOSED),
    ],
)
def test_a_sellers_answer(business, situation, answer, reply, state):
    situation(business)

    assert business.seller_says(MARTA, answer) == reply
    assert [handoff.state for handoff in business.kept(Handoff)] == ([state] if state else [])


@pytest.mark.both_databases
@pytest.mark.parametrize("situation", [taken, done, taken_by_luis, missed, declined])
def test_the_same_answer_again_changes_nothing(business, situation):
    situation(business)
    business.seller_says(MARTA, "OK")
    before = [(h.state, h.owner, h.missed_at) for h in business.kept(Handoff)]
    written = len(business.kept(Message))

    business.seller_says(MARTA, "OK")

    assert [(h.state, h.owner, h.missed_at) for h in business.kept(Handoff)] == before
    assert len(business.kept(Message)) == written


def test_a_receipt_that_comes_after_the_answer_has_nobody_else_told(business):
    taken(business)
    [offer] = business.kept(Offer)
    with business.database.write() as connection:
        outgoing.receipt(connection, MessageStatus.FAILED, 63016, business.now, message_id=offer.message_id)
        business.handoffs.receipt(connection, offer.message_id, MessageStatus.FAILED, 63016, business.now)
    business.pass_time(hours=1)

    assert business.said_to(LUIS) == []
    assert business.handoff().owner == MARTA


@pytest.mark.both_databases
def test_of_two_who_answer_at_the_same_moment_one_has_it_and_the_other_is_told_who(database):
    business = Business(database)
    both_asked(business)
    replies, ready = {}, threading.Barrier(2)

    def answer(number):
        ready.wait(30)
        replies[number] = "".join(reply.body for reply in business.sends(number, "OK").replies)

    answering = [threading.Thread(target=answer, args=(number,)) for number in SELLERS]
    for thread in answering:
        thread.start()
    for thread in answering:
        thread.join()

    owner = business.handoff().owner
    [other] = {*SELLERS} - {owner}
    assert replies[owner] == YOURS
    assert replies[other] in ("", SAID.taken_by.format(name=owner))
    assert {*business.said_to(other)[1:]} == {SAID.taken_by.format(name=owner)}
    assert business.handoff().state == State.OWNED


def test_who_was_a_moment_later_in_the_database_is_told_once_who_has_it(postgres_database):
    business, replies = Business(postgres_database), {}
    both_asked(business)

    def waits_for_a_lock():
        with postgres_database.read() as connection:
            return connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one()

    with postgres_database.write() as first:
        replies[LUIS] = business.handoffs.seller_says(first, StaffMessage(LUIS, "OK"), business.now)
        later = threading.Thread(target=lambda: replies.update({MARTA: business.seller_says(MARTA, "OK")}))
        later.start()
        wait_until(waits_for_a_lock)
    later.join()

    assert replies == {LUIS: YOURS, MARTA: ""}
    assert business.said_to(MARTA)[1:] == [BY_LUIS]


@pytest.mark.parametrize(
    ("configured", "writes_from"),
    [
        ("+5215512345678", "+525512345678"),
        ("+525512345678", "+525512345678"),
        ("+5491123456789", "+541123456789"),
        ("+541123456789", "+541123456789"),
        ("+551187654321", "+5511987654321"),
        ("+5511987654321", "+5511987654321"),
    ],
)
def test_a_seller_is_known_in_every_form_of_their_number(database, configured, writes_from):
    business = Business(database, sellers=[configured])
    asked(business)

    assert business.seller_says(writes_from, "OK") == YOURS
    assert business.seller_says(matching_number(configured), "LISTO") == DONE
    assert sellers_of([configured])[0].number == configured


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("words", "payload", "reply"),
    [
        ("Lo atiendo yo", "OK", YOURS),
        ("Ahora no me viene bien", "NO", SAID.passed_on),
        ("OK", "boton-1", YOURS),
        ("No puedo", "", SAID.passed_on),
        ("Más tarde", "luego", SAID.help_offered),
    ],
)
def test_a_button_counts_by_its_payload_and_else_by_its_words(business, words, payload, reply):
    asked(business)

    assert business.seller_says(MARTA, words, payload=payload) == reply


@pytest.mark.both_databases
def test_an_answer_to_a_notice_is_about_that_notice(database):
    business = Business(database, sellers=[MARTA])
    business.ask()
    business.work_off()
    business.chat = business.somebody_writes("+34600000002", "Bea")
    business.ask()
    business.work_off()
    for number, notice in enumerate([m for m in business.kept(Message) if m.kind == "notice"]):
        business.set(Message, Message.id == notice.id, sid=f"SM{number}")

    assert "Ana" in business.seller_says(MARTA, "OK", answers="SM0")
    assert [handoff.owner for handoff in business.kept(Handoff)] == [MARTA, ""]
    assert "Bea" in business.seller_says(MARTA, "Lo tomo", answers="SM1")
    assert "Ana" in business.seller_says(MARTA, "LISTO", answers="SM0")
    assert [handoff.state for handoff in business.kept(Handoff)] == [State.CLOSED, State.OWNED]
