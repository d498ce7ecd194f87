"""Reads a campaign's list: what each of its lines will be sent, and which lines are left out."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from messaging.campaigns.files.problems import FileError, FileProblem, LineProblem, Problem
from messaging.campaigns.files.recipients import Recipient, Wanted, recipients
from messaging.campaigns.files.tables import Table, read_table
from messaging.campaigns.files.variables import Text, parse_text
from messaging.campaigns.recipient import ListedRecipient
from translations.system_errors import system_reason

_TEXT = "text"
"""The name that errors give to the whole of a text."""
PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
"""A placeholder of a template, with its name."""
LEFT_OUT = (LineProblem.DUPLICATE, LineProblem.LANDLINE)
"""What is no mistake: the line is left out, and the others are kept."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What each recipient gets: a template with its variables, or a text. Columns of the list stand in braces.

    template_text: the template's words with its placeholders; empty where they are not known.
    """

    template: str
    text: str
    variables: Mapping[str, str]
    template_text: str = ""


@dataclass(frozen=True, slots=True)
class ReadList:
    """A list. left_out: lines without a message. mistakes: lines for which it is refused. digest: SHA-256, in hex."""

    recipients: list[ListedRecipient]
    left_out: list[Problem]
    mistakes: list[Problem]
    digest: str


def read_list(path: Path, wording: Wording, *, number_column: str | None, language: str) -> ReadList:
    """Read a CSV or XLSX file. language: BCP 47, of the profile. Raises FileError and VariableError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileError(path.name, FileProblem.UNREADABLE, reason=system_reason(error)) from error
    found = ReadList([], [], [], hashlib.sha256(content).hexdigest())
    table = read_table(content, path.name)
    for one in listed_or_problem(table, wording, number_column=number_column, language=language):
        if isinstance(one, ListedRecipient):
            found.recipients.append(one)
        elif one.problem in LEFT_OUT:
            found.left_out.append(one)
        else:
            found.mistakes.append(one)
    return found


def listed_or_problem(
    table: Table, wording: Wording, *, number_column: str | None, language: str
) -> Iterator[ListedRecipient | Problem]:
    """Yield what each line of a list will be sent, or what is wrong with it. Raises FileError and VariableError."""
    texts = wording.variables if wording.template else {_TEXT: wording.text}
    parsed: Mapping[str, Text] = {name: parse_text(text) for name, text in texts.items()}
    for one in recipients(table, Wanted(language, number=number_column, variables=parsed)):
        yield _listed(one, wording) if isinstance(one, Recipient) else one


def _listed(one: Recipient, wording: Wording) -> ListedRecipient:
    zone = "" if one.zone is None else one.zone.key
    if not wording.template:
        return ListedRecipient(one.line, one.number, one.variables[_TEXT], {}, one.values, zone)
    if wording.template_text:
        body = PLACEHOLDER.sub(lambda found: one.variables.get(found[1], found[0]), wording.template_text)
        return ListedRecipient(one.line, one.number, body, one.variables, one.values, zone)
    body = "\n".join((wording.template, *(f"{name}={value}" for name, value in one.variables.items())))
    return ListedRecipient(one.line, one.number, body, one.variables, one.values, zone)
