"""`campaign create`, `preview` and `test`: what is made of a list, how it will look, and one message to oneself."""

from collections.abc import Callable, Sequence
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
from integrations.whatsapp_templates import TemplateContent
from messaging.campaigns.calendar.reminders import RuleError, parse_rule
from messaging.campaigns.creation import Creation, NameTakenError
from messaging.campaigns.files.lists import Reading, ReadList, Wording, read_list
from messaging.campaigns.files.problem_messages import (
    file_sentence,
    line_sentence,
    rule_sentence,
    variable_sentence,
)
from messaging.campaigns.files.problems import FileError, LineProblem, Problem
from messaging.campaigns.files.variables import VariableError
from messaging.campaigns.replies import LONGEST
from storage.base import utc_now
from storage.campaigns.campaigns import CampaignRecord, NewCampaign
from storage.database import Database
from storage.models import CampaignChannel, RecipientState, SkipReason
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
        click.Option(
            ["--channel"], type=click.Choice([channel.value for channel in CampaignChannel]), default="whatsapp",
            show_default=True, help=said(_("How people are reached.")),
        ),
        click.Option(["--goal"], type=Checked("text", words_of, terminal), help=said(_HELP_GOAL)),
        click.Option(["--hang-up-on-machines"], is_flag=True, help=said(_HELP_MACHINES)),
        click.Option(["--number", "number_column"], help=said(_("The column with the numbers."))),
        click.Option(["--template"], type=Checked("sid", template_of, terminal), help=said(_HELP_TEMPLATE)),
        click.Option(
            ["--var", "variables"], type=Checked("1={nombre}", variable_of, terminal), multiple=True,
            help=said(_("What goes into a placeholder of the template, such as 1={nombre}. Repeatable.")),
        ),
        click.Option(["--text"], type=Checked("text", words_of, terminal), help=said(_HELP_TEXT)),
        click.Option(["--try-anyway"], is_flag=True, help=said(_HELP_TRY_ANYWAY)),
        click.Option(
            ["--hand-over", "hand_over"], type=Checked("yes", _answer, terminal), multiple=True,
            help=said(_HELP_HAND_OVER),
        ),
        click.Option(["--consent"], default="", help=said(_("Where the people's consent comes from."))),
        click.Option(
            ["--remind", "remind"], type=Checked("24 h before {fecha}", _rule, terminal), help=said(_HELP_REMIND)
        ),
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
    "A text in place of a template, with columns in braces: it reaches who has written within 24 hours. Of calls: what "
    "they begin with, once it is said who calls."
)
_HELP_GOAL = _(
    "What the assistant is to achieve in each call, in your own words. The list's columns are told to it."
)
_HELP_MACHINES = _("Leave answering machines no message; the person is called again later.")
_HELP_TRY_ANYWAY = _("Send the text to the others too; WhatsApp refuses what it does not allow.")
_HELP_HAND_OVER = _(
    "Hand over to a seller whoever answers so: yes, no, a number, or the words of a button. Repeatable."
)
_HELP_REMIND = _(
    "Each message is due so long before the date in its line, such as “24 h before {fecha}” or “2 days before "
    "{fecha} {hora}”, by the clock of the line, else of the profile."
)


def _answer(terminal: Terminal, value: str) -> str:
    words = " ".join(words_of(terminal, value).split())
    if len(words) > LONGEST:
        raise ValueError(
            terminal.translate(_("An answer has at most {most} characters.").format(most=LONGEST))
        )
    return words


def _rule(terminal: Terminal, value: str) -> str:
    try:
        parse_rule(value)
    except RuleError as error:
        raise ValueError(terminal.translate(rule_sentence(error))) from None
    return value


