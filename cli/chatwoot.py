"""`flask --app app chatwoot ...`: whether the connection to Chatwoot is set up right, and what to change."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from cli.chatwoot_advice import what_to_change
from cli.console import Terminal
from cli.exit_codes import ExitCode
from integrations.chatwoot.client import Chatwoot
from integrations.chatwoot.setup_check import Findings, Owner, Problem
from people.helpdesk.views import PATH
from storage.database import Database
from storage.queries import helpdesk, helpdesk_events, helpdesk_items

_MAY_PASS = frozenset({Problem.UNREACHABLE, Problem.FAILING})
_HARMLESS = frozenset({Problem.WEBHOOKS_UNSIGNED})


@dataclass(frozen=True, slots=True)
class ChatwootServices:
    """What the commands need. client: None where Chatwoot is not configured.

    public_url: where Chatwoot would reach us. is_signed: whether the secret of its webhooks is set.
    """

    database: Database
    zone: ZoneInfo
    client: Chatwoot | None
    public_url: str | None
    is_signed: bool


def chatwoot_group(
    terminal: Terminal, services: Callable[[], ChatwootServices], check: Callable[[], None]
) -> click.Group:
    """Return the group. services: asked when a command is run. check: raises where it cannot run."""
    group = click.Group("chatwoot", help="Chatwoot.")

    def test() -> None:
        needed = services()
        if needed.client is None:
            terminal.complain(
                es="Chatwoot está apagado: ponga CHATWOOT_ENABLED=true, CHATWOOT_URL y CHATWOOT_INBOX_ID.",
                en="Chatwoot is off: set CHATWOOT_ENABLED=true, CHATWOOT_URL and CHATWOOT_INBOX_ID.",
            )
            click.get_current_context().exit(ExitCode.WRONG_INPUT)
        check()
        with needed.database.read() as connection:
            source_id = helpdesk.any_source(connection)
            waiting, told_at = (
                helpdesk_items.count_open(connection),
                helpdesk_events.last_webhook_at(connection),
            )
        findings = needed.client.check(source_id)
        _show_findings(terminal, findings)
        _show_webhook(terminal, needed, told_at)
        if waiting:
            terminal.say(
                es=f"Esperan a mostrarse en Chatwoot: {waiting}.",
                en=f"Waiting to be shown in Chatwoot: {waiting}.",
            )
        click.get_current_context().exit(_exit_code(findings))

    group.add_command(
        click.Command("test", callback=test, help=_help(terminal), epilog=_exit_codes(terminal))
    )
    return group


def _exit_code(findings: Findings) -> ExitCode:
    problems = set(findings.problems) - _HARMLESS
    if not problems:
        return ExitCode.COMPLETED
    return ExitCode.UNREACHABLE if problems <= _MAY_PASS else ExitCode.REFUSED


def _show_findings(terminal: Terminal, findings: Findings) -> None:
    if findings.inbox is not None:
        version = f" (Chatwoot {findings.version})" if findings.version else ""
        terminal.say(
            es=f"Bandeja: {findings.inbox.name}{version}.", en=f"Inbox: {findings.inbox.name}{version}."
        )
    if findings.owner is Owner.AGENT_BOT:
        terminal.say(
            es="El token es de un bot: los mensajes del asistente salen como suyos. Los recibos (entregado, leído) "
            "solo los muestra el token de un usuario.",
            en="The token is an agent bot's: the assistant's messages go out as its own. Receipts (delivered, read) "
            "are only shown with a user's token.",
        )
    elif findings.owner is Owner.USER:
        terminal.say(
            es="El token es de un usuario: los mensajes del asistente salen con su nombre, y los recibos se muestran.",
            en="The token is a user's: the assistant's messages go out in that name, and receipts are shown.",
        )
    elif findings.inbox is not None and not findings.problems:
        terminal.say(
            es="Sin CHATWOOT_API_TOKEN y CHATWOOT_ACCOUNT_ID: lo que dice el asistente aparece como del cliente, "
            "con un 🤖 delante, y cuenta como no leído.",
            en="Without CHATWOOT_API_TOKEN and CHATWOOT_ACCOUNT_ID: what the assistant says is shown as the "
            "customer's, after a 🤖, and counts as unread.",
        )
    for problem in findings.problems:
        terminal.complain(**what_to_change(problem))
    if not findings.problems:
        terminal.say(es="La conexión está bien.", en="The connection is fine.")


def _show_webhook(terminal: Terminal, services: ChatwootServices, told_at: datetime | None) -> None:
    if not services.is_signed:
        terminal.complain(
            es="CHATWOOT_WEBHOOK_SECRET no está definida: lo que escriban en Chatwoot no llega al cliente. Cópiela de "
            "los ajustes de la bandeja (Settings, Inboxes, Configuration).",
            en="CHATWOOT_WEBHOOK_SECRET is not set: what is written in Chatwoot does not reach the customer. Copy it "
            "from the inbox's settings (Settings, Inboxes, Configuration).",
        )
        return
    url = f"{services.public_url or 'https://...'}{PATH}"
    if told_at is None:
        terminal.say(
            es=f"Aún no ha llegado ningún aviso de un operador: el webhook de la bandeja ha de ser {url}.",
            en=f"Nothing of an operator's has come in yet: the inbox's webhook URL must be {url}.",
        )
    else:
        at = f"{told_at.astimezone(services.zone):%Y-%m-%d %H:%M}"
        terminal.say(es=f"Último aviso de Chatwoot: {at}.", en=f"Last told by Chatwoot: {at}.")


def _help(terminal: Terminal) -> str:
    return terminal.pick(
        es="Comprueba la conexión con Chatwoot sin cambiar nada, y dice qué ajuste está mal.",
        en="Check the connection to Chatwoot, changing nothing, and say which setting is wrong.",
    )


def _exit_codes(terminal: Terminal) -> str:
    return terminal.pick(
        es="\b\nCódigos de salida:\n"
        "  0    todo bien\n"
        "  2    Chatwoot está apagado\n"
        "  3    un ajuste está mal\n"
        "  4    no se llega a Chatwoot, o falla; más tarde puede ir bien\n",
        en="\b\nExit codes:\n"
        "  0    all is well\n"
        "  2    Chatwoot is off\n"
        "  3    a setting is wrong\n"
        "  4    Chatwoot cannot be reached, or fails; later it may work\n",
    )
