"""`flask --app app chatwoot ...`: check the connection to Chatwoot and advise on its settings."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from cli.console import Terminal
from cli.exit_codes import ExitCode
from doctor.chatwoot_advice import advice_for
from integrations.chatwoot.client import Chatwoot
from integrations.chatwoot.setup_check import Findings, Owner, Problem
from people.helpdesk.views import PATH
from storage.database import Database
from storage.queries import helpdesk, helpdesk_events, helpdesk_items
from translations import lazy_gettext as _

_MAY_PASS = frozenset({Problem.UNREACHABLE, Problem.FAILING})
_HARMLESS = frozenset({Problem.WEBHOOKS_UNSIGNED})


@dataclass(frozen=True, slots=True)
class ChatwootServices:
    """The commands' services.

    client: None if Chatwoot is not configured. public_url: the base of the webhooks' URLs. is_signed: True if the
    webhooks' secret is set.
    """

    database: Database
    zone: ZoneInfo
    client: Chatwoot | None
    public_url: str | None
    is_signed: bool


def chatwoot_group(
    terminal: Terminal, services: Callable[[], ChatwootServices], check: Callable[[], None]
) -> click.Group:
    """Return the group. services: called when a command runs. check: raises if it cannot run."""
    group = click.Group("chatwoot", help="Chatwoot.")

    def test() -> None:
        needed = services()
        if needed.client is None:
            terminal.complain(
                _("Chatwoot is off: set CHATWOOT_ENABLED=true, CHATWOOT_URL and CHATWOOT_INBOX_ID."),
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
                _("Waiting to be shown in Chatwoot: {waiting}.").format(waiting=waiting),
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
        terminal.say(_("Inbox: {name}{version}.").format(name=findings.inbox.name, version=version))
    if findings.owner is Owner.AGENT_BOT:
        terminal.say(
            _(
                "The token is an agent bot's: the assistant's messages go out as its own. Receipts "
                "(delivered, read) are only shown with a user's token."
            ),
        )
    elif findings.owner is Owner.USER:
        terminal.say(
            _("The token is a user's: the assistant's messages go out in that name, and receipts are shown."),
        )
    elif findings.inbox is not None and not findings.problems:
        terminal.say(
            _(
                "Without CHATWOOT_API_TOKEN and CHATWOOT_ACCOUNT_ID: what the assistant says is "
                "shown as the customer's, after a 🤖, and counts as unread."
            ),
        )
    for problem in findings.problems:
        terminal.complain(advice_for(problem))
    if not findings.problems:
        terminal.say(_("The connection is fine."))


def _show_webhook(terminal: Terminal, services: ChatwootServices, told_at: datetime | None) -> None:
    if not services.is_signed:
        terminal.complain(
            _(
                "CHATWOOT_WEBHOOK_SECRET is not set: what is written in Chatwoot does not reach the "
                "customer. Copy it from the inbox's settings (Settings, Inboxes, Configuration)."
            ),
        )
        return
    url = f"{services.public_url or 'https://...'}{PATH}"
    if told_at is None:
        terminal.say(
            _("Nothing of an operator's has come in yet: the inbox's webhook URL must be {url}.").format(
                url=url
            ),
        )
    else:
        at = f"{told_at.astimezone(services.zone):%Y-%m-%d %H:%M}"
        terminal.say(_("Last told by Chatwoot: {at}.").format(at=at))


def _help(terminal: Terminal) -> str:
    return terminal.translate(
        _("Check the connection to Chatwoot, changing nothing, and say which setting is wrong."),
    )


def _exit_codes(terminal: Terminal) -> str:
    return terminal.translate(
        _(
            "\b\nExit codes:\n  0    all is well\n  2    Chatwoot is off\n  3    a setting is "
            "wrong\n  4    Chatwoot cannot be reached, or fails; later it may work\n"
        ),
    )
