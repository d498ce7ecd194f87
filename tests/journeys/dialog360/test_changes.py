"""Stories of people who change or delete what they wrote, and of what else is no message to us."""

import threading

import pytest

from storage.models import Turn
from tests.fakes.openai.replies import text
from tests.journeys.dialog360.people import ANA, came
from tests.journeys.whatsapp.people import asked, sent, work_off
from tests.records import every, the_only


@pytest.fixture
def patient_line(open_360):
    """A line that waits for more of a burst."""
    return open_360(whatsapp_settle_s=1.5)


@pytest.mark.both_databases
def test_what_is_corrected_before_the_answer_is_answered_as_corrected(
    patient_line, whatsapp, openai, answers
):
    openai.enqueue(text("El jueves, de acuerdo."))
    wamid = whatsapp.people.write(ANA, "¿Puede ser el martes?")

    whatsapp.people.edit(ANA, wamid, "¿Puede ser el jueves?")

    assert answers(patient_line) == ["El jueves, de acuerdo."]
    assert the_only(patient_line.parts.database, Turn).heard == "¿Puede ser el jueves?"
    assert len(came(patient_line)) == 2  # what was written, and that it changed: people of ours see both


def test_what_is_corrected_after_the_answer_is_told(line, whatsapp, openai, answers):
    openai.enqueue(text("El martes, de acuerdo."), text("El jueves, entonces."))
    wamid = whatsapp.people.write(ANA, "¿Puede ser el martes?")
    answers(line, 1)

    whatsapp.people.edit(ANA, wamid, "¿Puede ser el [jueves]?")

    assert answers(line, 2) == ["El martes, de acuerdo.", "El jueves, entonces."]
    assert asked(openai)[-1] == (
        "user", "[changed an earlier message, which now says:]\n¿Puede ser el (jueves)?",
    )  # fmt: skip


@pytest.mark.both_databases
def test_what_is_deleted_before_the_answer_is_never_answered(patient_line, whatsapp, openai):
    wamid = whatsapp.people.write(ANA, "Mi clave es 1234")

    whatsapp.people.delete(ANA, wamid)
    whatsapp.webhooks.settle()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.name == "late-answer":
            thread.join(20)
    work_off(patient_line, seconds=60)

    assert openai.chats == [] and sent(patient_line) == []
    assert every(patient_line.parts.database, Turn) == []


@pytest.mark.both_databases
def test_what_is_deleted_after_the_answer_is_told_to_no_model_any_more(line, whatsapp, openai, answers):
    openai.enqueue(text("Gracias."), text("Dígame."))
    wamid = whatsapp.people.write(ANA, "Mi clave es 1234")
    answers(line, 1)

    whatsapp.people.delete(ANA, wamid)
    whatsapp.people.write(ANA, "Otra cosa")

    assert answers(line, 2) == ["Gracias.", "Dígame."]
    assert "1234" not in str(asked(openai))
    assert ("user", "[took back a message]") in asked(openai)


def test_nobody_deletes_what_another_wrote(line, whatsapp, openai, answers):
    openai.enqueue(text("Hola."), text("Dígame."))
    wamid = whatsapp.people.write(ANA, "Hola")
    answers(line, 1)

    whatsapp.people.delete("+34600000002", wamid)
    whatsapp.people.write(ANA, "Otra cosa")
    answers(line, 2)

    assert ("user", "Hola") in asked(openai)


def test_a_message_in_a_group_is_left(line, whatsapp, openai):
    whatsapp.people.write(ANA, "Hola a todos", group_id="Y2FwaV9ncm91cA==")
    whatsapp.webhooks.settle()

    assert whatsapp.webhooks.sent[0].acknowledged
    assert came(line) == [] and openai.chats == []


@pytest.mark.parametrize(
    ("writes", "told"),
    [
        (
            lambda people: people.fill_in(
                ANA, '{"flow_token":"x","nombre":"Ana","dias":["lunes","[martes]"]}'
            ),
            "[sent a form: nombre: Ana, dias: lunes, dias: (martes)]",
        ),
        (lambda people: people.fill_in(ANA, "no es JSON"), "[sent a form: no es JSON]"),
        (
            lambda people: people.order(
                ANA,
                {"product_retailer_id": "CREMA", "quantity": 2, "item_price": 12.5, "currency": "EUR"},
                text="Para regalo",
            ),
            "Para regalo\n[sent an order: 2 x CREMA (12.5 EUR)]",
        ),
        (
            lambda people: people.write(
                ANA,
                "Hola",
                referral={"headline": "Limpieza [50 %]", "body": "Solo hoy", "source_url": "https://x"},
            ),
            "[came from an advertisement: Limpieza (50 %): Solo hoy]\nHola",
        ),
    ],
    ids=["form", "form that is no JSON", "order", "advertisement"],
)
def test_what_is_filled_in_ordered_or_clicked_reaches_the_model(
    line, whatsapp, openai, answers, writes, told
):
    openai.enqueue(text("De acuerdo."))

    writes(whatsapp.people)

    assert answers(line) == ["De acuerdo."]
    assert the_only(line.parts.database, Turn).heard == told
