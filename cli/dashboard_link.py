"""`flask --app app dashboard-link`: print a link that opens the dashboard once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import click

from cli.console import Terminal
from guards.one_time_links import VALID_S, OneTimeLinks
from translations import lazy_gettext as _


@dataclass(frozen=True, slots=True)
class LinkServices:
    """The command's services. addresses: where this server can be reached."""

    links: OneTimeLinks
    addresses: Sequence[str]


def dashboard_link_command(
    terminal: Terminal, services: Callable[[], LinkServices], check: Callable[[], None]
) -> click.Command:
    """Return the command. services: called when it runs. check: raises if it cannot run."""
    about = _(
        "Print a link that opens the dashboard in a browser without a password, once and within ten minutes."
    )

    @click.command("dashboard-link", help=terminal.translate(about))
    def dashboard_link() -> None:
        check()
        needed = services()
        terminal.say(_("Opens the dashboard once, within {minutes} minutes:").format(minutes=VALID_S // 60))
        for address in needed.addresses:
            terminal.say(f"  {needed.links.make(address)}")

    return dashboard_link
