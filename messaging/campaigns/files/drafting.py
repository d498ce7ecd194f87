"""Makes campaigns of what operators fill in: says what is wrong with it, and what the first people will get.

Nothing is kept until a campaign is made, and then by the same functions as the commands use.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from integrations.whatsapp_templates import TemplateContent
from messaging.campaigns.creation import Creation, NameTakenError, Note, no_note
from messaging.campaigns.files.cells import Progress, written
from messaging.campaigns.files.lists import LEFT_OUT, Reading, Wording, listed_or_problem
from messaging.campaigns.files.looked import FirstMessage, Looked
from messaging.campaigns.files.problem_messages import file_sentence, line_sentence, variable_sentence
from messaging.campaigns.files.problems import FileError, FileProblem
from messaging.campaigns.files.tables import Table, read_table
from messaging.campaigns.files.variables import VariableError
from messaging.campaigns.recipient import ListedRecipient
from messaging.campaigns.templates import TemplateDesk
from storage.base import utc_now
from storage.campaigns import campaigns
from storage.campaigns.campaigns import NewCampaign
from storage.database import Database
from translations import Message
from translations import lazy_gettext as _

LONGEST_NAME = 80
_TEMPLATE = re.compile(r"HX[0-9a-fA-F]{32}|[a-z0-9_]{1,512}:[a-z]{2,3}(?:_[A-Z]{2})?")
_OF_COLUMNS = (
    FileProblem.NO_NUMBER_COLUMN,
    FileProblem.MISSING_COLUMN,
    FileProblem.AMBIGUOUS_COLUMN,
    FileProblem.VARIABLE_WITHOUT_COLUMN,
)
"""What may be as wrong with the form as with the file."""


class _RefusedError(Exception):
    """A list is not kept: `Looked` says why."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a campaign is to be made of. template: None: its words are not known."""

    new: NewCampaign
    content: bytes
    number_column: str | None
    template: TemplateContent | None
    progress: Progress | None


