"""Stories of customers who are handed over by somebody outside, and of the sellers who are told."""

import json
import threading
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from messaging.requests import ReceiptFacts
from simulator.whatsapp.client import ReceiptWishes
from simulator.whatsapp.messages import Message as SandboxMessage
from storage.base import utc_now
from storage.models import Contact, Conversation, Handoff, Message, MessageStatus, Offer
from storage.queries import contacts
from tests.fakes.openai.server import text, tool_call
from tests.fakes.twilio.server import ACCOUNT_SID
from tests.journeys.whatsapp.test_messages import person_of, phrases, real_line, twilio, work_off  # noqa: F401
from tests.records import every, the_only

pytestmark = pytest.mark.quick

MARTA, LUIS, CUSTOMER = "+34600000011", "+34600000012", "+34600000001"
US = "+14155550100"
WANTED = {
    "user_phone": CUSTOMER,
    "user_name": "Ana",
    "reason": "Quiere un presupuesto",
    "conversation_id": "conv_1",
    "additional_context": "Tiene prisa.\nLlama desde el coche.",
}


def ask(line, wanted=WANTED, **headers):
    """Return the status and the body that a request for a handoff is answered with."""
    body = json.dumps(wanted).encode() if not isinstance(wanted, bytes) else wanted
    request = urllib.request.Request(
        f"{line.url}/api/elevenlabs/handoff", body, {"Content-Type": "application/json", **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.fixture
def team_line(real_line):  # noqa: F811
    def open_one(sellers=f"{MARTA},{LUIS}", **values):
        return real_line(twilio_whatsapp_number=US, vendedor_whatsapp=sellers, **values)

    return open_one


def seller_of(line, twilio, number=MARTA, **options):  # noqa: F811
    """A seller who has written within the day, so that free text reaches them."""
    seller = person_of(line, twilio, number=number, to=US, **options)
    with line.parts.database.write() as connection:
        connection.execute(update(Contact).where(Contact.address == number).values(wrote_at=utc_now()))
    return seller


@pytest.fixture
def known_sellers(team_line, twilio, openai):  # noqa: F811
    """A line, and its two sellers, each of whom has written today."""
    openai.enqueue(text("Hola."), text("Hola."))
    line = team_line()
    sellers = [person_of(line, twilio, number=number, to=US) for number in (MARTA, LUIS)]
    for seller in sellers:
        seller.send("Buenos días")
        seller.received.clear() if hasattr(seller.received, "clear") else None
    return line, *sellers


def told(seller):
    """What a seller was told after the greeting."""
    return [words for words in seller.texts if words != "Hola."]


def test_a_seller_is_told_at_once_and_the_answer_names_the_message(known_sellers, openai):
    line, marta, _ = known_sellers

    status, body = ask(line)

    [notice] = [message for message in every(line.parts.database, Message) if message.kind == "notice"]
    assert (status, body) == (
        200,
        {"status": "ok", "message": "Notificación enviada al vendedor", "message_sid": notice.sid},
    )
    assert told(marta) == [
        "*Nuevo cliente solicita atención humana*\n\n*Cliente:* Ana\n*Teléfono:* +34600000001\n"
        "*Motivo:* Quiere un presupuesto\n*Conversación:* conv_1\n\n"
        "*Contexto:*\nTiene prisa.\nLlama desde el coche.\n\n"
        "Responda OK para atenderlo, o NO para que se avise a otra persona."
    ]


def test_what_is_empty_is_left_out(known_sellers):
    line, marta, _ = known_sellers

    ask(line, {"user_phone": CUSTOMER, "reason": "Una queja"})

    assert told(marta)[0].startswith(
        "*Nuevo cliente solicita atención humana*\n\n*Teléfono:* +34600000001\n*Motivo:* Una queja\n\nResponda"
    )


FORGED = {
    "user_phone": CUSTOMER,
    "user_name": "Eva\n*Teléfono:* +34600000099",
    "reason": "*gratis* ~no~ ```x```\n*Teléfono:* +34600000099",
    "conversation_id": "c\n*Motivo:* otro",
    "additional_context": "> _hoy_ ana_lopez@example.com\n\n*Teléfono:* +34600000099",
}


def test_nobodys_words_pass_for_a_line_of_the_notice(known_sellers):
    line, marta, _ = known_sellers

    assert ask(line, FORGED)[0] == 200

    assert told(marta)[0].rpartition("\n\n")[0].split("\n") == [
        "*Nuevo cliente solicita atención humana*",
        "",
        "*Cliente:* Eva ∗Teléfono:∗ +34600000099",
        "*Teléfono:* +34600000001",
        "*Motivo:* ∗gratis∗ ∼no∼ ˋˋˋxˋˋˋ ∗Teléfono:∗ +34600000099",
        "*Conversación:* c ∗Motivo:∗ otro",
        "",
        "*Contexto:*",
        "› ˍhoyˍ ana_lopez@example.com",
        "",
        "∗Teléfono:∗ +34600000099",
    ]


def test_a_notice_that_is_too_long_is_cut_and_still_says_how_to_take_it(known_sellers):
    line, marta, _ = known_sellers

    assert ask(line, WANTED | {"additional_context": "x" * 10_000, "reason": "y" * 10_000})[0] == 200

    notice = told(marta)[0]
    assert len(notice) <= 1600
    assert "…" in notice and notice.endswith("o NO para que se avise a otra persona.")


@pytest.mark.both_databases
@pytest.mark.parametrize("again", [WANTED, WANTED | {"reason": "otra vez"}])
def test_the_same_conversation_again_is_the_same_answer_and_no_second_message(known_sellers, again):
    line, marta, luis = known_sellers

    first, second = ask(line), ask(line, again)

    assert first == second
    assert len(told(marta) + told(luis)) == 1
    assert len(every(line.parts.database, Handoff)) == 1


@pytest.mark.both_databases
def test_ten_requests_at_once_are_one_message(known_sellers):
    line, marta, luis = known_sellers
    answers = []
    asking = [threading.Thread(target=lambda: answers.append(ask(line))) for _ in range(10)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()

    assert len({json.dumps(answer) for answer in answers}) == 1, answers
    assert answers[0][0] == 200
    assert len(told(marta) + told(luis)) == 1


def test_without_whatsapp_it_says_what_to_check(open_line):
    status, body = ask(open_line())

    assert (status, body) == (
        503,
        {"detail": "WhatsApp service not configured. Check TWILIO_* environment variables."},
    )


def test_what_twilio_refuses_for_now_stays_queued_and_is_sent_by_the_worker(known_sellers, twilio):  # noqa: F811
    line, marta, _ = known_sellers
    twilio.refuse(429, 20429)

    status, body = ask(line)
    assert status == 500
    assert "stays queued" in body["detail"]
    work_off(line)

    assert len(told(marta)) == 1


def test_an_answer_of_twilios_that_was_lost_does_not_double_the_notice(known_sellers, twilio):  # noqa: F811
    line, marta, luis = known_sellers
    twilio.lose_answer()

    assert ask(line)[0] == 500
    age_notices(line)
    work_off(line, seconds=70)

    assert len(told(marta) + told(luis)) == 1


def test_asked_again_after_another_seller_was_told_it_names_that_message(known_sellers, twilio):  # noqa: F811
    line, marta, luis = known_sellers
    twilio.refuse(400, 63003)

    status, body = ask(line)
    assert status == 500 and "Another seller" in body["detail"]
    with line.parts.database.write() as connection:
        line.parts.people.handoffs._offer_at(connection, 1, utc_now(), utc_now())
    work_off(line)
    status, body = ask(line)

    last = [message for message in every(line.parts.database, Message) if message.kind == "notice"][-1]
    assert (status, body["message_sid"]) == (200, last.sid)
    assert len(told(marta) + told(luis)) == 1


def age_notices(line):
    with line.parts.database.write() as connection:
        connection.execute(
            update(Message)
            .where(Message.kind == "notice")
            .values(changed_at=utc_now() - timedelta(seconds=61))
        )


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"reason": "x"}, "user_phone"),
        ({"user_phone": CUSTOMER}, "reason"),
        ({"user_phone": "600", "reason": "x"}, "user_phone"),
        ({"user_phone": CUSTOMER, "reason": " "}, "reason"),
    ],
)
def test_a_wrong_body_is_refused_with_the_field_and_the_reason(known_sellers, wanted, field):
    status, body = ask(known_sellers[0], wanted)

    assert status == 422
    assert body["detail"][0]["loc"] == ["body", field]
    assert body["detail"][0]["msg"]


