"""Writes a sentence for each error in the settings; imports settings and translations alone."""

import re
from collections.abc import Mapping

from phone_numbers import PhoneNumberError, PhoneNumberProblem
from settings import SettingProblem, SettingsError, reader_locale
from translations import Message, language_of_locale, lazy_gettext

_PROBLEMS: Mapping[str, Message] = {
    SettingProblem.PLACEHOLDER: lazy_gettext(
        "{setting} still has an example's text: put your own value in its place, or a # before the line."
    ),
    SettingProblem.ACCOUNT_SID: lazy_gettext(
        "{setting} must be AC followed by 32 characters, as the Twilio console shows it."
    ),
    SettingProblem.URL: lazy_gettext("{setting} must be a URL such as https://example.com, without ? or #."),
    SettingProblem.ROUTE_IN_URL: lazy_gettext(
        "{setting} must be the address alone, such as https://example.com: take its path away, /voice and the others "
        "are put after it."
    ),
    SettingProblem.MODEL_URL: lazy_gettext(
        "{setting} must be a URL such as http://localhost:11434/v1, without #."
    ),
    SettingProblem.CRM_URL: lazy_gettext(
        "{setting} must be a URL such as https://crm.example.com/hook?team=1."
    ),
    SettingProblem.ONE_NUMBER: lazy_gettext("{setting} takes one number, and nothing else."),
    SettingProblem.DATABASE_URL: lazy_gettext(
        "{setting} must be sqlite:///path or postgresql://user:password@host/name."
    ),
    SettingProblem.DATABASE_KIND: lazy_gettext("{setting} must begin with sqlite:// or postgresql://."),
    SettingProblem.OLD_SQLITE: lazy_gettext(
        "{setting} needs SQLite {needed} or later and this Python has {has}: use a Python of uv, conda or python.org, "
        "which bring their own, or PostgreSQL."
    ),
    SettingProblem.CHATWOOT_INCOMPLETE: lazy_gettext("{setting} needs CHATWOOT_URL and CHATWOOT_INBOX_ID."),
    SettingProblem.REGION_INCOMPLETE: lazy_gettext(
        "{setting} and TWILIO_EDGE go together: ie1 with dublin, au1 with sydney, us1 with ashburn."
    ),
    SettingProblem.NO_TEXT_FILE: lazy_gettext("{setting} is not text in UTF-8: save it in that encoding."),
    SettingProblem.UNREADABLE_FILE: lazy_gettext(
        "{setting} cannot be read: see that this user may read the file."
    ),
}
_NUMBERS: Mapping[str, Message] = {
    PhoneNumberProblem.NO_COUNTRY_CODE: lazy_gettext(
        "{setting} must be a number with its country code, such as +34600000001."
    ),
    PhoneNumberProblem.IMPOSSIBLE: lazy_gettext(
        "{setting} is not a possible phone number: check its country code and its length."
    ),
}
_NUMBER, _WHOLE = (
    lazy_gettext("{setting} must be a number."),
    lazy_gettext("{setting} must be a whole number."),
)
_BOOLEAN, _TEXT = lazy_gettext("{setting} must be true or false."), lazy_gettext("{setting} must be text.")
_TYPES: Mapping[str, Message] = {
    "bool_parsing": _BOOLEAN,
    "bool_type": _BOOLEAN,
    "finite_number": _NUMBER,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "greater_than": lazy_gettext("{setting} must be more than {gt}."),
    "greater_than_equal": lazy_gettext("{setting} must be {ge} or more."),
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_type": _WHOLE,
    "less_than_equal": lazy_gettext("{setting} must be {le} or less."),
    "literal_error": lazy_gettext("{setting} must be {choices} or {last}."),
    "path_type": lazy_gettext("{setting} must be the path of a file or a folder."),
    "string_pattern_mismatch": lazy_gettext("{setting} has a form that it cannot have."),
    "string_type": _TEXT,
    "string_unicode": _TEXT,
}
"""Sentences by pydantic's types of errors, as far as settings can have them."""
_PATTERNS: Mapping[str, Message] = {
    "TWILIO_TEMPLATE_SID": lazy_gettext(
        "{setting} must be HX followed by 32 digits or letters from a to f, as the Content Template Builder shows it."
    ),
    "TWILIO_REGION": lazy_gettext("{setting} must be the name of a region, such as ie1 or au1."),
    "TWILIO_EDGE": lazy_gettext("{setting} must be the name of an edge, such as dublin or sydney."),
    "D360_TEMPLATE": lazy_gettext(
        "{setting} must be the template's name and its language, such as aviso:es."
    ),
    "WORKER_ID": lazy_gettext(
        "{setting} may have letters without accents, digits, dots, dashes and underscores, 40 in all."
    ),
}
"""Sentences for the settings that must match a pattern."""
SENTENCES = {**_PROBLEMS, **_NUMBERS, **_TYPES}
_MISSPELT = lazy_gettext("{name} is not a setting and is ignored: did you mean {near}?")
_ANY_OTHER = lazy_gettext("{setting} is not valid: .env.example says what it takes.")


def settings_sentence(error: SettingsError) -> Message:
    """Return the sentence for an invalid setting."""
    values = {name: _shown(value) for name, value in error.values.items()}
    *choices, last = re.findall(r"'[^']*'", values.pop("expected", "")) or [""]
    sentence = SENTENCES.get(error.problem, _ANY_OTHER)
    if error.problem == "string_pattern_mismatch":
        sentence = _PATTERNS.get(error.setting, sentence)
    return sentence.format(setting=error.setting, choices=", ".join(choices), last=last, **values)


def misspelt_sentence(name: str, near: str) -> Message:
    """Return the sentence for a name that is no setting. near: the setting that it resembles."""
    return _MISSPELT.format(name=name, near=near)


def number_sentence(name: str, error: PhoneNumberError) -> Message:
    """Return the sentence for an invalid phone number. name: of the argument or the setting."""
    return SENTENCES[error.problem].format(setting=name)


def said_at_start(error: SettingsError) -> str:
    """Return the sentence in the terminal's language, which is known even if the settings are invalid."""
    return settings_sentence(error).said_in(language_of_locale(reader_locale()))


def _shown(value: object) -> str:
    """Return a limit in the notation of .env."""
    return f"{value:g}" if isinstance(value, float) else str(value)
