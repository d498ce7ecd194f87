"""Writes a sentence for each error in the settings; imports settings and translations alone."""

import re
from collections.abc import Mapping

from phone_numbers import PhoneNumberError, PhoneNumberProblem
from settings import SettingProblem, SettingsError, reader_locale
from translations import Message, language_of_locale, lazy_gettext

_PROBLEMS: Mapping[str, Message] = {
    SettingProblem.ACCOUNT_SID: lazy_gettext(
        "{setting} must be AC followed by 32 characters, as the Twilio console shows it."
    ),
    SettingProblem.URL: lazy_gettext("{setting} must be a URL such as https://example.com, without ? or #."),
    SettingProblem.CRM_URL: lazy_gettext(
        "{setting} must be a URL such as https://crm.example.com/hook?team=1."
    ),
    SettingProblem.DATABASE_URL: lazy_gettext(
        "{setting} must be sqlite:///path or postgresql://user:password@host/name."
    ),
    SettingProblem.DATABASE_KIND: lazy_gettext("{setting} must begin with sqlite:// or postgresql://."),
    SettingProblem.OLD_SQLITE: lazy_gettext(
        "{setting} needs SQLite {needed} or later and this Python has {has}: use a Python of uv, conda or python.org, "
        "which bring their own, or PostgreSQL."
    ),
    SettingProblem.CHATWOOT_INCOMPLETE: lazy_gettext("{setting} needs CHATWOOT_URL and CHATWOOT_INBOX_ID."),
}
_NUMBERS: Mapping[str, Message] = {
    PhoneNumberProblem.NO_COUNTRY_CODE: lazy_gettext(
        "{setting} must be a number with its country code, such as +34600000001."
    ),
    PhoneNumberProblem.IMPOSSIBLE: lazy_gettext(
        "{setting} is not a possible phone number: check its country code and its length."
    ),
}
_TYPES: Mapping[str, Message] = {
    "bool_parsing": lazy_gettext("{setting} input should be a valid boolean, unable to interpret input."),
    "bool_type": lazy_gettext("{setting} input should be a valid boolean."),
    "finite_number": lazy_gettext("{setting} input should be a finite number."),
    "float_parsing": lazy_gettext(
        "{setting} input should be a valid number, unable to parse string as a number."
    ),
    "float_type": lazy_gettext("{setting} input should be a valid number."),
    "greater_than": lazy_gettext("{setting} input should be greater than {gt}."),
    "greater_than_equal": lazy_gettext("{setting} input should be greater than or equal to {ge}."),
    "int_from_float": lazy_gettext(
        "{setting} input should be a valid integer, got a number with a fractional part."
    ),
    "int_parsing": lazy_gettext(
        "{setting} input should be a valid integer, unable to parse string as an integer."
    ),
    "int_parsing_size": lazy_gettext(
        "{setting} unable to parse input string as an integer, exceeded maximum size."
    ),
    "int_type": lazy_gettext("{setting} input should be a valid integer."),
    "less_than_equal": lazy_gettext("{setting} input should be less than or equal to {le}."),
    "literal_error": lazy_gettext("{setting} input should be {choices} or {last}."),
    "path_type": lazy_gettext("{setting} input is not a valid path."),
    "string_pattern_mismatch": lazy_gettext("{setting} string should match pattern '{pattern}'."),
    "string_type": lazy_gettext("{setting} input should be a valid string."),
    "string_unicode": lazy_gettext(
        "{setting} input should be a valid string, unable to parse raw data as a unicode string."
    ),
}
"""Sentences by pydantic's types of errors, as far as settings can have them."""
SENTENCES = {**_PROBLEMS, **_NUMBERS, **_TYPES}
_ANY_OTHER = lazy_gettext("{setting} is not valid: .env.example says what it takes.")


def settings_sentence(error: SettingsError) -> Message:
    """Return the sentence for an invalid setting."""
    values = {name: _shown(value) for name, value in error.values.items()}
    *choices, last = re.findall(r"'[^']*'", values.pop("expected", "")) or [""]
    return SENTENCES.get(error.problem, _ANY_OTHER).format(
        setting=error.setting, choices=", ".join(choices), last=last, **values
    )


def number_sentence(name: str, error: PhoneNumberError) -> Message:
    """Return the sentence for an invalid phone number. name: of the argument or the setting."""
    return SENTENCES[error.problem].format(setting=name)


def said_at_start(error: SettingsError) -> str:
    """Return the sentence in the terminal's language, which is known even if the settings are invalid."""
    return settings_sentence(error).said_in(language_of_locale(reader_locale()))


def _shown(value: object) -> str:
    """Return a limit in the notation of .env."""
    return f"{value:g}" if isinstance(value, float) else str(value)
