"""Options and exit codes shared by the terminal's phone and WhatsApp."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO, TypeVar

import click

from simulator.local_server import LocalServer, is_reachable
from simulator.terminal.option_readers import url_reader
from translations import lazy_gettext as _

WENT_WELL, NO_SERVER, WRONG_ARGUMENTS, CALL_FAILED = 0, 1, 2, 3

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of both commands.

    number: the person's. to: the assistant's. url: the server's; None: the one of ./start.sh. script: a file of
    input lines; None: the keyboard.
    """

    number: str | None = None
    to: str | None = None
    url: str | None = None
    script: TextIO | None = None
    show_twiml: bool = False

    def server_url(self, server: LocalServer, phrase: Callable[..., str]) -> str | None:
        """Return the server's URL. Print an error and return None if it cannot be reached. phrase: a screen's."""
        url = (self.url or server.url).rstrip("/")
        if is_reachable(url):
            return url
        click.echo(phrase("no_server", url=url), err=True)
        return None


def script_option(text: str) -> Callable[[Function], Function]:
    """Return the option for a file of input lines. text: its help."""
    return click.option("--script", type=click.File(encoding="utf-8"), help=text)


def twiml_option(language: str) -> Callable[[Function], Function]:
    """Return the option for showing what is exchanged. language: of its help."""
    text = _("Show each request and the TwiML that answers it.").said_in(language)
    return click.option("--twiml", "show_twiml", is_flag=True, help=text)


def url_option(language: str) -> Callable[[Function], Function]:
    """Return the option for the server's URL. language: of its help and its errors."""
    text = _("The server (without it, where ./start.sh has it).").said_in(language)
    return click.option("--url", metavar="URL", callback=url_reader(language), help=text)
