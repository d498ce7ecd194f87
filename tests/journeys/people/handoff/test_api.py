"""Stories of customers who are handed over by somebody outside, and of the sellers who are told."""

import json
import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import update

from conversation.phrases import catalogue_for
from integrations.errors import IntegrationError
from storage.base import utc_now
from storage.models import Contact, Handoff, Message
from storage.queries import contacts
from tests.journeys.people.handoffs import CUSTOMER, MARTA, US, WANTED, ask, told
from tests.journeys.whatsapp.people import person_of, work_off
from tests.records import every, the_only

pytestmark = pytest.mark.quick


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
        "https://wa.me/34600000001\nResponda OK para atenderlo, o NO para que se avise a otra persona."
    ]


def test_what_is_empty_is_left_out(known_sellers):
    line, marta, _ = known_sellers

    ask(line, {"user_phone": CUSTOMER, "reason": "Una queja"})

    assert told(marta)[0].startswith(
        "*Nuevo cliente solicita atención humana*\n\n*Teléfono:* +34600000001\n*Motivo:* Una queja\n\n"
        "https://wa.me/34600000001\nResponda"
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
@pytest.mark.parametrize("is_taken", [False, True])
def test_another_request_for_the_same_person_is_told_to_whoever_knows_of_them_and_once(
    known_sellers, is_taken
):
    line, marta, luis = known_sellers
    first = ask(line)
    if is_taken:
        marta.send("OK")
    more = WANTED | {
        "conversation_id": "conv_2",
        "reason": "Pregunta por el precio",
        "additional_context": "",
    }

    answers = [ask(line, more) for _ in range(2)]
    work_off(line)

    queued = {"status": "queued", "message": catalogue_for("es").handoff_api.added, "message_sid": None}
    assert answers == [(200, queued)] * 2 and first[1]["message_sid"]
    assert len(every(line.parts.database, Handoff)) == 1
    told_more = [words for words in told(marta) if "Pregunta por el precio" in words]
    assert len(told_more) == 1 and told(luis) == []


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


@pytest.mark.parametrize(
    ("sellers", "too"), [("+34600000011", ""), (None, " No seller is configured. Set VENDEDOR_WHATSAPP.")]
)
def test_without_whatsapp_it_says_what_to_check(open_line, sellers, too):
    status, body = ask(open_line(vendedor_whatsapp=sellers))

    assert (status, body) == (
        503,
        {"detail": f"WhatsApp service not configured. Check TWILIO_* environment variables.{too}"},
    )


def test_what_twilio_refuses_for_now_stays_queued_and_is_sent_by_the_worker(known_sellers, twilio):
    line, marta, _ = known_sellers
    twilio.refuse(429, 20429)

    status, body = ask(line)
    assert (status, body["status"], body["message_sid"]) == (200, "queued", None)
    assert "se vuelve a intentar" in body["message"]
    work_off(line)

    assert len(told(marta)) == 1


def test_an_answer_of_twilios_that_was_lost_does_not_double_the_notice(known_sellers, twilio):
    line, marta, luis = known_sellers
    twilio.lose_answer()

    assert ask(line)[1]["status"] == "queued"
    age_notices(line)
    work_off(line, seconds=70)

    assert len(told(marta) + told(luis)) == 1


def test_a_template_whose_answer_was_lost_is_known_by_its_words_and_goes_once(team_line, twilio):
    line = team_line(sellers=MARTA, twilio_template_sid="HX" + "1" * 32)
    marta = person_of(line, twilio, number=MARTA, to=US)
    with line.parts.database.write() as connection:
        contacts.recipient_for(connection, MARTA, utc_now())
        connection.execute(update(Contact).values(wrote_at=utc_now() - timedelta(hours=25)))
    twilio.lose_answer()
    assert ask(line)[1]["status"] == "queued"
    [notice] = [message for message in twilio.book if message.direction == "outbound-api"]
    notice.body = f"Aviso: {json.loads(notice.content_variables)['1']}. Responda OK."

    age_notices(line)
    work_off(line, seconds=70)

    assert len(marta.received) == 1
    assert the_only(line.parts.database, Message).sid == notice.sid


def test_a_template_whose_words_are_not_known_goes_once_more_at_most(team_line, twilio):
    line = team_line(sellers=MARTA, twilio_template_sid="HX" + "1" * 32)
    marta = person_of(line, twilio, number=MARTA, to=US)
    with line.parts.database.write() as connection:
        contacts.recipient_for(connection, MARTA, utc_now())
        connection.execute(update(Contact).values(wrote_at=utc_now() - timedelta(hours=25)))
    twilio.lose_answer(times=20)
    assert ask(line)[1]["status"] == "queued"

    conversation_id = the_only(line.parts.database, Message).conversation_id
    for _ in range(5):
        age_notices(line)
        with suppress(IntegrationError):
            line.parts.people.sender.send({"conversation_id": conversation_id})

    assert len(marta.received) == 2


def test_asked_again_after_another_seller_was_told_it_names_that_message(known_sellers, twilio):
    line, marta, luis = known_sellers
    twilio.refuse(400, 63003)

    first = ask(line)
    work_off(line)
    status, body = ask(line)

    assert first == (status, body)
    last = [message for message in every(line.parts.database, Message) if message.kind == "notice"][-1]
    assert (status, body["message_sid"]) == (200, last.sid)
    assert len(told(marta) + told(luis)) == 1


def age_notices(line):
    with line.parts.database.write() as connection:
        connection.execute(
            update(Message)
            .where(Message.kind.in_(["notice", "template"]))
            .values(changed_at=utc_now() - timedelta(seconds=61))
        )


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"user_phone": CUSTOMER}, "reason"),
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
