"""Makes campaigns of what operators fill in: says what is wrong with it, and what the first people will get.

Nothing is kept until a campaign is made, and then by the same functions as the commands use.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from integrations.errors import IntegrationError
from integrations.whatsapp_templates import APPROVED, TemplateContent
from messaging.campaigns.creation import Creation, NameTakenError
from messaging.campaigns.files.cells import written
from messaging.campaigns.files.lists import LEFT_OUT, Reading, Wording, listed_or_problem
from messaging.campaigns.files.problem_messages import file_sentence, line_sentence, variable_sentence
from messaging.campaigns.files.problems import FileError
from messaging.campaigns.files.tables import Table, read_table
from messaging.campaigns.files.variables import VariableError
from messaging.campaigns.recipient import ListedRecipient
from storage.base import utc_now
from storage.campaigns import campaigns
from storage.campaigns.campaigns import NewCampaign
from storage.database import Database
from translations import Message
from translations import lazy_gettext as _

LONGEST_NAME = 80
SHOWN = 3
"""People whose messages are shown before they are sent."""
MOST_NAMED = 20
"""Lines that are named; the others are counted."""
_TEMPLATE = re.compile(r"HX[0-9a-fA-F]{32}|[a-z0-9_]{1,512}:[a-z]{2,3}(?:_[A-Z]{2})?")


@dataclass(frozen=True, slots=True)
class FirstMessage:
    """What one of the first people on a list will get."""

    line: int
    number: str
    body: str


@dataclass
class Looked:
    """What was found of a campaign that is to be made.

    columns: the list's, with the values of its first line. content: of the template, if it is known. placeholders: its
    own, as far as they are known.
    mistakes: why it cannot be made. left_out: lines without a message. notes: what is to be considered.
    """

    columns: list[tuple[str, str]] = field(default_factory=list)
    placeholders: tuple[str, ...] = ()
    content: TemplateContent | None = None
    count: int = 0
    first: list[FirstMessage] = field(default_factory=list)
    mistakes: list[Message] = field(default_factory=list)
    more_mistakes: int = 0
    left_out: list[Message] = field(default_factory=list)
    more_left_out: int = 0
    notes: list[Message] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Return whether a campaign can be made of it."""
        return not self.mistakes and self.count > 0

    def refuse(self, sentence: Message) -> None:
        """Add a mistake."""
        if len(self.mistakes) < MOST_NAMED:
            self.mistakes.append(sentence)
        else:
            self.more_mistakes += 1

    def leave_out(self, sentence: Message) -> None:
        """Add a line without a message."""
        if len(self.left_out) < MOST_NAMED:
            self.left_out.append(sentence)
        else:
            self.more_left_out += 1