def test_what_is_no_json_is_refused(known_sellers):
    assert ask(known_sellers[0], b"{")[0] == 422


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Bearer s3cret"}, 503),
        ({"X-API-Key": "s3cret"}, 503),
        ({"Authorization": "bearer s3cret"}, 503),
        ({"X-API-Key": "s3cr\u00e9t"}, 401),
    ],
)
def test_the_key_is_asked_for_where_one_is_set(open_line, headers, status):
    assert ask(open_line(handoff_api_key="s3cret"), **headers)[0] == status


def test_without_a_key_only_this_machine_may_ask(open_line):
    status, body = ask(open_line(), **{"X-Forwarded-For": "203.0.113.5"})

    assert status == 401
    assert "HANDOFF_API_KEY" in body["detail"]


def test_who_asks_too_often_is_told_so(open_line):
    line = open_line()

    answers = [ask(line) for _ in range(31)]

    assert answers[-1][0] == 429
    assert "detail" in answers[-1][1]


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

    assert told(luis)[1] == "Es suyo: Ana +34600000001. Escríbale o llámele."
    assert told(marta)[1] == f"Ya lo atiende {LUIS}. Gracias."
    handoff = the_only(line.parts.database, Handoff)
    assert (handoff.state, handoff.owner) == ("owned", LUIS)


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
    ask(line, WANTED | {"conversation_id": "b"})

    assert (len(told(marta)), len(told(luis))) == (1, 1)


