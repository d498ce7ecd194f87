"""Reads a campaign's list: what each of its lines will be sent, and which lines are left out."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
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

    def body(self, text: str) -> str:
        """Return what somebody gets. text: theirs, filled in."""
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
class Reading:
    """How a list is read. language: BCP 47, of the profile. zone: the profile's. now: aware.

    number_column: None: it is found by its name. remind: None: it is no reminder.
    """

    language: str
    zone: ZoneInfo
    now: datetime
    number_column: str | None = None
    remind: ReminderRule | None = None


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
    texts = wording.variables if wording.template else {_TEXT: wording.text}
    parsed: Mapping[str, Text] = {name: parse_text(text) for name, text in texts.items()}
    wanted = Wanted(
        reading.language,
        number=reading.number_column,
        variables=parsed,
        moment=reading.remind.moment if reading.remind else None,
        with_landlines=wording.call is not None,
    )
    for one in recipients(table, wanted, progress):
        yield _reminded(_listed(one, wording), one, reading) if isinstance(one, Recipient) else one


def _listed(one: Recipient, wording: Wording) -> ListedRecipient:
    zone = "" if one.zone is None else one.zone.key
    if not wording.template:
        return ListedRecipient(
            one.line, one.number, wording.body(one.variables.get(_TEXT, "")), {}, one.values, zone
        )
    if wording.content is not None:
        body = wording.content.filled(one.variables)
        return ListedRecipient(one.line, one.number, body, one.variables, one.values, zone)
    body = "\n".join((wording.template, *(f"{name}={value}" for name, value in one.variables.items())))
    return ListedRecipient(one.line, one.number, body, one.variables, one.values, zone)


def _reminded(listed: ListedRecipient, one: Recipient, reading: Reading) -> ListedRecipient:
    """Return somebody with the time at which they are reminded, by the clock of their line, else the profile's."""
    if reading.remind is None or one.moment is None:
        return listed
    zone = one.zone or reading.zone
    due_at = due(one.moment, reading.remind, zone, now=reading.now)
    over = over_at(one.moment, zone)
    return replace(listed, due_at=due_at, moment_at=over, is_past=due_at is None)
