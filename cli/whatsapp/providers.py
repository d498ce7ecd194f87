"""What the terminal says of providers: what they need to be told, and where people see what became of a message."""

from collections.abc import Mapping
from dataclasses import replace

from cli.call_options import CannotBegin, not_set
from cli.console import Terminal
from cli.whatsapp.options import Draft, is_template_sid
from messaging.providers.base import DIALOG360, TWILIO, Provider
from storage.queries.contacts import Recipient

WHERE_TO_LOOK: Mapping[str, Mapping[str, str]] = {
    TWILIO: dict.fromkeys(("es", "en"), "https://console.twilio.com (Monitor, Logs, Messaging)"),
    DIALOG360: {
        "es": "flask --app app whatsapp log dentro de un minuto: 360dialog no se puede consultar, y lo dirá un recibo",
        "en": "flask --app app whatsapp log in a minute: 360dialog cannot be asked, and a receipt will tell",
    },
}
"""By provider and language."""
_TEMPLATE_SETTING = {TWILIO: "TWILIO_TEMPLATE_SID", DIALOG360: "D360_TEMPLATE"}


def filled_in(terminal: Terminal, provider: Provider, draft: Draft, recipient: Recipient) -> Draft:
    """Return a draft with the settings' template where it names none. Raises CannotBegin where it cannot go."""
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
        return terminal.pick(
            es=f"«{template}» es el nombre de una plantilla de 360dialog, y a este número se le escribe por "
            "Twilio: dé el SID (HX...).",
            en=f"“{template}” names a template of 360dialog's, and this number is written to through "
            "Twilio: give a SID (HX...).",
        )
    return terminal.pick(
        es=f"«{template}» es una plantilla de Twilio, y a este número se le escribe por 360dialog: dé el "
        "nombre y el idioma de una suya (aviso:es).",
        en=f"“{template}” is a template of Twilio's, and this number is written to through 360dialog: "
        "give the name and the language of one of its own (aviso:es).",
    )
