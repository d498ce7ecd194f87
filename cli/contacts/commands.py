"""`flask --app app contacts ...`: show, export and erase what is known of a person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy.exc import SQLAlchemyError

from cli.console import Terminal
from cli.contacts.erasing import erase
from cli.contacts.export import exported
from cli.contacts.showing import print_person
from cli.exit_codes import ExitCode
from people.privacy.erasures import Erasures
from phone_numbers import PhoneNumberError
from storage.database import Database
from storage.privacy.people import find_contacts
from storage.privacy.tasks import Place
from translations import lazy_gettext as _
from translations.system_errors import system_reason


@dataclass(frozen=True, slots=True)
class ContactServices:
    """The commands' services. zone: the business's, for times. region: of numbers without a country code.

    places: where people are erased besides the database.
    """

    database: Database
    zone: ZoneInfo
    region: str | None
    erasures: Erasures
    places: frozenset[Place]


def contacts_group(
    terminal: Terminal, services: Callable[[], ContactServices], check: Callable[[], None]
) -> click.Group:
    """Return the group. services: called when a command runs. check: raises if it cannot run."""
    group = click.Group("contacts", help=terminal.translate(_("What is known of a person.")))

    def show(who: str) -> None:
        check()
        needed = services()
        for contact_id in _found(terminal, needed, who):
            print_person(terminal, needed.database, needed.zone, contact_id)

    def export(who: str, path: Path | None) -> None:
        check()
        needed = services()
        text = exported(terminal, needed.database, _found(terminal, needed, who))
        if path is None:
            click.echo(text)
            return
        _write(terminal, path, text)
        terminal.say(_("Written to {path}.").format(path=path))

    def erase_command(who: str, yes: bool, dry_run: bool) -> None:
        check()
        needed = services()
        found = _found(terminal, needed, who)
        try:
            erase(terminal, needed.database, needed.erasures, needed.places, found, yes=yes, dry_run=dry_run)
        except (SQLAlchemyError, OSError) as error:
            terminal.complain(
                _("It was not finished ({name}). Run the command again: it goes on where it stopped.").format(
                    name=type(error).__name__
                )
            )
            click.get_current_context().exit(ExitCode.NOT_COMPLETED)

    add = partial(_add, group, terminal)
    add("show", show, [], _("Show who it is: names, numbers, conversations, opt-out, and how much is kept."))
    add("export", export, [_output(terminal)], _help_export())
    add("erase", erase_command, _erase_options(terminal), _help_erase())
    return group


def _add(
    group: click.Group,
    terminal: Terminal,
    name: str,
    run: Callable[..., None],
    more: Sequence[Any],
    text: Any,
) -> None:
    who = click.Argument(["who"], metavar=terminal.translate(_("NUMBER")))
    group.add_command(
        click.Command(
            name, callback=run, params=[who, *more], help=terminal.translate(text), no_args_is_help=True
        )
    )


def _output(terminal: Terminal) -> click.Option:
    return click.Option(
        ["--output", "-o", "path"],
        type=click.Path(dir_okay=False, path_type=Path),
        help=terminal.translate(_("The file to write; without it, the terminal.")),
    )


def _erase_options(terminal: Terminal) -> list[click.Option]:
    return [
        click.Option(["--yes"], is_flag=True, help=terminal.translate(_("Do not ask first."))),
        click.Option(
            ["--dry-run"], is_flag=True, help=terminal.translate(_("Only count what would be erased."))
        ),
    ]


def _help_export() -> Any:
    return _(
        "Write everything that the database holds about a person, as JSON. Photos, voice notes and files are "
        "links: the files themselves are at the provider."
    )


def _help_erase() -> Any:
    return _(
        "Erase a person: here, in Chatwoot, in 360dialog's contact book, and in the CRM by an event. Counts "
        "stay, and so does a wish for no messages. NUMBER may be written in any form; it may also be "
        "WhatsApp's id of a user, or #12: the number that `contacts show` and the dashboard's address have."
    )


def _found(terminal: Terminal, needed: ContactServices, who: str) -> list[int]:
    """Return the contacts of a person; ends the command where there is none."""
    try:
        with needed.database.read() as connection:
            found = find_contacts(connection, who, needed.region)
    except PhoneNumberError:
        terminal.complain(
            _(
                "{who} is no number, no WhatsApp user id and no #id. Write numbers with their country code."
            ).format(who=who)
        )
        click.get_current_context().exit(ExitCode.WRONG_INPUT)
    if not found:
        terminal.complain(_("Nobody is known under {who}.").format(who=who))
        click.get_current_context().exit(ExitCode.NOT_COMPLETED)
    return found


def _write(terminal: Terminal, path: Path, text: str) -> None:
    try:
        path.touch(mode=0o600)
        path.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        terminal.complain(
            _("{path} cannot be written: {reason}.").format(path=path, reason=system_reason(error))
        )
        click.get_current_context().exit(ExitCode.NOT_COMPLETED)
