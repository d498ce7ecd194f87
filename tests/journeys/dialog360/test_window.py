"""Stories of what goes out by 360dialog outside the window, and of the notice of a handoff."""

import time

import pytest

from conversation.phrases import catalogue_for
from integrations.dialog360.client import what_to_do
from storage.base import utc_now
from storage.queries import contacts
from tests.fakes.dialog360.fake import FakeDialog360, Refuse
from tests.fakes.openai.replies import text
from tests.journeys.dialog360.people import ANA, LUIS, last, write
from tests.journeys.whatsapp.people import sent, work_off
from translations import language_of_locale

# Outside the window


def test_free_text_that_meta_says_came_too_late_is_noted(open_360, openai):
    hours = [0.0]
    with FakeDialog360(clock=lambda: time.time() + hours[0] * 3600) as late:
        openai.enqueue(text("Hola."))
        line = open_360(d360_api_url=late.url)
        late.webhooks.url = f"{line.url}/webhook/360dialog"
        late.webhooks.headers = {"Authorization": "Bearer a-token-of-ours"}
        late.people.write(ANA, "Hola")
        late.webhooks.settle()
        assert openai.wait_for(lambda: sent(line))
        hours[0] = 25

        work_off(line)
        late.webhooks.settle()

        assert (last(line).status, last(line).error_code) == ("failed", 131047)


def test_without_a_template_a_notice_to_who_never_wrote_fails(line, whatsapp):
    with line.parts.database.write() as connection:
        recipient = contacts.recipient_for(connection, LUIS, utc_now())
        line.parts.whatsapp.outbox.write(connection, recipient, "Un cliente", author="handoff", kind="notice")

    work_off(line)
    whatsapp.webhooks.settle()
    work_off(line)

    assert whatsapp.messages.words(LUIS) == ["Un cliente"]  # taken once, and refused by a receipt
    assert (last(line).status, last(line).error_code) == ("failed", 131047)


@pytest.fixture
def template_line(open_360, whatsapp):
    whatsapp.messages.template("aviso", "es", "Aviso: {{1}}")
    return open_360(d360_template="aviso:es")


def send_notice(line):
    """Send a notice to somebody who never wrote, at once; return the id that WhatsApp gave it."""
    outbox, sender = line.parts.people.outbox, line.parts.people.prompt_sender
    with line.parts.database.write() as connection:
        recipient = contacts.recipient_for(connection, LUIS, utc_now())
        words = "Un cliente:\n\nAna      López"
        message_id = outbox.write(connection, recipient, words, author="handoff", kind="notice")
        sender.claim_notice(connection, message_id)
    return sender.send_now(message_id)


def test_a_notice_that_a_receipt_refuses_goes_out_as_the_template(template_line, whatsapp):
    wamid = send_notice(template_line)
    whatsapp.webhooks.settle()
    assert last(template_line).sid == wamid

    work_off(template_line)
    whatsapp.webhooks.settle()

    assert whatsapp.messages.words(LUIS)[1:] == ["Aviso: Un cliente: · Ana López"]
    assert (last(template_line).sid, last(template_line).status) == (whatsapp.messages.last.wamid, "read")


def test_a_notice_that_is_refused_in_the_answer_goes_out_as_the_template(template_line, whatsapp):
    whatsapp.messages.at_once = True

    wamid = send_notice(template_line)

    assert whatsapp.messages.words(LUIS) == ["Aviso: Un cliente: · Ana López"]
    whatsapp.webhooks.settle()
    assert (last(template_line).sid, last(template_line).status) == (wamid, "read")


def test_the_log_says_what_metas_codes_mean(greeted, whatsapp):
    whatsapp.messages.failing(ANA, 131026)
    write(greeted, "Nunca.")
    work_off(greeted)
    whatsapp.webhooks.settle()

    shown = greeted.app.test_cli_runner().invoke(args=["whatsapp", "log"])

    assert shown.exit_code == 0, shown.output
    meaning = what_to_do(131026, language_of_locale(greeted.settings.lang))
    assert f"[131026] {meaning}"[:40] in shown.output


# The notice of a handoff


def hand_over(line):
    """Ask for a person twice, from outside; return the two answers."""
    body = {"user_phone": LUIS, "reason": "Quiere un presupuesto"}
    asked = [line.app.test_client().post("/api/elevenlabs/handoff", json=body) for _ in range(2)]
    return [(answer.status_code, answer.json) for answer in asked]


@pytest.fixture
def seller_line(open_360, whatsapp, openai, answers):
    """A line whose seller has written through 360dialog."""
    openai.enqueue(text("Hola."))
    line = open_360(vendedor_whatsapp=ANA)
    whatsapp.people.write(ANA, "Buenos días")
    answers(line, 1)
    return line


def test_a_seller_is_told_through_360dialog_at_once(seller_line, whatsapp):
    first, again = hand_over(seller_line)

    assert first == again
    assert (first[0], first[1]["message_sid"]) == (200, whatsapp.messages.last.wamid)
    assert len([words for words in whatsapp.messages.words(ANA) if "atención humana" in words]) == 1


def refuse_for_now(whatsapp):
    whatsapp.fail(Refuse(130429), path="/messages")


def refuse_for_good(whatsapp):
    whatsapp.api_key = "another"


@pytest.mark.parametrize("refuse", [refuse_for_now, refuse_for_good])
def test_a_notice_that_360dialog_refuses_is_tried_again_and_the_asker_told_so(seller_line, whatsapp, refuse):
    refuse(whatsapp)

    answers = hand_over(seller_line)

    assert [status for status, _ in answers] == [200, 200]
    assert {body["status"] for _, body in answers} == {"queued"}
    tried_again = catalogue_for(seller_line.parts.profile.language).handoff_api.tried_again
    assert {body["message"] for _, body in answers} == {tried_again}