@pytest.mark.both_databases
def test_a_notice_that_did_not_arrive_has_the_next_one_told(known_sellers):
    line, marta, luis = known_sellers
    marta.receipts = ReceiptWishes(error_code=63003)
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


def joins_the_sandbox(twilio, number):  # noqa: F811
    """Let somebody send the word that Twilio answers itself: it has heard of them, and we have not."""
    address = f"whatsapp:{number}"
    joined = SandboxMessage(
        "SM" + "5" * 32, ACCOUNT_SID, "inbound", address, f"whatsapp:{US}", "join a-word", utc_now()
    )
    twilio.book.keep(joined)


def test_a_seller_who_just_joined_the_sandbox_is_told_though_nothing_of_theirs_came_to_us(team_line, twilio):  # noqa: F811
    line = team_line(sellers=MARTA)
    marta = person_of(line, twilio, number=MARTA, to=US)
    joins_the_sandbox(twilio, MARTA)

    status, body = ask(line)

    assert status == 200, body
    assert body["message_sid"] == marta.received[-1].sid
    assert marta.texts[-1].startswith("*Nuevo cliente solicita atención humana*")


def test_a_seller_whose_last_message_is_old_gets_the_template(team_line, twilio):  # noqa: F811
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


def posted(twilio):  # noqa: F811
    return [r for r in twilio.requests if r.path.endswith("/Messages.json") and r.method == "POST"]


def test_free_text_that_a_receipt_refuses_is_followed_by_the_template(team_line, twilio, openai):  # noqa: F811
    line = team_line(sellers=MARTA, twilio_template_sid=TEMPLATE, webhook_url=PUBLIC)
    marta = person_of(line, twilio, number=MARTA, to=US)

    assert ask(line)[0] == 200
    assert openai.wait_for(lambda: notices(line) == [("template", "waiting", None)], 5.0)
    work_off(line)

    assert openai.wait_for(lambda: notices(line) == [("template", "read", None)], 5.0), notices(line)
    assert [TEMPLATE in str(asked) for asked in posted(twilio)] == [False, True]
    assert len(marta.received) == 1


