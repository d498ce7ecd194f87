"""Reads the templates of a 360dialog number: their words, and WhatsApp's approval.

GET /v1/configs/templates: https://docs.360dialog.com/docs/messaging-api/template-messaging; each as Meta describes it:
https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/components.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.dialog360.api_errors import coded
from integrations.http.json_client import JsonHttp
from integrations.json_models import dict_of, dicts_of
from integrations.whatsapp_templates import Approval, TemplateContent, placeholders_of

_PATH = "/v1/configs/templates"
_PAGE = 200
_MOST_PAGES = 30
"""WhatsApp has no account with more than 6,000 templates."""
_FILES = {"IMAGE", "VIDEO", "DOCUMENT", "LOCATION"}


def find_template(http: JsonHttp, name: str, language: str) -> TemplateContent | None:
    """Return a template by its name and language; None if there is no such template. Raises IntegrationError."""
    found = (
        each for each in _templates(http) if (each.get("name"), each.get("language")) == (name, language)
    )
    template = next(found, None)
    return None if template is None else _content(template)


def _templates(http: JsonHttp) -> Iterator[Mapping[str, Any]]:
    seen = 0
    for _ in range(_MOST_PAGES):
        with coded():
            reply = http.request("GET", _PATH, params={"limit": str(_PAGE), "offset": str(seen)})
        page = dict_of(reply.body)
        templates = dicts_of(page.get("waba_templates"))
        yield from templates
        seen += len(templates)
        total = page.get("total")
        if not templates or not isinstance(total, int) or seen >= total:
            return


def _content(template: Mapping[str, Any]) -> TemplateContent:
    parts = {str(part.get("type")).upper(): part for part in dicts_of(template.get("components"))}
    heading, body, footer = (_text(parts.get(name)) for name in ("HEADER", "BODY", "FOOTER"))
    buttons = dicts_of(dict_of(parts.get("BUTTONS")).get("buttons"))
    return TemplateContent(
        "\n".join(filter(None, (heading, body, footer))),
        tuple(_button(button) for button in buttons),
        placeholders_of(body),
        Approval(
            str(template.get("status") or "").lower(),
            _reason(template.get("rejected_reason")),
            str(template.get("category") or "").lower(),
        ),
        tuple(_unfilled(dict_of(parts.get("HEADER")), buttons)),
    )


def _text(part: Mapping[str, Any] | None) -> str:
    text = dict_of(part).get("text")
    return text if isinstance(text, str) else ""


def _button(button: Mapping[str, Any]) -> str:
    leads_to = button.get("url") or button.get("phone_number")
    return " ".join(str(part) for part in (button.get("text"), leads_to) if part)


def _unfilled(heading: Mapping[str, Any], buttons: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the places of a template that need a value of their own: only the body's are sent."""
    if str(heading.get("format")).upper() in _FILES or placeholders_of(_text(heading)):
        yield "header"
    if any(placeholders_of(str(button.get("url") or "")) for button in buttons):
        yield "buttons"


def _reason(reason: Any) -> str:
    return "" if reason in (None, "NONE") else str(reason)
