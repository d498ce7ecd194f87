"""Reads the templates of a Twilio account: their words, and WhatsApp's approval.

Follows https://www.twilio.com/docs/content/content-api-resources.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from twilio.rest import Client

from integrations.errors import IntegrationError
from integrations.json_models import dict_of, dicts_of
from integrations.twilio.account import TwilioAccount, one_error
from integrations.whatsapp_templates import Approval, TemplateContent, placeholders_of

_NOT_FOUND = 404
_WORDS = ("header_text", "title", "body", "subtitle", "label", "address", "footer")
"""What a type's words are called, from above to below."""
_UNSUBMITTED = "unsubmitted"


class TwilioContent(TwilioAccount):
    """The templates of an account."""

    def template(self, sid: str) -> TemplateContent | None:
        """Return a template, HX...; None if there is no such template."""
        try:
            with one_error():
                found = self._client.content.v1.contents(sid).fetch()
                types = found.types
        except IntegrationError as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        approval = approval_of(self._client, sid)
        return _content(dict_of(types), approval or Approval(_UNSUBMITTED))


def approval_of(client: Client, sid: str) -> Approval | None:
    """Return WhatsApp's approval of a template, HX...; None if there is no such template."""
    try:
        with one_error():
            found = client.content.v1.contents(sid).approval_fetch().fetch()
    except IntegrationError as error:
        if error.status == _NOT_FOUND:
            return None
        raise
    approval: Mapping[str, Any] = dict_of(found.whatsapp)
    return Approval(
        str(approval.get("status") or _UNSUBMITTED).lower(),
        str(approval.get("rejection_reason") or ""),
        str(approval.get("category") or "").lower(),
    )


def _content(types: Mapping[str, Any], approval: Approval) -> TemplateContent:
    """Return a template by its types; of several the first is what WhatsApp shows, the others are for worse phones."""
    first = next((dict_of(content) for content in types.values()), {})
    # A placeholder may stand in a link or a file's address too
    everywhere = json.dumps(first, ensure_ascii=False)
    return TemplateContent(
        "\n".join(_lines(first)), tuple(_buttons(first)), placeholders_of(everywhere), approval
    )


def _lines(content: Mapping[str, Any]) -> Iterator[str]:
    media = content.get("media")
    yield from (media if isinstance(media, list) else [media] if isinstance(media, str) else [])
    yield from (words for name in _WORDS if isinstance(words := content.get(name), str) and words)
    for item in [*dicts_of(content.get("items")), *dicts_of(content.get("cards"))]:
        yield "- " + " ".join(_lines({**item, "label": item.get("item")}))


def _buttons(content: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(words := content.get("button"), str):
        yield words
    for action in dicts_of(content.get("actions")):
        title, leads_to = (
            action.get("title") or action.get("copy_code_text"),
            action.get("url") or action.get("phone"),
        )
        yield " ".join(str(part) for part in (title, leads_to) if part)