def test_free_text_that_is_refused_at_once_is_followed_by_the_template_at_once(team_line, twilio):  # noqa: F811
    line = team_line(sellers=MARTA, twilio_template_sid=TEMPLATE)
    marta = person_of(line, twilio, number=MARTA, to=US)
    twilio.refuse(400, 63016)

    status, body = ask(line)

    assert (status, body["message_sid"]) == (200, marta.received[0].sid)
    assert notices(line)[0][0] == "template"


def test_without_a_template_a_receipt_that_refuses_has_the_next_seller_told(team_line, twilio, openai):  # noqa: F811
    line = team_line(webhook_url=PUBLIC)
    person_of(line, twilio, number=MARTA, to=US)
    luis = person_of(line, twilio, number=LUIS, to=US)
    joins_the_sandbox(twilio, LUIS)

    assert ask(line)[0] == 200
    assert openai.wait_for(lambda: notices(line) == [("notice", "failed", 63016)], 5.0)
    work_off(line)
    work_off(line)

    assert len(luis.received) == 1


def test_without_a_template_a_refusal_at_once_is_told_and_the_next_seller_is(team_line, twilio):  # noqa: F811
    line = team_line()
    person_of(line, twilio, number=MARTA, to=US)
    luis = person_of(line, twilio, number=LUIS, to=US)
    joins_the_sandbox(twilio, LUIS)
    twilio.refuse(400, 63016)

    status, body = ask(line)
    work_off(line)
    work_off(line)

    assert status == 500 and "Another seller" in body["detail"]
    assert len(luis.received) == 1


def test_a_refusal_that_is_told_twice_changes_nothing_the_second_time(team_line, twilio, openai):  # noqa: F811
    line = team_line(sellers=MARTA, twilio_template_sid=TEMPLATE, webhook_url=PUBLIC)
    marta = person_of(line, twilio, number=MARTA, to=US)
    ask(line)
    assert openai.wait_for(lambda: notices(line) == [("template", "waiting", None)], 5.0)
    [notice] = every(line.parts.database, Message)
    again = ReceiptFacts(notice.sid, MessageStatus.FAILED, 63016)

    line.parts.whatsapp.receipts.note(again, notice.id)
    work_off(line)
    line.parts.whatsapp.receipts.note(again, notice.id)
    work_off(line)

    assert openai.wait_for(lambda: notices(line) == [("template", "read", None)], 5.0), notices(line)
    assert len(marta.received) == 1


# Numbers as WhatsApp writes them


@pytest.mark.parametrize(
    ("seller", "customer"),
    [
        ("+5215555550111", "+5215555550100"),
        ("+5491155550111", "+5491155550100"),
        ("+553185550111", "+553185550100"),
    ],
    ids=["Mexico", "Argentina", "Brazil"],
)
def test_sellers_and_customers_are_reached_by_the_numbers_that_were_given(
    team_line,
    twilio,  # noqa: F811
    seller,
    customer,
):
    line = team_line(sellers=f"whatsapp:{seller}")
    marta = person_of(line, twilio, number=seller, to=US)
    joins_the_sandbox(twilio, seller)

    status, body = ask(line, WANTED | {"user_phone": customer})
    marta.send("OK")

    assert status == 200, body
    assert f"\n*Teléfono:* {customer}\n" in marta.texts[0]
    assert marta.texts[1] == f"Es suyo: Ana {customer}. Escríbale o llámele."
    handoff = the_only(line.parts.database, Handoff)
    assert (handoff.number, handoff.owner) == (customer, seller)
    addresses = [contact.address for contact in every(line.parts.database, Contact)]
    assert len(addresses) == 2 and customer not in addresses


