"""The options of the commands for campaigns, but for those of `create`."""

from pathlib import Path

import click

from cli.campaigns.making import SHOWN
from cli.console import Terminal
from cli.whatsapp.options import WhatsAppNumber
from translations import lazy_gettext as _


def exit_codes(terminal: Terminal) -> str:
    """Return the paragraph about exit codes for --help."""
    return terminal.translate(
        _(
            "\b\nExit codes:\n  0    it is finished\n  1    it was paused or cancelled before its end\n  2    "
            "wrong arguments or settings\n  3    it is being run already, or is over\n  130  ^C (or TERM): it is "
            "followed no longer\n"
        )
    )


def rows_option(terminal: Terminal) -> click.Option:
    """Return the option for how many recipients are shown."""
    how_many = terminal.translate(_("How many."))
    return click.Option(
        ["--rows"], type=click.IntRange(1, 100), default=SHOWN, show_default=True, help=how_many
    )


def to_options(terminal: Terminal) -> list[click.Parameter]:
    """Return the options for the number that gets a message or a call to try it."""
    whose = terminal.translate(_("Your own number, with its country code."))
    return [
        click.Option(["--to", "number"], type=WhatsAppNumber(terminal), required=True, help=whose),
        click.Option(["--poll-s"], type=click.FloatRange(min=0.01), default=1.0, hidden=True),
    ]


def yes_option(terminal: Terminal) -> click.Option:
    """Return the option that leaves a question out."""
    return click.Option(["--yes"], is_flag=True, help=terminal.translate(_("Do not ask first.")))


def retry_options(terminal: Terminal) -> list[click.Parameter]:
    """Return the options that say to whom it is sent again."""
    failed = terminal.translate(_("To whom it could not be sent, or did not arrive."))
    in_doubt = terminal.translate(
        _("To those too of whom nobody can tell whether they have it: some may get it twice.")
    )
    return [
        click.Option(["--failed"], is_flag=True, help=failed),
        click.Option(["--in-doubt"], is_flag=True, help=in_doubt),
    ]


def csv_option(terminal: Terminal) -> click.Option:
    """Return the option for the file of a report."""
    return click.Option(
        ["--csv", "path"],
        type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
        help=terminal.translate(_("The file to write, a line for each recipient; - for the terminal.")),
    )
