"""The commands of WhatsApp, with what a test gives them."""

from zoneinfo import ZoneInfo

from cli.console import Terminal
from cli.whatsapp.commands import WhatsAppServices, whatsapp_group
from cli.whatsapp.providers import carriers_of


def group_of(
    database, language, *, rest, dialog360=None, check=lambda: None, clock=None, mirror=None, **carried
):
    terminal = Terminal(language)
    carriers = carriers_of(terminal, rest, dialog360, **carried)
    options = {name: value for name, value in {"clock": clock, "mirror": mirror}.items() if value is not None}
    services = WhatsAppServices(database, ZoneInfo("Europe/Madrid"), rest=rest, carriers=carriers, **options)
    return whatsapp_group(terminal, lambda: services, check)
