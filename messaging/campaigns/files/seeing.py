"""Sees through a campaign's list: who is on it, and what is wrong with it, whatever words are filled in from it."""

import json
from collections.abc import Iterator

from conversation.speech.regional import written_forms
from messaging.campaigns.calendar.reminders import ReminderRule, RuleError, parse_rule
from messaging.campaigns.files.cells import Progress, shown, written
from messaging.campaigns.files.lists import LEFT_OUT, Reading
from messaging.campaigns.files.looked import SHOWN, FirstLine, Gaps, SeenList
from messaging.campaigns.files.problem_messages import file_sentence, line_sentence
from messaging.campaigns.files.problems import FileError, FileProblem, Problem
from messaging.campaigns.files.recipients import Recipient, Wanted, recipients
from messaging.campaigns.files.tables import Table, read_table
from storage.campaigns.campaigns import NewCampaign
from storage.models import CampaignChannel
from translations import lazy_gettext as _

NOBODY_LEFT = _("Nobody is left on the list.")
_OF_COLUMNS = (FileProblem.NO_NUMBER_COLUMN, FileProblem.MISSING_COLUMN, FileProblem.AMBIGUOUS_COLUMN)
"""What may be as wrong with the form as with the file."""
_SAMPLE = 60
"""Characters of a value that are shown beside its column's name."""
_BEGINNING = 4
"""Characters of a number in which its calling code is."""


def read_for(new: NewCampaign, number_column: str | None) -> str:
    """Return what decides how a list is read: after a change of anything else it is not read again.

    Empty while that is not known, as the rule of the reminder is written wrongly.
    """
    if new.remind and rule_of(new) is None:
        return ""
    return json.dumps([number_column, new.channel == CampaignChannel.VOICE, new.remind])


def rule_of(new: NewCampaign) -> ReminderRule | None:
    """Return when each message is due; None: at once, or nobody can tell."""
    try:
        return parse_rule(new.remind) if new.remind else None
    except RuleError:
        return None


def see(new: NewCampaign, content: bytes, reading: Reading, progress: Progress | None = None) -> SeenList:
    """Return what is in a list. content: of its file."""
    seen = SeenList(new.file_name, read_for(new, reading.number_column))
    try:
        table = read_table(content, new.file_name)
        _see_columns(table, seen)
        for one in _read(table, new, reading, progress):
            _note(one, seen, reading)
    except FileError as error:
        if error.problem in _OF_COLUMNS:
            seen.mistakes.add(file_sentence(error))
        else:
            seen.refuse(file_sentence(error))
    else:
        if not seen.count and not seen.past and not seen.mistakes.sentences:
            seen.refuse(NOBODY_LEFT)
    return seen


def _see_columns(table: Table, seen: SeenList) -> None:
    first = next(iter(table.lines()), None)
    seen.columns = list(table.columns)
    seen.sample = [] if first is None else [written(cell)[:_SAMPLE] for cell in first.cells]
    seen.gaps = [Gaps() for _column in table.columns]


def _read(
    table: Table, new: NewCampaign, reading: Reading, progress: Progress | None
) -> Iterator[Recipient | Problem]:
    wanted = Wanted(
        reading.language,
        number=reading.number_column,
        moment=reading.remind.moment if reading.remind else None,
        with_landlines=new.channel == CampaignChannel.VOICE,
    )
    return recipients(table, wanted, progress)


def _note(one: Recipient | Problem, seen: SeenList, reading: Reading) -> None:
    if isinstance(one, Problem):
        if one.problem in LEFT_OUT:
            seen.left_out.add(line_sentence(one))
        else:
            seen.refuse(line_sentence(one))
        return
    for gaps, is_empty in zip(seen.gaps, _are_empty(one, len(seen.gaps)), strict=True):
        if is_empty:
            gaps.add(one.line)
    times = reading.reminded(one)
    if times is not None and times.due_at is None:
        seen.past += 1
        words = _("Line {line}: {number} is not reminded: it is past.")
        seen.left_out.add(words.format(line=one.line, number=one.written))
        return
    seen.count += 1
    beginning = one.number[:_BEGINNING]
    seen.beginnings[beginning] = seen.beginnings.get(beginning, 0) + 1
    if len(seen.first) < SHOWN:
        forms = written_forms(reading.language)
        texts = [shown(cell, forms) for cell in one.cells]
        texts += [""] * (len(seen.columns) - len(texts))
        seen.first.append(FirstLine(one.line, one.number, texts, None if times is None else times.due_at))


def _are_empty(one: Recipient, columns: int) -> Iterator[bool]:
    """Yield of each column whether it is empty in somebody's line."""
    have = len(one.cells)
    return (at >= have or one.cells[at] == "" for at in range(columns))
