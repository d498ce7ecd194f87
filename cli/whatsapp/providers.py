"""Checks a message against its provider's settings, and names the place to look up its outcome."""

from collections.abc import Mapping
from dataclasses import replace

from cli.call_options import CannotBegin, not_set
from cli.console import Terminal
from cli.whatsapp.options import Draft, is_template_sid
from messaging.providers.base import DIALOG360, TWILIO, Provider
from storage.queries.contacts import Recipient
from translations import Message
from translations import lazy_gettext as _

WHERE_TO_LOOK: Mapping[str, str | Message] = {
    TWILIO: "https://console.twilio.com (Monitor, Logs, Messaging)",
    DIALOG360: _(
        "flask --app app whatsapp log in a minute: 360dialog cannot be asked, and a receipt will tell"
    ),
}
"""Where to look up a message's outcome, by provider."""
_TEMPLATE_SETTING = {TWILIO: "TWILIO_TEMPLATE_SID", DIALOG360: "D360_TEMPLATE"}


def filled_in(terminal: Terminal, provider: Provider, draft: Draft, recipient: Recipient) -> Draft:
    """Return a draft, with the settings' template if it names none. Raises CannotBegin if it cannot be sent."""
    if not provider.pace(recipient).sender:
        raise not_set(terminal, "TWILIO_WHATSAPP_NUMBER")
    if draft.template is None:
        return draft
    template = draft.template or (str(provider.template) if provider.template else "")
    if not template:
        raise not_set(terminal, _TEMPLATE_SETTING[provider.name])
    if is_template_sid(template) != (provider.name == TWILIO):
        raise CannotBegin(_not_its_own(terminal, provider.name, template))
    return replace(draft, template=template)


def _not_its_own(terminal: Terminal, provider: str, template: str) -> str:
    if provider == TWILIO:
        return terminal.translate(
            _(
                "“{template}” names a template of 360dialog's, and this number is written to through "
                "Twilio: give a SID (HX...)."
            ).format(template=template),
        )
    return terminal.translate(
        _(
            "“{template}” is a template of Twilio's, and this number is written to through "
            "360dialog: give the name and the language of one of its own (aviso:es)."
        ).format(template=template),
    )