class Drafting:
    """Makes campaigns. language: BCP 47, as lists are written. zone: of their times. fetch: returns a template.

    fetch may raise IntegrationError; it returns None for a template that is not there, or cannot be asked for.
    """

    def __init__(
        self,
        database: Database,
        language: str,
        zone: ZoneInfo,
        fetch: Callable[[str], TemplateContent | None],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._language, self._zone = database, language, zone
        self._fetch, self._clock = fetch, clock

    def look(self, new: NewCampaign, content: bytes, number_column: str | None, *, is_final: bool) -> Looked:
        """Return what is wrong with a campaign that is to be made, and what it will look like; keep nothing.

        What is not filled in yet is a mistake only if it is_final.
        """
        looked = Looked()
        if is_final:
            _refuse_what_is_missing(new, content, looked)
        self._check_name(new.name, looked)
        self._check_wording(new, looked)
        self._read(new, content, number_column, looked)
        if is_final:
            _refuse_missing_values(new, looked)
        return looked

    def create(self, new: NewCampaign, content: bytes, number_column: str | None) -> int | None:
        """Keep a campaign in which `look` has found no mistake; return its id, None if its name is taken.

        Raises FileError or VariableError where there is one all the same.
        """
        looked = Looked()
        self._check_wording(new, looked)
        new = replace(new, file_hash=hashlib.sha256(content).hexdigest())
        table = read_table(content, new.file_name)
        try:
            return Creation(self._database).create(new, self._recipients(table, new, number_column, looked))
        except NameTakenError:
            return None

    def _recipients(
        self, table: Table, new: NewCampaign, number_column: str | None, looked: Looked
    ) -> Iterator[ListedRecipient]:
        wording = Wording(new.template, new.text, new.variables or {}, content=looked.content)
        reading = Reading(self._language, self._zone, self._clock(), number_column)
        for one in listed_or_problem(table, wording, reading):
            if isinstance(one, ListedRecipient):
                yield one
            elif one.problem in LEFT_OUT:
                looked.leave_out(line_sentence(one))
            else:
                looked.refuse(line_sentence(one))

    def _check_name(self, name: str, looked: Looked) -> None:
        if not name:
            return
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            looked.refuse(_("A campaign's name has 1 to {most} characters.").format(most=LONGEST_NAME))
            return
        with self._database.read() as connection:
            is_taken = campaigns.of_name(connection, name) is not None
        if is_taken:
            looked.refuse(_("There is a campaign “{name}” already.").format(name=name))

    def _check_wording(self, new: NewCampaign, looked: Looked) -> None:
        if new.template and new.text:
            looked.refuse(_("Give a template or a text, one of the two."))
        if not new.template:
            return
        if not _TEMPLATE.fullmatch(new.template):
            looked.refuse(
                _("“{written}” is no template: write Twilio's SID (HX...), or 360dialog's name and language "
                  "(aviso:es).").format(written=new.template)
            )  # fmt: skip
            return
        self._look_up(new, looked)
        looked.placeholders = looked.placeholders or tuple(new.variables or {})
        if not new.consent:
            looked.notes.append(
                _("It is not noted where the people's consent comes from: marketing needs it.")
            )

    def _look_up(self, new: NewCampaign, looked: Looked) -> None:
        """Ask the provider for the template's words; without them it can be sent all the same."""
        try:
            found = self._fetch(new.template)
        except IntegrationError:
            found = None
        if found is None:
            looked.notes.append(
                _("The provider did not show the words of this template: check that it is written right.")
            )
            return
        looked.content, looked.placeholders = found, found.placeholders
        if found.approval.status != APPROVED:
            looked.notes.append(
                _("WhatsApp has not approved this template (its state: {status}); it refuses to send it.").format(
                    status=found.approval.status
                )
            )  # fmt: skip

    def _read(self, new: NewCampaign, content: bytes, number_column: str | None, looked: Looked) -> None:
        if not content:
            return
        try:
            table = read_table(content, new.file_name)
            looked.columns = _columns(table)
            if not (new.template or new.text):
                return
            for one in self._recipients(table, new, number_column, looked):
                looked.count += 1
                if looked.count <= SHOWN:
                    looked.first.append(FirstMessage(one.line, one.number, one.body))
            if not looked.count and not looked.mistakes:
                looked.refuse(_("Nobody is left on the list."))
        except FileError as error:
            looked.refuse(file_sentence(error))
        except VariableError as error:
            looked.refuse(variable_sentence(error))


def _refuse_what_is_missing(new: NewCampaign, content: bytes, looked: Looked) -> None:
    if not new.name:
        looked.refuse(_("A campaign's name has 1 to {most} characters.").format(most=LONGEST_NAME))
    if not content:
        looked.refuse(_("Choose the file with the list."))
    if not (new.template or new.text):
        looked.refuse(_("Give a template or a text, one of the two."))


def _refuse_missing_values(new: NewCampaign, looked: Looked) -> None:
    """Refuse a template of which a placeholder has no value: Twilio would refuse each message."""
    given = new.variables or {}
    for name in looked.placeholders:
        if not given.get(name):
            looked.refuse(_("The template needs a value for {name}.").format(name=f"{{{{{name}}}}}"))


def _columns(table: Table) -> list[tuple[str, str]]:
    """Return the names of a list's columns that texts can name, and their values in the first line."""
    first = next(iter(table.lines()), None)
    cells = [] if first is None else [written(cell) for cell in first.cells]
    return [
        (name, cells[index][:60] if index < len(cells) else "")
        for index, name in enumerate(table.columns)
        if name and "{" not in name and "}" not in name
    ]
