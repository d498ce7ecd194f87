"""The commands of WhatsApp, with what a test gives them."""

from zoneinfo import ZoneInfo

from cli.console import Terminal
from cli.whatsapp.commands import WhatsAppServices, whatsapp_group


def group_of(
    database, language, *, rest, providers, check=lambda: None, clock=None, observer=None, ceilings=None
):
    options = {
        name: value for name, value in {"clock": clock, "observer": observer}.items() if value is not None
    }
    services = WhatsAppServices(
        database, ZoneInfo("Europe/Madrid"), rest=rest, providers=providers, ceilings=ceilings, **options
    )
    return whatsapp_group(Terminal(language), lambda: services, check)
