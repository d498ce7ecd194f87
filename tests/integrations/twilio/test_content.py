"""Templates as Twilio's Content API has them."""

import pytest

from integrations.errors import IntegrationError
from integrations.twilio.content import TwilioContent
from integrations.whatsapp_templates import Approval
from tests.fakes.twilio.server import Close, Page, Refuse

SID = "HX" + "0123456789abcdef" * 2


@pytest.fixture
def content(twilio):
    return TwilioContent(twilio.account_sid, twilio.auth_token, api_url=twilio.url, timeout_s=1, total_s=1)


def test_a_template_is_read_with_its_placeholders_and_its_approval(content, twilio):
    twilio.messages.rules.template(SID, "Hola {{1}}, le esperamos el {{ 2 }}, {{1}}.")

    found = content.template(SID)

    assert found.text == "Hola {{1}}, le esperamos el {{ 2 }}, {{1}}."
    assert found.placeholders == ("1", "2")
    assert found.approval == Approval("approved", "", "utility")
    assert found.filled({"1": "Ana", "2": "3/12"}) == "Hola Ana, le esperamos el 3/12, Ana."
    assert found.filled({"1": "Ana"}) == "Hola Ana, le esperamos el {{ 2 }}, Ana."


@pytest.mark.parametrize(
    ("types", "shown", "placeholders"),
    [
        (
            {"twilio/quick-reply": {"body": "¿Viene el {{1}}?", "actions": [{"title": "Sí"}, {"title": "No"}]}},
            "¿Viene el {{1}}?\n[Sí]\n[No]",
            ("1",),
        ),
        (
            {
                "twilio/call-to-action": {
                    "body": "Su pedido",
                    "actions": [{"type": "URL", "title": "Ver", "url": "https://example.com/{{pedido}}"}],
                }
            },
            "Su pedido\n[Ver https://example.com/{{pedido}}]",
            ("pedido",),
        ),
        (
            {"twilio/media": {"body": "Plano", "media": ["https://example.com/{{1}}.png"]}},
            "https://example.com/{{1}}.png\nPlano",
            ("1",),
        ),
        (
            {"twilio/list-picker": {"body": "Elija", "button": "Ver", "items": [{"item": "Lunes", "id": "1"}]}},
            "Elija\n- Lunes\n[Ver]",
            (),
        ),
        (
            {"whatsapp/card": {"header_text": "Aviso", "body": "Hola {{1}}", "footer": "Clínica", "actions": []}},
            "Aviso\nHola {{1}}\nClínica",
            ("1",),
        ),
        ({"twilio/card": {"title": "Oferta {{1}}", "subtitle": "Hoy", "actions": None}}, "Oferta {{1}}\nHoy", ("1",)),
        ({}, "", ()),
        ({"twilio/text": None}, "", ()),
    ],
)  # fmt: skip
def test_every_type_is_shown_as_on_the_phone(content, twilio, types, shown, placeholders):
    twilio.content.types[SID] = types or {"twilio/other": {}}
    twilio.content.approvals[SID] = None

    found = content.template(SID)

    assert found.filled({}) == shown
    assert found.placeholders == placeholders
    assert found.approval.status == "unsubmitted"


def test_a_rejected_template_comes_with_its_reason(content, twilio):
    twilio.messages.rules.template(SID, "Hola")
    twilio.content.approvals[SID] = {
        "status": "Rejected",
        "rejection_reason": "PROMO",
        "category": "MARKETING",
    }

    assert content.template(SID).approval == Approval("rejected", "PROMO", "marketing")


def test_there_is_none(content):
    assert content.template(SID) is None


@pytest.mark.parametrize("fault", [Refuse(503, 20503), Close(), Page(200, "no JSON"), Refuse(401, 20003)])
@pytest.mark.parametrize("path", [f"{SID}", "ApprovalRequests"])
def test_what_fails_is_an_error(content, twilio, fault, path):
    twilio.messages.rules.template(SID, "Hola")
    twilio.fail(fault, path=path)

    with pytest.raises(IntegrationError):
        content.template(SID)