class Drafting:
    """Makes campaigns. language: BCP 47, as lists are written. zone: of their times."""

    def __init__(
        self,
        database: Database,
        language: str,
        zone: ZoneInfo,
        templates: TemplateDesk,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._language, self._zone = database, language, zone
        self._templates, self._clock = templates, clock

    def look(
        self, new: NewCampaign, content: bytes, number_column: str | None, *, progress: Progress | None = None
    ) -> Looked:
        """Return what is wrong with a campaign that is to be made, and what it will look like; keep nothing.

        What is not filled in yet is no mistake. content: of the list's file; empty: there is none yet.
        """
        looked = Looked()
        template = self._check(new, looked, is_final=False)
        self._read(_Asked(new, content, number_column, template, progress), looked)
        return looked

    def make(
        self,
        new: NewCampaign,
        content: bytes,
        number_column: str | None,
        *,
        progress: Progress | None = None,
        begun: Note = no_note,
        complete: Note = no_note,
    ) -> Looked:
        """Keep a campaign, unless something is wrong with it; return its id among what was found.

        The list is read once. begun, complete: as of `Creation.create`.
        """
        looked = Looked()
        if not content:
            looked.refuse(_("Choose the file with the list."))
        template = self._check(new, looked, is_final=True)
        asked = _Asked(new, content, number_column, template, progress)
        if looked.mistakes:
            self._read(asked, looked)
            return looked
        new = replace(new, file_hash=hashlib.sha256(content).hexdigest())
        with _naming_mistakes(looked):
            listed = _unless_refused(self._recipients(_opened(asked, looked), asked, looked), looked)
            creation = Creation(self._database, self._clock)
            looked.campaign_id = creation.create(new, listed, begun=begun, complete=complete)
        return looked

    def _check(self, new: NewCampaign, looked: Looked, *, is_final: bool) -> TemplateContent | None:
        """Add what is wrong besides the list; return the template, if it is known."""
        if new.name or is_final:
            self._check_name(new.name, looked)
        if (new.template and new.text) or (is_final and not (new.template or new.text)):
            looked.refuse(_("Give a template or a text, one of the two."))
        return self._check_template(new, looked, is_final=is_final) if new.template else None

    def _check_name(self, name: str, looked: Looked) -> None:
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            looked.refuse(_("A campaign's name has 1 to {most} characters.").format(most=LONGEST_NAME))
            return
        with self._database.read() as connection:
            is_taken = campaigns.of_name(connection, name) is not None
        if is_taken:
            looked.refuse(_name_taken(name))

    def _check_template(self, new: NewCampaign, looked: Looked, *, is_final: bool) -> TemplateContent | None:
        if not _TEMPLATE.fullmatch(new.template):
            looked.refuse(
                _("“{written}” is no template: write Twilio's SID (HX...), or 360dialog's name and language "
                  "(aviso:es).").format(written=new.template)
            )  # fmt: skip
            return None
        variables = new.variables or {}
        looked.placeholders = tuple(variables)
        found = self._templates.find(new.template, variables, consent=new.consent)
        if found is None:
            looked.notes.append(
                _("The provider did not show the words of this template: check that it is written right.")
            )
            return None
        problems = found.problems
        for sentence in (*problems.wrong, *(problems.missing.values() if is_final else ())):
            looked.refuse(sentence)
        looked.notes += [*problems.refused, *problems.warnings]
        if found.content is not None:
            looked.words, looked.placeholders = found.content.text, found.content.placeholders
        return found.content

    def _read(self, asked: _Asked, looked: Looked) -> None:
        if not asked.content:
            return
        with _naming_mistakes(looked):
            table = _opened(asked, looked)
            if asked.new.template or asked.new.text:
                for _one in self._recipients(table, asked, looked):
                    pass

    def _recipients(self, table: Table, asked: _Asked, looked: Looked) -> Iterator[ListedRecipient]:
        """Yield who is on a list, and note whatever is found."""
        new = asked.new
        wording = Wording(new.template, new.text, new.variables or {}, content=asked.template)
        reading = Reading(self._language, self._zone, self._clock(), asked.number_column)
        for one in listed_or_problem(table, wording, reading, asked.progress):
            if isinstance(one, ListedRecipient):
                looked.add(FirstMessage(one.line, one.number, one.body))
                yield one
            elif one.problem in LEFT_OUT:
                looked.leave_out(line_sentence(one))
            else:
                looked.refuse_list(line_sentence(one))
        if not looked.count and not looked.is_list_wrong:
            looked.refuse_list(_("Nobody is left on the list."))


def _opened(asked: _Asked, looked: Looked) -> Table:
    table = read_table(asked.content, asked.new.file_name)
    looked.columns = _columns(table)
    return table


@contextmanager
def _naming_mistakes(looked: Looked) -> Iterator[None]:
    """Note what is raised of a list, or of a campaign that cannot be kept."""
    try:
        yield
    except FileError as error:
        refuse = looked.refuse if error.problem in _OF_COLUMNS else looked.refuse_list
        refuse(file_sentence(error))
    except VariableError as error:
        looked.refuse(variable_sentence(error))
    except NameTakenError as error:
        looked.refuse(_name_taken(error.name))
    except _RefusedError:
        pass


def _unless_refused(listed: Iterable[ListedRecipient], looked: Looked) -> Iterator[ListedRecipient]:
    """Yield who is on a list until a line is wrong; read it to its end, and raise _RefusedError then."""
    for one in listed:
        if not looked.mistakes:
            yield one
    if looked.mistakes:
        raise _RefusedError


def _name_taken(name: str) -> Message:
    return _("There is a campaign “{name}” already.").format(name=name)


def _columns(table: Table) -> list[tuple[str, str]]:
    """Return the names of a list's columns that texts can name, and their values in the first line."""
    first = next(iter(table.lines()), None)
    cells = [] if first is None else [written(cell) for cell in first.cells]
    return [
        (name, cells[index][:60] if index < len(cells) else "")
        for index, name in enumerate(table.columns)
        if name and "{" not in name and "}" not in name
    ]
