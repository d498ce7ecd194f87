"""Reads a campaign's list: what each of its lines will be sent, and which lines are left out."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from integrations.whatsapp_templates import TemplateContent
from messaging.campaigns.calendar.reminders import ReminderRule, due, over_at
from messaging.campaigns.files.cells import Progress
from messaging.campaigns.files.problems import FileError, FileProblem, LineProblem, Problem
from messaging.campaigns.files.recipients import Recipient, Wanted, recipients
from messaging.campaigns.files.tables import Table, read_table
from messaging.campaigns.files.variables import Text, parse_text
from messaging.campaigns.recipient import ListedRecipient
from translations.system_errors import system_reason

_TEXT = "text"
"""The name that errors give to the whole of a text."""
LEFT_OUT = (LineProblem.DUPLICATE, LineProblem.LANDLINE)
"""What is no mistake: the line is left out, and the others are kept."""


@dataclass(frozen=True, slots=True)
class CallGreeting:
    """How calls begin. who_calls: before a text. usual: in place of one."""

    who_calls: str
    usual: str


@dataclass(frozen=True, slots=True)
class Wording:
    """What each recipient gets: a template with its variables, or a text. Columns of the list stand in braces.

    call: how calls begin; None: it is a message. content: the template's own words; None: they are not known.
    """

    template: str
    text: str
    variables: Mapping[str, str]
    call: CallGreeting | None = None
    content: TemplateContent | None = None

    def texts(self) -> Mapping[str, Text]:
        """Return the texts that are filled in from each line, by name. Raises VariableError."""
        texts = self.variables if self.template else {_TEXT: self.text}
        return {name: parse_text(text) for name, text in texts.items()}

    def body(self, filled: Mapping[str, str]) -> str:
        """Return what somebody gets. filled: their texts, by name."""
        if self.content is not None:
            return self.content.filled(filled)
        if self.template:
            return "\n".join((self.template, *(f"{name}={value}" for name, value in filled.items())))
        text = filled.get(_TEXT, "")
        if self.call is None:
            return text
        return f"{self.call.who_calls} {text}" if text else self.call.usual


@dataclass(frozen=True, slots=True)
class ReadList:
    """A list. left_out: lines without a message. mistakes: lines for which it is refused. digest: SHA-256, in hex."""

    recipients: list[ListedRecipient]
    left_out: list[Problem]
    mistakes: list[Problem]
    digest: str


@dataclass(frozen=True, slots=True)
class ReminderTimes:
    """When somebody is reminded. due_at: None: that is past. over_at: nothing is sent from then on."""

    due_at: datetime | None
    over_at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """How a list is read. language: BCP 47, of the profile. zone: the profile's. now: aware.

    number_column: None: it is found by its name. remind: None: it is no reminder.
    """

    language: str
    zone: ZoneInfo
    now: datetime
    number_column: str | None = None
    remind: ReminderRule | None = None

    def reminded(self, one: Recipient) -> ReminderTimes | None:
        """Return when somebody is reminded, by the clock of their line, else the profile's; None: of nothing."""
        if self.remind is None or one.moment is None:
            return None
        zone = one.zone or self.zone
        return ReminderTimes(due(one.moment, self.remind, zone, now=self.now), over_at(one.moment, zone))


def read_list(path: Path, wording: Wording, reading: Reading) -> ReadList:
    """Read a CSV or XLSX file. Raises FileError and VariableError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileError(path.name, FileProblem.UNREADABLE, reason=system_reason(error)) from error
    found = ReadList([], [], [], hashlib.sha256(content).hexdigest())
    for one in listed_or_problem(read_table(content, path.name), wording, reading):
        if isinstance(one, ListedRecipient):
            found.recipients.append(one)
        elif one.problem in LEFT_OUT:
            found.left_out.append(one)
        else:
            found.mistakes.append(one)
    return found


def listed_or_problem(
    table: Table, wording: Wording, reading: Reading, progress: Progress | None = None
) -> Iterator[ListedRecipient | Problem]:
    """Yield what each line of a list will be sent, or what is wrong with it. Raises FileError and VariableError."""
    wanted = Wanted(
        reading.language,
        number=reading.number_column,
        variables=wording.texts(),
        moment=reading.remind.moment if reading.remind else None,
        with_landlines=wording.call is not None,
    )
    for one in recipients(table, wanted, progress):
        yield _listed(one, wording, reading) if isinstance(one, Recipient) else one


def _listed(one: Recipient, wording: Wording, reading: Reading) -> ListedRecipient:
    times = reading.reminded(one)
    return ListedRecipient(
        one.line,
        one.number,
        wording.body(one.variables),
        one.variables if wording.template else {},
        one.values,
        "" if one.zone is None else one.zone.key,
        due_at=None if times is None else times.due_at,
        moment_at=None if times is None else times.over_at,
        is_past=times is not None and times.due_at is None,
    )
