"""Templates as 360dialog has them."""

import pytest

from integrations.errors import IntegrationError
from integrations.whatsapp_templates import Approval
from tests.fakes.dialog360.fake import Answer, Refuse


def test_a_template_is_found_by_name_and_language_on_any_page(client, whatsapp):
    whatsapp.templates.most = 2
    for language in ("en", "de", "fr", "es"):
        whatsapp.templates.has("aviso", language, f"({language}) {{{{1}}}}")

    found = client.template("aviso", "es")

    assert found.text == "(es) {{1}}"
    assert found.placeholders == ("1",)
    assert found.approval == Approval("approved", "", "utility")
    assert client.template("aviso", "pt_BR") is None


def test_all_its_parts_are_shown_and_those_that_are_not_filled_are_named(client, whatsapp):
    whatsapp.templates.has(
        "aviso", "es", "Hola {{nombre}}",
        {"type": "HEADER", "format": "IMAGE"},
        {"type": "FOOTER", "text": "Clínica"},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Ver", "url": "https://example.com/{{1}}"}]},
        status="REJECTED", rejected_reason="INVALID_FORMAT", category="MARKETING",
    )  # fmt: skip

    found = client.template("aviso", "es")

    assert found.filled({"nombre": "Ana"}) == "Hola Ana\nClínica\n[Ver https://example.com/{{1}}]"
    assert found.unfilled == ("header", "buttons")
    assert found.approval == Approval("rejected", "INVALID_FORMAT", "marketing")


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"waba_templates": None},
        {"waba_templates": [{"name": "aviso", "language": "de"}, 7, None]},
    ],
)
def test_odd_answers_have_no_such_template(client, whatsapp, body):
    whatsapp.fail(Answer(200, body), times=3)

    assert client.template("aviso", "es") is None


def test_a_template_without_any_part_is_empty(client, whatsapp):
    whatsapp.fail(Answer(200, {"waba_templates": [{"name": "aviso", "language": "es", "components": None}]}))

    assert client.template("aviso", "es").filled({}) == ""


def test_an_answer_that_never_ends_is_left(client, whatsapp):
    endless = {"waba_templates": [{"name": "otro", "language": "es"}], "total": 1_000_000}
    whatsapp.fail(Answer(200, endless), times=100)

    assert client.template("aviso", "es") is None


def test_what_fails_is_an_error(client, whatsapp):
    whatsapp.fail(Refuse(190, 401))

    with pytest.raises(IntegrationError):
        client.template("aviso", "es")