def test_the_notice_in_english(team_line, twilio):  # noqa: F811
    line = team_line(sellers=MARTA, assistant_profile="reception.en")
    marta = person_of(line, twilio, number=MARTA, to=US)
    joins_the_sandbox(twilio, MARTA)

    ask(line)

    assert marta.texts == [
        "*A new customer asks for a person*\n\n*Customer:* Ana\n*Phone:* +34600000001\n"
        "*Reason:* Quiere un presupuesto\n*Conversation:* conv_1\n\n"
        "*Context:*\nTiene prisa.\nLlama desde el coche.\n\n"
        "Answer OK to take it, or NO to have somebody else told."
    ]


def test_a_handoff_by_the_assistant_tells_a_seller_and_silences_it(known_sellers, twilio, openai, phrases):  # noqa: F811
    line, marta, _ = known_sellers
    openai.enqueue(tool_call("hand_off", {"reason": "queja", "summary": "Le cobraron dos veces."}))
    ana = person_of(line, twilio, number=CUSTOMER, to=US)

    ana.send("Me han cobrado dos veces y estoy harta")
    work_off(line)
    ana.send("¿Sigue ahí?")

    assert ana.texts == [phrases.handed_off]
    assert "Le cobraron dos veces." in told(marta)[0]
    with line.parts.database.write() as connection:
        connection.execute(update(Conversation).values(human_until=utc_now() - timedelta(seconds=1)))
    openai.enqueue(text("Aquí estoy."))
    ana.send("¿Hola?")
    assert ana.texts[-1] == "Aquí estoy."


def test_the_document_is_served_and_valid(open_line):
    from openapi_spec_validator import validate

    with urllib.request.urlopen(f"{open_line().url}/api/openapi.json") as response:
        document = json.load(response)

    validate(document)
    assert "/api/elevenlabs/handoff" in document["paths"]


@pytest.mark.parametrize("said", ["Quiero hablar con una persona", "¿Puedo hablar con un asesor, por favor?"])
def test_who_asks_for_a_person_waits_for_no_model(known_sellers, twilio, openai, phrases, said):  # noqa: F811
    line, marta, _ = known_sellers
    asked_before = len(openai.chats)
    ana = person_of(line, twilio, number=CUSTOMER, to=US)

    ana.send(said)
    work_off(line)

    assert ana.texts == [phrases.handed_off]
    assert len(openai.chats) == asked_before
    assert "*Motivo:* Pide hablar con una persona" in told(marta)[0]
    assert the_only(line.parts.database, Handoff).source == "words"


def test_a_key_asks_for_a_person_on_the_phone(team_line, twilio, openai):  # noqa: F811
    line = team_line(human_phone_number="+34600000099")
    openai.enqueue(text("¿En qué puedo ayudarle?"))
    phone = line.phone()
    phone.dial()
    phone.press("0")

    assert the_only(line.parts.database, Handoff).source == "key"
    assert line.turns()[-1].ending == "transfer"
    assert openai.chats == []


def test_with_nobody_on_duty_the_notice_waits_for_who_is_first(known_sellers):
    line, marta, luis = known_sellers
    handoffs = line.parts.people.handoffs
    local = utc_now().astimezone(handoffs.policy.zone)
    yesterday = frozenset({(local.weekday() - 1) % 7})
    everybody = handoffs.policy.sellers
    handoffs.policy = replace(
        handoffs.policy, sellers=[replace(seller, days=yesterday) for seller in everybody]
    )

    status, body = ask(line)

    assert (status, body["status"], body["message_sid"]) == (200, "queued", None)
    assert "nadie de turno" in body["message"]
    assert ask(line)[1] == body
    assert told(marta) + told(luis) == []

    handoffs.policy = replace(handoffs.policy, sellers=everybody)
    handoffs.offer({"handoff_id": the_only(line.parts.database, Handoff).id})
    work_off(line)
    assert len(told(marta) + told(luis)) == 1
