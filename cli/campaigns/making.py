"""`campaign create`, `preview` and `test`: what is made of a list, how it will look, and one message to oneself."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from cli.call_options import CannotBegin
from cli.campaigns.words import SKIPPED
from cli.console import Terminal, harmless
from cli.whatsapp.options import Checked, template_of, variable_of, words_of
from messaging.campaigns.creation import Creation, NameTakenError
from messaging.campaigns.files.problem_messages import file_sentence, line_sentence, variable_sentence
from messaging.campaigns.files.problems import FileError, Problem
from messaging.campaigns.files.variables import VariableError
from messaging.campaigns.lists import ReadList, Wording, read_list
from storage.campaigns.campaigns import CampaignRecord, NewCampaign
from storage.database import Database
from storage.models import SkipReason
from storage.reports.campaigns import Figures, Forecast, RecipientRow
from translations import Message, lazy_ngettext
from translations import lazy_gettext as _

LONGEST_NAME = 80
MOST_PROBLEMS = 20
"""Lines of a list that are named; the others are counted."""
SHOWN = 3


def create_options(terminal: Terminal) -> list[click.Parameter]:
    """Return the options of `campaign create`."""

    def said(message: Any) -> str:
        return terminal.translate(message)

    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    return [
        click.Option(["--csv", "path"], type=file, required=True, help=said(_HELP_CSV)),
        click.Option(["--number", "number_column"], help=said(_("The column with the numbers."))),
        click.Option(["--template"], type=Checked("sid", template_of, terminal), help=said(_HELP_TEMPLATE)),
        click.Option(
            ["--var", "variables"], type=Checked("1={nombre}", variable_of, terminal), multiple=True,
            help=said(_("What goes into a placeholder of the template, such as 1={nombre}. Repeatable.")),
        ),
        click.Option(["--text"], type=Checked("text", words_of, terminal), help=said(_HELP_TEXT)),
        click.Option(["--try-anyway"], is_flag=True, help=said(_HELP_TRY_ANYWAY)),
        click.Option(["--consent"], default="", help=said(_("Where the people's consent comes from."))),
        click.Option(
            ["--at", "start_at"], type=Checked("2026-12-01 09:00", _moment, terminal),
            help=said(_("Send nothing before, in the time zone of the profile.")),
        ),
    ]  # fmt: skip


_HELP_CSV = _("The list: a CSV or Excel file (.xlsx) with the names of its columns in the first line.")
_HELP_TEMPLATE = _(
    "An approved template: Twilio's by its SID (HX...), 360dialog's by name and language (aviso:es)."
)
_HELP_TEXT = _(
    "A text in place of a template, with columns in braces: it reaches who has written within 24 hours."
)
_HELP_TRY_ANYWAY = _("Send the text to the others too; WhatsApp refuses what it does not allow.")


def _moment(terminal: Terminal, value: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        said = _("“{value}” is no date and time such as 2026-12-01 09:00.").format(value=value)
        raise ValueError(terminal.translate(said)) from None


class Making:
    """Makes a campaign of what the command line says. zone: of times. language: BCP 47, as the list is written."""

    def __init__(self, terminal: Terminal, database: Database, zone: ZoneInfo, language: str) -> None:
        self._terminal, self._database, self._zone, self._language = terminal, database, zone, language

    def create(
        self,
        name: str,
        path: Path,
        number_column: str | None,
        wording: Wording,
        *,
        start_at: datetime | None,
        **values: Any,
    ) -> bool:
        """Make a campaign; return False if its list cannot be used, which is said. Raises CannotBegin."""
        self._require_name(name)
        found = self._read(path, number_column, wording)
        if found is None:
            return False
        if start_at is not None and start_at.tzinfo is None:
            start_at = start_at.replace(tzinfo=self._zone)
        new = NewCampaign(
            name, "whatsapp", template=wording.template, text=wording.text, variables=wording.variables,
            file_name=path.name, file_hash=found.digest, start_at=start_at, **values,
        )  # fmt: skip
        try:
            Creation(self._database).create(new, found.recipients)
        except NameTakenError:
            raise CannotBegin(
                self._terminal.translate(_("There is a campaign “{name}” already.").format(name=name))
            ) from None
        return True

    def _require_name(self, name: str) -> None:
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            said = _("A campaign's name has 1 to {most} characters.").format(most=LONGEST_NAME)
            raise CannotBegin(self._terminal.translate(said))

    def _read(self, path: Path, number_column: str | None, wording: Wording) -> ReadList | None:
        """Read the list; None if it cannot be used, which is said."""
        try:
            found = read_list(path, wording, number_column=number_column, language=self._language)
        except FileError as error:
            self._terminal.complain(file_sentence(error))
            return None
        except VariableError as error:
            self._terminal.complain(variable_sentence(error))
            return None
        self._name_lines(found.left_out, _("Left out:"))
        if found.mistakes:
            self._name_lines(found.mistakes, _("To be corrected:"))
            self._terminal.complain(_("Nothing was kept: correct the list, and make the campaign again."))
            return None
        if not found.recipients:
            self._terminal.complain(_("Nobody is left on the list."))
            return None
        return found

    def _name_lines(self, problems: Sequence[Problem], title: Message) -> None:
        if not problems:
            return
        self._terminal.complain(title)
        for problem in problems[:MOST_PROBLEMS]:
            self._terminal.complain(line_sentence(problem))
        if (more := len(problems) - MOST_PROBLEMS) > 0:
            self._terminal.complain(_("And {count} more.").format(count=more))


def print_found(terminal: Terminal, campaign: CampaignRecord, figures: Figures, forecast: Forecast) -> None:
    """Print whom a new campaign reaches, and what is to be considered before it is sent."""
    total = figures.total
    terminal.say(
        lazy_ngettext("{count} line was read.", "{count} lines were read.", total).format(count=total)
    )
    counted = [(count, SKIPPED[SkipReason(reason)]) for reason, count in figures.skipped.items()]
    counted.append((forecast.opted_out, SKIPPED[SkipReason.OPTED_OUT]))
    if not campaign.template:
        without = forecast.waiting - forecast.opted_out - forecast.wrote
        counted.append((without, SKIPPED[SkipReason.NEEDS_TEMPLATE]))
    for count, words in counted:
        if count:
            terminal.say(f"  {count}  {terminal.translate(words)}")
    if campaign.template and not campaign.consent:
        terminal.complain(
            _(
                "Warning: it is not noted where the people's consent comes from (--consent): marketing needs it."
            )
        )
    terminal.say(
        _("Nothing was sent. Next: campaign preview “{name}”, campaign test, campaign run.").format(
            name=campaign.name
        )
    )


def print_preview(terminal: Terminal, rows: Sequence[RecipientRow]) -> None:
    """Print what the first recipients will get."""
    table = Table(show_lines=True)
    for title in (_("Line"), _("Who"), _("Words")):
        table.add_column(terminal.translate(title), overflow="fold")
    for row in rows:
        table.add_row(str(row.line), row.number, harmless(row.body))
    terminal.console.print(table)
