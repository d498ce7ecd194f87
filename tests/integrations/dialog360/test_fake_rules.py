"""The rules of WhatsApp that the stand-in for 360dialog keeps."""

import pytest

from integrations.dialog360 import error_codes
from integrations.dialog360.client import may_have_been_done, receipt_is_permanent
from integrations.dialog360.webhooks import read_webhook
from tests.fakes.dialog360.fake import FakeDialog360
from tests.integrations.dialog360.requests import ANA, LUIS, refused, refused_text


@pytest.fixture
def whatsapp(clock):
    """A 360dialog where Ana and Luis have just written."""
    with FakeDialog360(clock=clock) as fake:
        fake.messages.hears(ANA)
        fake.messages.hears(LUIS)
        yield fake


# --- whatsapp's rules, as the stand-in keeps them


def last_receipt(whatsapp):
    whatsapp.webhooks.settle()
    (receipt,) = read_webhook(whatsapp.webhooks.bodies[-1]).receipts
    return receipt.status, receipt.error_code


def test_free_text_after_24_hours_is_accepted_and_then_fails_and_a_template_arrives(whatsapp, client, clock):
    whatsapp.messages.template("hola", "es", "Hola")
    clock.pass_(24 * 3600)
    client.send_text(ANA, "Justo a tiempo")
    assert last_receipt(whatsapp) == ("read", None)

    clock.pass_(1)
    client.send_text(ANA, "Tarde")
    assert last_receipt(whatsapp) == ("failed", error_codes.OUTSIDE_WINDOW)

    client.send_template(ANA, "hola", "es", {})
    assert last_receipt(whatsapp) == ("read", None)


def test_free_text_to_somebody_who_never_wrote_can_be_refused_at_once(whatsapp, client):
    whatsapp.messages.at_once = True

    error = refused_text(client, to="+34600000003")

    assert (error.code, error.permanent) == (error_codes.OUTSIDE_WINDOW, True)


def test_somebody_who_is_not_on_whatsapp_is_told_by_a_receipt(whatsapp, client):
    whatsapp.messages.failing(LUIS, error_codes.NOT_ON_WHATSAPP)
    client.send_text(LUIS, "Hola")

    assert last_receipt(whatsapp) == ("failed", error_codes.NOT_ON_WHATSAPP)
    assert receipt_is_permanent(error_codes.NOT_ON_WHATSAPP)


def test_two_messages_at_once_to_the_same_person_are_one_too_many(whatsapp, client, clock):
    whatsapp.messages.limit_pairs()
    client.send_text(ANA, "uno")
    client.send_text(LUIS, "uno")

    error = refused_text(client, "dos")
    assert (error.code, error.permanent, may_have_been_done(error)) == (
        error_codes.PAIR_RATE_LIMIT,
        False,
        False,
    )

    clock.pass_(6)
    client.send_text(ANA, "dos")
    assert whatsapp.messages.words(ANA) == ["uno", "dos"]


def test_too_many_messages_in_a_second_are_refused_for_now(whatsapp, client, clock):
    whatsapp.messages.limit_throughput(1)
    client.send_text(ANA, "uno")
    assert (refused_text(client, "dos").code, refused_text(client).permanent) == (
        error_codes.THROUGHPUT,
        False,
    )

    clock.pass_(1)
    client.send_text(ANA, "dos")


@pytest.mark.parametrize(
    ("name", "language", "variables", "code"),
    [
        ("cita", "es", {}, 132000),
        ("cita", "es", {"1": "Ana", "2": "lunes"}, 132000),
        ("cita", "es", {"1": "Ana\nRuiz"}, 132012),
        ("cita", "en", {"1": "Ana"}, 132001),
        ("otra", "es", {"1": "Ana"}, 132001),
        ("pausa", "es", {}, 132015),
    ],
)
def test_a_template_that_does_not_fit_is_refused_for_good(whatsapp, client, name, language, variables, code):
    whatsapp.messages.template("cita", "es", "Hola, {{1}}")
    whatsapp.messages.template("pausa", "es", "Hola", paused=True)

    error = refused(client.send_template, ANA, name, language, variables)

    assert (error.code, error.permanent) == (code, True)


@pytest.mark.parametrize(("to", "body"), [("+0600", "Hola"), ("Ana", "Hola"), (ANA, ""), (ANA, "a" * 4097)])
def test_a_message_that_whatsapp_cannot_take_is_refused_for_good(client, to, body):
    assert refused_text(client, body, to).permanent
