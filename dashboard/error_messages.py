"""Why something did not work, in the reader's words."""

from dashboard.actions import CannotBeDone
from dashboard.texts import language, pick
from dashboard.texts_words import WORDS
from integrations.message_errors import TWILIO, provider_of, what_to_do
from storage.queries.messages import MessageRecord


def reason_of(provider: str, code: int | str | None) -> str:
    """Return what a provider's code means and what to do; nothing where there is no code."""
    if code is None:
        return ""
    return what_to_do(provider, code, language()) or pick(WORDS).unknown_code.format(code=code)


def reason_for_message(message: MessageRecord, provider: str) -> str:
    """Return why a message did not arrive. provider: the conversation's today, for one that nobody named."""
    return reason_of(provider_of(message.sid, provider), message.error_code)


def sentence_of(error: CannotBeDone) -> str:
    """Return why what an operator asked for was not done."""
    sentence = pick(WORDS).troubles[error.trouble]
    # Calls alone are refused here, and all of them are Twilio's
    return sentence.format(reason=reason_of(TWILIO, error.code)).strip()
