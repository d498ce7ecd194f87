"""Names who of ours wrote something, and words the last words of a conversation."""

from conversation.operators import AUTOMATIC, DASHBOARD_AUTHOR
from dashboard.attachments import message_words
from dashboard.labels import STATES
from dashboard.marks import without_english_marks
from phone_numbers import is_erased
from storage.queries.helpdesk import OPERATOR_AUTHOR
from storage.reports.conversations import ConversationRow
from storage.reports.last_words import LastWords, Speaker
from storage.reports.states import State
from translations import gettext as _
from translations import pgettext

_PREFIXES = (DASHBOARD_AUTHOR, OPERATOR_AUTHOR)


def author_name(author: str) -> str:
    """Return the name of who wrote a message of ours. author: as stored; "" for the assistant."""
    if not author:
        return _("Assistant")
    if author in AUTOMATIC:
        return pgettext("of a message that nobody wrote", "Automatic")
    prefix = next((prefix for prefix in _PREFIXES if author.startswith(prefix)), "")
    return author.removeprefix(prefix)


def last_said(row: ConversationRow) -> tuple[str, str]:
    """Return whose the last words of a conversation are, "" for its contact, and the words."""
    last = row.last
    if is_erased(row.number) or (last is not None and last.by is Speaker.ERASED):
        return "", _("erased")
    if last is not None:
        return _speaker(last), _words(last) or "…"
    waits = row.state in (State.WAITING, State.MISSED)
    return "", str(STATES[row.state]) if waits else _("Nothing has been said yet")


def _speaker(last: LastWords) -> str:
    match last.by:
        case Speaker.ASSISTANT:
            return author_name("")
        case Speaker.PERSON if last.message is not None:
            return author_name(last.message.author)
        case Speaker.LEFT:
            return pgettext("left by a caller", "Message")
    return ""


def _words(last: LastWords) -> str:
    return without_english_marks(last.words) if last.message is None else message_words(last.message)


FILTERS = {"author_name": author_name, "last_said": last_said}
