"""Why something did not work, in the reader's words."""

from dashboard.actions import CannotBeDone
from dashboard.texts import language, pick
from dashboard.texts_words import WORDS
from integrations.dialog360 import error_codes as dialog360_codes
from integrations.twilio import error_codes


def reason_of(provider: str, code: int | str | None) -> str:
    """Return what a provider's code means and what to do; nothing where there is no code."""
    if code is None:
        return ""
    ask = dialog360_codes.what_to_do if provider == "360dialog" else error_codes.what_to_do
    return ask(code, language()) or pick(WORDS).unknown_code.format(code=code)


def sentence_of(error: CannotBeDone) -> str:
    """Return why what an operator asked for was not done."""
    sentence = pick(WORDS).troubles[error.trouble]
    return sentence.format(reason=reason_of("twilio", error.code)).strip()
