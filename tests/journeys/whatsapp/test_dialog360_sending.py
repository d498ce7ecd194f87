"""Stories of what goes out by 360dialog: too fast, lost on its way, refused, outside the window."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import update

from integrations.dialog360.client import Dialog360, what_to_do
from storage.base import utc_now
from storage.models import Message, Pace
from storage.queries import contacts
from storage.queries.messages import Attachment
from tests.fakes.dialog360.fake import API_KEY, Close, FakeDialog360, Refuse
from tests.fakes.openai.server import text
from tests.journeys.whatsapp.test_dialog360 import (  # noqa: F401
    ANA,
    LUIS,
    answers,
    open_360,
    sent,
    whatsapp,
    work_off,
    write,
)
from tests.records import the_only

LONG = " ".join(f"Esta es la frase número {number}." for number in range(1, 120))


@pytest.fixture
def line(open_360):  # noqa: F811
    return open_360()


@pytest.fixture
def greeted(line, whatsapp, openai, answers):  # noqa: F811
    """A line that Ana has written to, and been answered by."""
    openai.enqueue(text("Hola."))
    whatsapp.people.write(ANA, "Hola")
    answers(line, 1)
    assert openai.wait_for(lambda: whatsapp.messages.typing)  # asked for with a POST, as messages are
    return line


def let_pass(line, seconds=61):
    """Let a minute pass for what is being sent."""
    ago = utc_now() - timedelta(seconds=seconds)
    with line.parts.database.write() as connection:
        connection.execute(update(Message).where(Message.status == "sending").values(changed_at=ago))


def last(line):
    return sent(line)[-1]


@pytest.mark.both_databases
def test_the_parts_of_a_long_answer_come_in_order(line, whatsapp, openai, answers):  # noqa: F811
    openai.enqueue(text(LONG))

    whatsapp.people.write(ANA, "Cuéntemelo todo")

    assert answers(line, 2) == [message.body for message in sent(line)]
    assert len(sent(line)) > 1


@pytest.mark.both_databases
def test_receipts_that_come_before_the_answer_to_the_request_are_kept(line, whatsapp, openai, answers):  # noqa: F811
    openai.enqueue(text("Hola."))
    whatsapp.messages.receipts_first = True

    whatsapp.people.write(ANA, "Hola")

    assert answers(line) == ["Hola."]
    assert (last(line).status, last(line).sid) == ("read", whatsapp.messages.last.wamid)


def test_a_message_whose_acceptance_was_lost_is_known_by_its_receipts(greeted, whatsapp):  # noqa: F811
    write(greeted, "¿Me oye?")
    whatsapp.fail(Close(after=True), path="/messages")

    work_off(greeted)
    whatsapp.webhooks.settle()
    let_pass(greeted)
    work_off(greeted, seconds=90)

    assert whatsapp.messages.words(ANA) == ["Hola.", "¿Me oye?"]
    assert (last(greeted).status, last(greeted).sid) == ("read", whatsapp.messages.last.wamid)


def test_a_message_of_which_nothing_is_known_is_sent_again_after_a_minute(greeted, whatsapp):  # noqa: F811
    write(greeted, "¿Me oye?")
    whatsapp.fail(Close(), path="/messages")

    work_off(greeted)
    work_off(greeted, seconds=50)
    assert whatsapp.messages.words(ANA) == ["Hola."]
    let_pass(greeted)
    work_off(greeted, seconds=120)
    whatsapp.webhooks.settle()

    assert whatsapp.messages.words(ANA) == ["Hola.", "¿Me oye?"]
    assert last(greeted).status == "read"


def test_a_message_of_which_nothing_is_ever_known_is_said_twice_at_most(greeted, whatsapp):  # noqa: F811
    whatsapp.messages.script = ()
    write(greeted, "¿Me oye?")
    whatsapp.fail(Close(after=True), path="/messages", times=3)

    for _ in range(4):
        work_off(greeted, seconds=120)
        let_pass(greeted)

    assert whatsapp.messages.words(ANA) == ["Hola.", "¿Me oye?", "¿Me oye?"]
    assert last(greeted).status == "failed"


def test_what_another_program_sent_to_the_same_person_is_not_taken_for_ours(greeted, whatsapp):  # noqa: F811
    whatsapp.webhooks.url = None
    theirs = Dialog360(API_KEY, api_url=whatsapp.url).send_text(ANA, "De otro programa")
    whatsapp.webhooks.url = f"{greeted.url}/webhook/360dialog"
    write(greeted, "¿Me oye?")
    whatsapp.fail(Close(), path="/messages")
    work_off(greeted)

    whatsapp.messages.tell(theirs, "delivered", "read")
    whatsapp.webhooks.settle()

    assert (last(greeted).status, last(greeted).sid) == ("sending", None)


@pytest.mark.both_databases
def test_a_number_that_sends_too_fast_waits_with_all_it_has(greeted, whatsapp):  # noqa: F811
    write(greeted, "Uno.")
    write(greeted, "Dos.")
    whatsapp.fail(Refuse(130429), path="/messages")

    work_off(greeted)
    assert whatsapp.messages.words(ANA) == ["Hola."]
    assert the_only(greeted.parts.database, Pace).next_at > utc_now() + timedelta(seconds=2)
    with greeted.parts.database.write() as connection:
        connection.execute(update(Pace).values(next_at=utc_now()))
    work_off(greeted, seconds=20)

    assert whatsapp.messages.words(ANA) == ["Hola.", "Uno.", "Dos."]


def test_too_much_for_one_person_makes_nobody_else_wait(greeted, whatsapp):  # noqa: F811
    write(greeted, "Uno.")
    before = the_only(greeted.parts.database, Pace).next_at
    whatsapp.fail(Refuse(131056), path="/messages")

    work_off(greeted)
    assert whatsapp.messages.words(ANA) == ["Hola."]
    assert the_only(greeted.parts.database, Pace).next_at < before + timedelta(seconds=5)
    work_off(greeted, seconds=20)

    assert whatsapp.messages.words(ANA) == ["Hola.", "Uno."]


def test_what_whatsapp_could_not_deliver_for_now_is_sent_again(greeted, whatsapp):  # noqa: F811
    whatsapp.messages.failing(ANA, 131016)
    write(greeted, "Con retraso.")
    work_off(greeted)
    whatsapp.webhooks.settle()
    whatsapp.messages._failing.clear()

    work_off(greeted, seconds=7)
    whatsapp.webhooks.settle()

    assert whatsapp.messages.words(ANA) == ["Hola.", "Con retraso.", "Con retraso."]
    assert (last(greeted).status, last(greeted).tries) == ("read", 1)


def test_what_whatsapp_will_never_deliver_is_not_sent_again(greeted, whatsapp):  # noqa: F811
    whatsapp.messages.failing(ANA, 131026)
    write(greeted, "Nunca.")

    work_off(greeted)
    whatsapp.webhooks.settle()
    work_off(greeted, seconds=900)

    assert whatsapp.messages.words(ANA) == ["Hola.", "Nunca."]
    assert (last(greeted).status, last(greeted).error_code) == ("failed", 131026)


def test_a_wrong_key_is_noted_with_each_message(greeted, whatsapp):  # noqa: F811
    whatsapp.api_key = "another"
    write(greeted, "Hola otra vez.")

    work_off(greeted)

    assert (last(greeted).status, last(greeted).error_code) == ("failed", 401)


@pytest.mark.parametrize(
    ("file_type", "body", "kind", "shown"),
    [
        ("image/png", "La carta", "image", {"caption": "La carta"}),
        ("image/webp", "", "document", {"filename": "la carta.png"}),
        ("audio/ogg", "", "audio", {}),
        ("audio/ogg", "Escuche", "document", {"caption": "Escuche", "filename": "la carta.png"}),
        ("video/mp4", "Mire", "video", {"caption": "Mire"}),
        ("application/pdf", "", "document", {"filename": "la carta.png"}),
    ],
)
def test_files_of_an_operator_go_out_by_their_link(greeted, whatsapp, file_type, body, kind, shown):  # noqa: F811
    link = "https://example.com/files/la%20carta.png?signed=1"

    write(greeted, body, attachments=[Attachment(link, file_type)])
    work_off(greeted)

    assert (whatsapp.messages.last.kind, whatsapp.messages.last.content) == (kind, {"link": link, **shown})


# Outside the window


def test_free_text_that_meta_says_came_too_late_is_noted(open_360, openai):  # noqa: F811
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


def test_without_a_template_a_notice_to_who_never_wrote_fails(line, whatsapp):  # noqa: F811
    with line.parts.database.write() as connection:
        recipient = contacts.recipient_for(connection, LUIS, utc_now())
        line.parts.whatsapp.outbox.write(connection, recipient, "Un cliente", author="handoff", kind="notice")

    work_off(line)
    whatsapp.webhooks.settle()
    work_off(line)

    assert whatsapp.messages.words(LUIS) == ["Un cliente"]  # taken once, and refused by a receipt
    assert (last(line).status, last(line).error_code) == ("failed", 131047)


@pytest.fixture
def template_line(open_360, whatsapp):  # noqa: F811
    whatsapp.messages.template("aviso", "es", "Aviso: {{1}}")
    return open_360(d360_template="aviso:es")


def send_notice(line):
    """Send a notice to somebody who never wrote, at once; return the id that WhatsApp gave it."""
    outbox = line.parts.whatsapp.outbox
    with line.parts.database.write() as connection:
        recipient = contacts.recipient_for(connection, LUIS, utc_now())
        words = "Un cliente:\n\nAna      López"
        message_id = outbox.write(connection, recipient, words, author="handoff", kind="notice")
        outbox.claim_notice(connection, message_id)
    return outbox.send_now(message_id)


def test_a_notice_that_a_receipt_refuses_goes_out_as_the_template(template_line, whatsapp):  # noqa: F811
    wamid = send_notice(template_line)
    whatsapp.webhooks.settle()
    assert last(template_line).sid == wamid

    work_off(template_line)
    whatsapp.webhooks.settle()

    assert whatsapp.messages.words(LUIS)[1:] == ["Aviso: Un cliente: · Ana López"]
    assert (last(template_line).sid, last(template_line).status) == (whatsapp.messages.last.wamid, "read")


def test_a_notice_that_is_refused_in_the_answer_goes_out_as_the_template(template_line, whatsapp):  # noqa: F811
    whatsapp.messages.at_once = True

    wamid = send_notice(template_line)

    assert whatsapp.messages.words(LUIS) == ["Aviso: Un cliente: · Ana López"]
    whatsapp.webhooks.settle()
    assert (last(template_line).sid, last(template_line).status) == (wamid, "read")


def test_the_log_says_what_metas_codes_mean(greeted, whatsapp):  # noqa: F811
    whatsapp.messages.failing(ANA, 131026)
    write(greeted, "Nunca.")
    work_off(greeted)
    whatsapp.webhooks.settle()

    shown = greeted.app.test_cli_runner().invoke(args=["whatsapp", "log"])

    assert shown.exit_code == 0, shown.output
    meaning = what_to_do(131026, greeted.settings.terminal_language)
    assert f"[131026] {meaning}"[:40] in shown.output


# The notice of a handoff


def hand_over(line):
    """Ask for a person twice, from outside; return the two answers."""
    body = {"user_phone": LUIS, "reason": "Quiere un presupuesto"}
    asked = [line.app.test_client().post("/api/elevenlabs/handoff", json=body) for _ in range(2)]
    return [(answer.status_code, answer.json) for answer in asked]


@pytest.fixture
def seller_line(open_360, whatsapp, openai, answers):  # noqa: F811
    """A line whose seller has written through 360dialog."""
    openai.enqueue(text("Hola."))
    line = open_360(vendedor_whatsapp=ANA)
    whatsapp.people.write(ANA, "Buenos días")
    answers(line, 1)
    return line


def test_a_seller_is_told_through_360dialog_at_once(seller_line, whatsapp):  # noqa: F811
    first, again = hand_over(seller_line)

    assert first == again
    assert (first[0], first[1]["message_sid"]) == (200, whatsapp.messages.last.wamid)
    assert len([words for words in whatsapp.messages.words(ANA) if "atención humana" in words]) == 1


def test_what_360dialog_refuses_for_now_is_said_in_its_name(seller_line, whatsapp):  # noqa: F811
    whatsapp.fail(Refuse(130429), path="/messages")

    (status, first), (_, again) = hand_over(seller_line)

    assert status == 500
    assert first["detail"].startswith("360dialog: ") and first["detail"].endswith("is tried again.")
    assert (
        again["detail"] == "360dialog could not send the notice. The notice stays queued and is tried again."
    )


def test_what_360dialog_refuses_for_good_is_said_not_to_be_tried_again(seller_line, whatsapp):  # noqa: F811
    whatsapp.api_key = "another"

    (status, first), (_, again) = hand_over(seller_line)

    assert status == 500
    assert all(body["detail"].startswith("360dialog") for body in (first, again))
    assert all(
        body["detail"].endswith("Another seller is told, where there is one.") for body in (first, again)
    )
