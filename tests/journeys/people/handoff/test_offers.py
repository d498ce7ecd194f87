"""Stories of sellers who take a handoff, decline it, or are not reached."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from messaging.requests import ReceiptFacts
from simulator.whatsapp.client import ReceiptConfig
from storage.base import utc_now
from storage.models import Contact, Handoff, Message, MessageStatus, Offer
from storage.queries import contacts
from tests.fakes.openai.replies import text
from tests.journeys.people.handoffs import LUIS, MARTA, US, WANTED, ask, joins_the_sandbox, told
from tests.journeys.whatsapp.people import person_of, work_off
from tests.records import every, the_only

pytestmark = pytest.mark.quick


def seller_of(line, twilio, number=MARTA, **options):
    """A seller who has written within the day, so that free text reaches them."""
    seller = person_of(line, twilio, number=number, to=US, **options)
    with line.parts.database.write() as connection:
        connection.execute(update(Contact).where(Contact.address == number).values(wrote_at=utc_now()))
    return seller


@pytest.mark.both_databases
def test_the_first_to_say_ok_has_it_and_the_others_are_told(known_sellers):
    line, marta, luis = known_sellers
    ask(line)
    work_off(line)
    assert told(luis) == []
    expire_offers(line)
    line.parts.people.handoffs.offer({"handoff_id": the_only(line.parts.database, Handoff).id})
    work_off(line)
    assert len(told(luis)) == 1

    luis.send("OK")
    work_off(line)
    marta.send("ok")

    assert told(luis)[1] == (
        "Es suyo: Ana +34600000001. Escríbale o llámele.\n\n"
        "https://wa.me/34600000001\nCuando termine, responda LISTO."
    )
    assert told(marta)[1] == f"Ya lo atiende {LUIS}. Gracias."
    handoff = the_only(line.parts.database, Handoff)
    assert (handoff.state, handoff.owner) == ("owned", LUIS)


@pytest.mark.both_databases
def test_an_answer_is_about_a_notice_that_was_sent(team_line, twilio):
    line = team_line(sellers=MARTA)
    marta = seller_of(line, twilio)
    joins_the_sandbox(twilio, MARTA)
    ask(line)
    person_of(line, twilio, number="+34600000009", to=US).send("Quiero hablar con una persona")
    _, second = every(line.parts.database, Handoff)
    line.parts.people.handoffs.offer({"handoff_id": second.id})  # its notice waits for its turn

    marta.send("OK")
    owners = [handoff.owner for handoff in every(line.parts.database, Handoff)]
    work_off(line)
    marta.send("OK")

    assert owners == [MARTA, ""]
    assert [handoff.owner for handoff in every(line.parts.database, Handoff)] == [MARTA, MARTA]


def expire_offers(line):
    with line.parts.database.write() as connection:
        connection.execute(update(Offer).values(expires_at=utc_now() - timedelta(seconds=1)))


def test_a_seller_who_declines_has_the_next_one_told_at_once(known_sellers):
    line, marta, luis = known_sellers
    ask(line)

    marta.send("No puedo")
    work_off(line)

    assert told(marta)[1] == "De acuerdo, se avisa a otra persona."
    assert len(told(luis)) == 1


def test_without_an_open_offer_a_sellers_ok_is_a_message_like_any_other(known_sellers, openai):
    _line, marta, _ = known_sellers
    openai.enqueue(text("¿En qué le ayudo?"))

    marta.send("OK")

    assert told(marta) == ["¿En qué le ayudo?"]


@pytest.mark.both_databases
def test_sellers_take_turns(known_sellers):
    line, marta, luis = known_sellers

    ask(line, WANTED | {"conversation_id": "a"})
    ask(line, WANTED | {"conversation_id": "b", "user_phone": "+34600000002"})

    assert (len(told(marta)), len(told(luis))) == (1, 1)


@pytest.mark.both_databases
def test_a_notice_that_did_not_arrive_has_the_next_one_told(known_sellers):
    line, marta, luis = known_sellers
    marta.receipts = ReceiptConfig(error_code=63003)
    for channel in line.parts.people.outbox._channels.prompt.values():
        channel._public_url = line.url  # so that receipts are told

    ask(line)
    marta.settle() if hasattr(marta, "settle") else None
    work_off(line, seconds=1)

    assert len(told(luis)) == 1


TEMPLATE = "HX" + "a" * 32
PUBLIC = "https://assistant.example.com"


def notices(line):
    """What became of what sellers were told: as what it went out, its status and its code."""
    return [(m.kind, m.status, m.error_code) for m in every(line.parts.database, Message) if m.outbound]


def test_a_seller_who_just_joined_the_sandbox_is_told_though_nothing_of_theirs_came_to_us(team_line, twilio):
    line = team_line(sellers=MARTA)
    marta = person_of(line, twilio, number=MARTA, to=US)
    joins_the_sandbox(twilio, MARTA)

    status, body = ask(line)

    assert status == 200, body
    assert body["message_sid"] == marta.received[-1].sid
    assert marta.texts[-1].startswith("*Nuevo cliente solicita atención humana*")


def test_a_seller_whose_last_message_is_old_gets_the_template(team_line, twilio):
    line = team_line(sellers=MARTA, twilio_template_sid=TEMPLATE)
    marta = seller_of(line, twilio)
    with line.parts.database.write() as connection:
        contacts.recipient_for(connection, MARTA, utc_now())
        connection.execute(update(Contact).values(wrote_at=utc_now() - timedelta(hours=25)))

    status, body = ask(line)

    assert status == 200, body
    assert len(marta.received) == 1
    assert notices(line)[0][0] == "template"
    assert [TEMPLATE in str(asked) for asked in posted(twilio)] == [True]


def posted(twilio):
    return [r for r in twilio.requests if r.path.endswith("/Messages.json") and r.method == "POST"]


def test_free_text_that_a_receipt_refuses_is_followed_by_the_template(team_line, twilio, openai):
    line = team_line(sellers=MARTA, twilio_template_sid=TEMPLATE, webhook_url=PUBLIC)
    marta = person_of(line, twilio, number=MARTA, to=US)

    assert ask(line)[0] == 200
    assert openai.wait_for(lambda: notices(line) == [("template", "waiting", None)])
    work_off(line)

    assert openai.wait_for(lambda: notices(line) == [("template", "read", None)]), notices(line)
    assert [TEMPLATE in str(asked) for asked in posted(twilio)] == [False, True]
    assert len(marta.received) == 1


def test_free_text_that_is_refused_at_once_is_followed_by_the_template_at_once(team_line, twilio):
    line = team_line(sellers=MARTA, twilio_template_sid=TEMPLATE)
    marta = person_of(line, twilio, number=MARTA, to=US)
    twilio.refuse(400, 63016)

    status, body = ask(line)

    assert (status, body["message_sid"]) == (200, marta.received[0].sid)
    assert notices(line)[0][0] == "template"


def test_without_a_template_a_receipt_that_refuses_has_the_next_seller_told(team_line, twilio, openai):
    line = team_line(webhook_url=PUBLIC)
    person_of(line, twilio, number=MARTA, to=US)
    luis = person_of(line, twilio, number=LUIS, to=US)
    joins_the_sandbox(twilio, LUIS)

    assert ask(line)[0] == 200
    assert openai.wait_for(lambda: notices(line) == [("notice", "failed", 63016)])
    work_off(line)
    work_off(line)

    assert len(luis.received) == 1


def test_without_a_template_a_refusal_at_once_has_the_next_seller_told_at_once(team_line, twilio):
    line = team_line()
    person_of(line, twilio, number=MARTA, to=US)
    luis = person_of(line, twilio, number=LUIS, to=US)
    joins_the_sandbox(twilio, LUIS)
    twilio.refuse(400, 63016)

    status, body = ask(line)

    assert (status, body["status"], body["message_sid"]) == (200, "ok", luis.received[0].sid)
    work_off(line)
    assert len(luis.received) == 1


def test_a_refusal_that_is_told_twice_changes_nothing_the_second_time(team_line, twilio, openai):
    line = team_line(sellers=MARTA, twilio_template_sid=TEMPLATE, webhook_url=PUBLIC)
    marta = person_of(line, twilio, number=MARTA, to=US)
    ask(line)
    assert openai.wait_for(lambda: notices(line) == [("template", "waiting", None)])
    [notice] = every(line.parts.database, Message)
    again = ReceiptFacts(notice.sid, MessageStatus.FAILED, 63016)

    line.parts.whatsapp.receipts.note(again, notice.id)
    work_off(line)
    line.parts.whatsapp.receipts.note(again, notice.id)
    work_off(line)

    assert openai.wait_for(lambda: notices(line) == [("template", "read", None)]), notices(line)
    assert len(marta.received) == 1