def _moment(terminal: Terminal, value: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        said = _("“{value}” is no date and time such as 2026-12-01 09:00.").format(value=value)
        raise ValueError(terminal.translate(said)) from None


_LEFT_OUT = (
    (LineProblem.DUPLICATE, SKIPPED[SkipReason.DUPLICATE]),
    (LineProblem.LANDLINE, _("have a landline, which WhatsApp hardly reaches")),
)
"""Why lines give no recipient although nothing is wrong with them, as they are counted."""


class Making:
    """Makes a campaign of what the command line says. zone: of times. language: BCP 47, as the list is written."""

    def __init__(
        self,
        terminal: Terminal,
        database: Database,
        zone: ZoneInfo,
        language: str,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._terminal, self._database, self._zone, self._language = terminal, database, zone, language
        self._clock = clock

    def create(
        self,
        name: str,
        path: Path,
        number_column: str | None,
        wording: Wording,
        *,
        start_at: datetime | None,
        remind: str | None,
        **values: Any,
    ) -> bool:
        """Make a campaign; return False if its list cannot be used, which is said. Raises CannotBegin."""
        self._require_name(name)
        found = self.read(path, wording, number_column=number_column, remind=remind or "")
        if found is None:
            return False
        if start_at is not None and start_at.tzinfo is None:
            start_at = start_at.replace(tzinfo=self._zone)
        channel = CampaignChannel.WHATSAPP if wording.call is None else CampaignChannel.VOICE
        new = NewCampaign(
            name, channel, template=wording.template, text=wording.text, variables=wording.variables,
            file_name=path.name, file_hash=found.digest, start_at=start_at, remind=remind or "",
            **values,
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

    def read(
        self, path: Path, wording: Wording, *, number_column: str | None, remind: str
    ) -> ReadList | None:
        """Read the list; None if it cannot be used, which is said."""
        try:
            rule = parse_rule(remind) if remind else None
            reading = Reading(self._language, self._zone, self._clock(), number_column, rule)
            found = read_list(path, wording, reading)
        except FileError as error:
            self._terminal.complain(file_sentence(error))
            return None
        except VariableError as error:
            self._terminal.complain(variable_sentence(error))
            return None
        self._name_lines(found.left_out, _("Left out:"))
        self._count_left_out(found.left_out)
        if found.mistakes:
            self._name_lines(found.mistakes, _("To be corrected:"))
            self._terminal.complain(_("Nothing was kept: correct the list, and give it again."))
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

    def _count_left_out(self, problems: Sequence[Problem]) -> None:
        for problem, words in _LEFT_OUT:
            if count := sum(one.problem is problem for one in problems):
                self._terminal.say(f"  {count}  {self._terminal.translate(words)}")


def print_found(terminal: Terminal, campaign: CampaignRecord, figures: Figures, forecast: Forecast) -> None:
    """Print whom a new campaign reaches, and what is to be considered before it is sent."""
    total = figures.total
    terminal.say(
        lazy_ngettext("{count} line was read.", "{count} lines were read.", total).format(count=total)
    )
    counted = [(count, SKIPPED[SkipReason(reason)]) for reason, count in figures.skipped.items()]
    counted.append((forecast.opted_out, SKIPPED[SkipReason.OPTED_OUT]))
    if not campaign.template and not campaign.is_by_phone:
        without = forecast.waiting - forecast.opted_out - forecast.wrote
        counted.append((without, SKIPPED[SkipReason.NEEDS_TEMPLATE]))
    for count, words in counted:
        if count:
            terminal.say(f"  {count}  {terminal.translate(words)}")
    if (campaign.template or campaign.is_by_phone) and not campaign.consent:
        terminal.complain(
            _(
                "Warning: it is not noted where the people's consent comes from (--consent): marketing needs it."
            )
        )
    if campaign.hand_over:
        answers = ", ".join(f"“{answer}”" for answer in campaign.hand_over)
        terminal.say(_("Who answers {answers} is handed over to a seller.").format(answers=answers))
    next_ = _("Nothing was sent. Next: campaign preview “{name}”, campaign test, campaign run.")
    if campaign.is_by_phone:
        next_ = _("Nobody was called. Next: campaign preview “{name}”, campaign test, campaign run.")
    terminal.say(next_.format(name=campaign.name))


def print_preview(
    terminal: Terminal,
    rows: Sequence[RecipientRow],
    content: TemplateContent | None = None,
    *,
    due_in: ZoneInfo | None = None,
) -> None:
    """Print what the first recipients will get. content: of the template, where it is known.

    due_in: the zone of the times at which they are due; None: they are due at once.
    """
    table = Table(show_lines=True)
    for title in (_("Line"), _("Who"), *([_("When")] if due_in else []), _("Words")):
        table.add_column(terminal.translate(title), overflow="fold")
    for row in rows:
        words = row.body if content is None else content.filled(row.variables)
        when = [_when(terminal, row, due_in)] if due_in else []
        table.add_row(str(row.line), row.number, *when, harmless(words))
    terminal.console.print(table)


def _when(terminal: Terminal, row: RecipientRow, zone: ZoneInfo) -> str:
    if row.state == RecipientState.SKIPPED:
        return terminal.translate(SKIPPED[SkipReason(row.reason)])
    return f"{row.due_at.astimezone(zone):%Y-%m-%d %H:%M}"
