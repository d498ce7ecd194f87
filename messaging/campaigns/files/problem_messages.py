"""Words what is wrong with a file of recipients, for those who made it: what it is, and what to do."""

from collections.abc import Mapping

from messaging.campaigns.calendar.reminders import RuleError, RuleProblem
from messaging.campaigns.files.problems import FileError, FileProblem, LineProblem, Problem
from messaging.campaigns.files.variables import VariableError, VariableProblem
from translations import Message, lazy_gettext

_FILES: Mapping[str, Message] = {
    FileProblem.UNREADABLE: lazy_gettext("{file} cannot be read: {reason}."),
    FileProblem.TOO_LARGE: lazy_gettext(
        "{file} is too large: {limit} MB are the limit, so divide it into several files."
    ),
    FileProblem.EMPTY: lazy_gettext("{file} is empty: it needs a line with the names of the columns."),
    FileProblem.NO_TABLE: lazy_gettext("{file} is no table: save it as CSV or as an Excel workbook (.xlsx)."),
    FileProblem.OLD_EXCEL: lazy_gettext(
        "{file} is an Excel file of another kind, or has a password: save it as an Excel workbook (.xlsx) without one."
    ),
    FileProblem.BROKEN: lazy_gettext(
        "{file} is damaged: open it in your spreadsheet program and save it again."
    ),
    FileProblem.TOO_MANY_LINES: lazy_gettext(
        "{file} has more than {limit} lines, which are the limit: divide it into several files."
    ),
    FileProblem.TOO_MANY_COLUMNS: lazy_gettext(
        "{file} has more than {limit} columns, which are the limit: remove those that are not needed."
    ),
    FileProblem.BAD_HEADER: lazy_gettext(
        "{file}, line {line}: the names of the columns have a quotation mark that is not closed."
    ),
    FileProblem.NO_HEADER: lazy_gettext(
        "{file} begins with a phone number: put a line with the names of the columns before it, one of them phone."
    ),
    FileProblem.NO_NUMBER_COLUMN: lazy_gettext(
        "{file} has no column that is named for phone numbers: say which one it is. It has: {columns}."
    ),
    FileProblem.MISSING_COLUMN: lazy_gettext('{file} has no column "{column}": it has {columns}.'),
    FileProblem.AMBIGUOUS_COLUMN: lazy_gettext(
        '{file} has several columns "{column}": give the one that is meant another name.'
    ),
    FileProblem.VARIABLE_WITHOUT_COLUMN: lazy_gettext(
        'Variable {variable} needs the column "{column}", which {file} lacks: it has {columns}.'
    ),
}
_LINES: Mapping[str, Message] = {
    LineProblem.QUOTES: lazy_gettext(
        "Lines {line} to {last}: a quotation mark is not closed, or stands within a text: remove it, or write it twice."
    ),
    LineProblem.TOO_MANY_CELLS: lazy_gettext(
        "Line {line} has {has} values and the table {columns} columns: put what has a separator in it in quotes."
    ),
    LineProblem.NO_NUMBER: lazy_gettext("Line {line} has no phone number."),
    LineProblem.NO_COUNTRY_CODE: lazy_gettext(
        "Line {line}: {number} needs its country code, as in +34600000001."
    ),
    LineProblem.IMPOSSIBLE_NUMBER: lazy_gettext("Line {line}: {number} is not a possible phone number."),
    LineProblem.SHORTENED_NUMBER: lazy_gettext(
        "Line {line}: {number} is a number without its last digits: format the column as text, and export it again."
    ),
    LineProblem.DUPLICATE: lazy_gettext("Line {line}: {number} is already in line {first}."),
    LineProblem.LANDLINE: lazy_gettext(
        "Line {line}: {number} is no mobile number, and WhatsApp reaches hardly any other."
    ),
    LineProblem.UNKNOWN_ZONE: lazy_gettext(
        "Line {line}: {zone} is not a time zone of the IANA list, such as Europe/Madrid."
    ),
    LineProblem.MISSING_VALUE: lazy_gettext(
        'Line {line}: the column "{column}", which variable {variable} needs, is empty.'
    ),
    LineProblem.MISSING_DATE: lazy_gettext(
        'Line {line}: the column "{column}", which the reminder needs, is empty.'
    ),
    LineProblem.NO_DATE: lazy_gettext(
        "Line {line}: {date} is no date: write it as {example}, with or without a time."
    ),
    LineProblem.UNCLEAR_DATE: lazy_gettext(
        "Line {line}: {date} may be several dates: write the year with four digits."
    ),
    LineProblem.LONG_VALUE: lazy_gettext(
        "Line {line}: variable {variable} has {length} characters, and {limit} are the limit."
    ),
}
_VARIABLES: Mapping[str, Message] = {
    VariableProblem.FORM: lazy_gettext("{written}: write a variable as NAME=text, such as 1={{name}}."),
    VariableProblem.NAME: lazy_gettext(
        "{written}: a variable's name may have letters without accents, digits and underscores, 16 in all."
    ),
    VariableProblem.BRACE: lazy_gettext(
        "{written}: braces stand around the name of a column, and nowhere else."
    ),
    VariableProblem.TWICE: lazy_gettext("{written}: variable {name} is already given."),
    VariableProblem.TOO_MANY: lazy_gettext("{written}: a template has {limit} variables at most."),
}
_RULES: Mapping[str, Message] = {
    RuleProblem.FORM: lazy_gettext(
        '{written}: write how long before which column, such as "24h {{date}}" or "2 days {{date}} {{time}}".'
    ),
}
SENTENCES = {**_FILES, **_LINES, **_VARIABLES, **_RULES}
_ONE_LINE = lazy_gettext(
    "Line {line}: a quotation mark is not closed, or stands within a text: remove it, or write it twice."
)


def file_sentence(error: FileError) -> Message:
    """Return the sentence for a file that cannot be used."""
    return _FILES[error.problem].format(file=error.file, **error.values)


def line_sentence(problem: Problem) -> Message:
    """Return the sentence for a line that gives no recipient."""
    is_one = problem.problem is LineProblem.QUOTES and problem.values["last"] == problem.line
    sentence = _ONE_LINE if is_one else _LINES[problem.problem]
    return sentence.format(line=problem.line, **problem.values)


def variable_sentence(error: VariableError) -> Message:
    """Return the sentence for a variable that is written wrongly."""
    return _VARIABLES[error.problem].format(written=error.written, **error.values)


def rule_sentence(error: RuleError) -> Message:
    """Return the sentence for a reminder's rule that is written wrongly."""
    return _RULES[RuleProblem.FORM].format(written=error.written)
