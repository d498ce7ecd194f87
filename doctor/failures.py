"""Words the failure of a request or of a check, without quoting what was asked or answered."""

from sqlalchemy.exc import SQLAlchemyError

from integrations.errors import (
    CONNECTION_LOST,
    NO_ANSWER_IN_TIME,
    NO_CONNECTION,
    NOT_SECURE,
    NOT_UNDERSTOOD,
    IntegrationError,
)
from translations import Message
from translations import lazy_gettext as _

NOT_KEPT = "not-kept"
"""The code of the error where a service has other values after ours were set."""

_SENTENCES = {
    NOT_KEPT: _("{who} took the change, and shows something else: look again in a minute."),
    NO_CONNECTION: _("{who} cannot be reached."),
    NO_ANSWER_IN_TIME: _("{who} does not answer in time."),
    CONNECTION_LOST: _("{who} ended the connection without an answer."),
    NOT_SECURE: _("{who}'s certificate is not valid."),
    NOT_UNDERSTOOD: _("{who} answered with something that cannot be read."),
    "connection": _("The connection to {who} failed."),
    "unreadable": _("{who} answered with something that cannot be read."),
    "cut_off": _("{who} ended the connection without an answer."),
}


def failed(who: Message | str, error: IntegrationError) -> Message:
    """Return the sentence for a request that failed. who: whom it was sent to, such as "Twilio"."""
    if (sentence := _SENTENCES.get(str(error.code))) is not None:
        return sentence.format(who=who)
    if error.status is not None and error.code not in (None, error.status):
        return _("{who} refused it (HTTP {status}, {code}).").format(
            who=who, status=error.status, code=error.code
        )
    if error.status is not None:
        return _("{who} refused it (HTTP {status}).").format(who=who, status=error.status)
    return _("{who} could not do it ({code}).").format(who=who, code=error.code or "?")


def unexpected(error: BaseException) -> Message:
    """Return the sentence for a check that ended in an error: its type alone, as its text may hold anything."""
    if isinstance(error, SQLAlchemyError):
        return _("The database could not be read ({error}).").format(error=type(error).__name__)
    code = getattr(error, "code", None)
    known = f"{type(error).__name__}{f' {code}' if isinstance(code, str | int) else ''}"
    return _("It could not be examined: {error}. The log has the line of the program.").format(error=known)
