"""Fills a campaign's words from what was seen of its list: what is missing there, and what the first people get."""

from collections.abc import Mapping

from messaging.campaigns.files.lists import Wording
from messaging.campaigns.files.looked import (
    CheckedForm,
    FirstLine,
    FirstMessage,
    Gaps,
    Looked,
    Named,
    SeenList,
)
from messaging.campaigns.files.problem_messages import file_sentence, line_sentence
from messaging.campaigns.files.problems import FileError, LineProblem, Problem
from messaging.campaigns.files.recipients import column_of
from messaging.campaigns.files.tables import Header
from messaging.campaigns.files.variables import MissingValueError, Text, VariableError


def filled(wording: Wording, checked: CheckedForm, seen: SeenList) -> Looked:
    """Return what a campaign of these words comes to. wording: without them there is nothing to show."""
    mistakes = Named()
    for sentence in (*checked.mistakes, *seen.mistakes.sentences):
        mistakes.add(sentence)
    mistakes.more += seen.mistakes.more
    first = _filled_from(wording, seen, mistakes) if seen.columns else []
    return Looked(
        columns=_named_columns(seen),
        placeholders=checked.placeholders,
        words=checked.words or "",
        count=seen.count,
        past=seen.past,
        beginnings=seen.beginnings,
        first=first,
        mistakes=mistakes.sentences,
        more_mistakes=mistakes.more,
        left_out=seen.left_out.sentences,
        more_left_out=seen.left_out.more,
        notes=checked.notes,
    )


def _filled_from(wording: Wording, seen: SeenList, mistakes: Named) -> list[FirstMessage]:
    """Return what the first people get, and note what the list has no values for."""
    try:
        texts = wording.texts()
    except VariableError:
        return []  # it is among the form's own mistakes
    at = _columns_of(texts, seen, mistakes)
    is_whole = all(column in at for text in texts.values() for column in text.columns)
    if not is_whole or not (wording.template or wording.text or wording.call):
        return []
    return [message for one in seen.first if (message := _message(one, wording, texts, at)) is not None]


def _columns_of(texts: Mapping[str, Text], seen: SeenList, mistakes: Named) -> dict[str, int]:
    """Return where the columns of texts are; note those that are not there, and the lines in which they are empty."""
    header, at = Header(seen.file, tuple(seen.columns)), dict[str, int]()
    needed = {(name, column): None for name, text in texts.items() for column in text.columns}
    for name, column in needed:
        try:
            at[column] = column_of(header, name, column)
        except FileError as error:
            mistakes.add(file_sentence(error))
            continue
        gaps = seen.gaps[at[column]] if seen.gaps else Gaps()  # the list is not read yet
        for line in gaps.lines:
            values = {"variable": name, "column": column}
            mistakes.add(line_sentence(Problem(line, LineProblem.MISSING_VALUE, values)))
        mistakes.more += gaps.count - len(gaps.lines)
    return at


def _message(
    one: FirstLine, wording: Wording, texts: Mapping[str, Text], at: Mapping[str, int]
) -> FirstMessage | None:
    """Return what somebody gets; None where a value is missing."""
    values = {column: one.texts[index] for column, index in at.items()}
    try:
        body = wording.body({name: text.fill(values) for name, text in texts.items()})
    except MissingValueError:
        return None
    return FirstMessage(one.line, one.number, body, one.due_at)


def _named_columns(seen: SeenList) -> list[tuple[str, str]]:
    """Return the names of the columns that texts can name, and their values in the first line."""
    return [
        (name, seen.sample[index] if index < len(seen.sample) else "")
        for index, name in enumerate(seen.columns)
        if name and "{" not in name and "}" not in name
    ]
