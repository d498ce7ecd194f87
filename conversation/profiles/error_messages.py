"""Words the errors in a profile's file: file, line, fault and remedy in one sentence, for those who wrote it."""

from collections.abc import Mapping

from conversation.profiles.errors import FileProblem, KeyProblem, ProfileError, ValueProblem
from conversation.speech.voices import VoiceProblem
from translations import Message, lazy_gettext, lazy_pgettext

_FILES: Mapping[str, Message] = {
    FileProblem.NO_FILE: lazy_gettext(
        "{file} does not exist: name one of those in {folder}/ ({existing}), or give the path of a file."
    ),
    FileProblem.UNREADABLE: lazy_gettext("{file} cannot be read ({reason}): check its permissions."),
    FileProblem.NOT_UTF8: lazy_gettext("{place}: this line is not UTF-8: save the file as UTF-8."),
    FileProblem.NOT_TOML: lazy_gettext(
        "{place}: this is not TOML: check the quotes, brackets and = from this line on."
    ),
}
_KEYS: Mapping[str, Message] = {
    KeyProblem.MISSPELT: lazy_gettext(
        '{place}: "{key}" is not known here: write "{near}" if that is what it means.'
    ),
    KeyProblem.UNDER_A_TABLE: lazy_gettext(
        '{place}: "{key}" cannot stand under [{table}]: move it above the first line that begins with [.'
    ),
    KeyProblem.ABOVE_ITS_TABLE: lazy_gettext(
        '{place}: "{key}" belongs further down, under a line [{table}]: move it there.'
    ),
    KeyProblem.UNKNOWN: lazy_gettext('{place}: "{key}" is not known here: remove it, or use one of {known}.'),
}
_VALUES: Mapping[str, Message] = {
    ValueProblem.BRACE: lazy_gettext(
        "{place}: {subject} has a brace that would be read aloud: only {{business}} and {{name}} are filled in."
    ),
    ValueProblem.COMMA: lazy_gettext(
        "{place}: {subject} has a comma, at which Twilio would cut it: make it two entries."
    ),
    ValueProblem.SINGLE_BRACKETS: lazy_gettext(
        "{place}: {subject} must be written with double brackets, [[{key}]]."
    ),
    ValueProblem.LANGUAGE: lazy_gettext(
        '{place}: {subject} must be a language with its region, such as "es-ES", "es-MX" or "en-US", in these cases.'
    ),
    ValueProblem.TIME_ZONE: lazy_gettext(
        '{place}: {subject} must be a time zone of the IANA list, such as "{near}".'
    ),
    ValueProblem.NO_DEFAULT_VOICE: lazy_gettext(
        "{place}: {subject} is missing: {language} has no default voice, so give one that Twilio has for it."
    ),
    ValueProblem.SPEECH_MODEL: lazy_gettext(
        "{place}: {subject} must be a speechModel of Twilio's <Gather>: leave it out to have the default one."
    ),
    ValueProblem.SPEECH_MODEL_LANGUAGE: lazy_gettext(
        "{place}: {subject} does not know {language}: leave it out, or use deepgram_nova-3."
    ),
    ValueProblem.NO_PHRASES: lazy_gettext(
        "{place}: {subject} must have all of its keys, for there are no phrases for {language}: add {missing}."
    ),
    ValueProblem.TOO_MUCH: lazy_gettext(
        "{place}: instructions, facts and FAQ have {total} characters, which every turn would send again: shorten them "
        "to {limit}."
    ),
    ValueProblem.QUIET: lazy_gettext(
        '{place}: {subject} must be two different times, such as "21:00-09:00", or "" for none.'
    ),
    ValueProblem.HOLIDAY: lazy_gettext('{place}: {subject} must be a date such as "2026-12-25".'),
}
_VOICES: Mapping[str, Message] = {
    VoiceProblem.UNKNOWN: lazy_gettext(
        '{place}: {subject} must be a voice of Twilio\'s, such as "{near}", "Google.es-ES-Neural2-A" or "alice".'
    ),
    VoiceProblem.OTHER_LANGUAGE: lazy_gettext(
        "{place}: {subject} speaks {spoken} but the profile's language is {language}: choose a voice of that one."
    ),
    VoiceProblem.OTHER_ENGINE: lazy_gettext(
        "{place}: {subject} is no voice of Twilio's: that speaker is there as {there}."
    ),
    VoiceProblem.GOOGLE_REGION: lazy_gettext(
        "{place}: {subject} is no voice of Twilio's: Google's Spanish ones begin with Google.es-ES or Google.es-US."
    ),
    VoiceProblem.MISSPELT: lazy_gettext(
        "{place}: {subject} is not known: write {near} if that is the speaker you mean."
    ),
}
_TYPES: Mapping[str, Message] = {
    "missing": lazy_gettext("{place}: {subject} is missing: add a line with {key} =."),
    "string_type": lazy_gettext('{place}: {subject} must be text in quotes, such as "text".'),
    "bool_type": lazy_gettext("{place}: {subject} must be true or false, without quotes."),
    "int_type": lazy_gettext("{place}: {subject} must be a whole number without quotes, such as 3."),
    "greater_than_equal": lazy_gettext("{place}: {subject} must be {ge} or more."),
    "list_type": lazy_gettext('{place}: {subject} must be a list, such as ["one", "two"].'),
    "model_type": lazy_gettext(
        "{place}: {subject} must be a table, written [{key}] or [[{key}]] on a line of its own."
    ),
    "string_too_short": lazy_gettext("{place}: {subject} is empty: write something there or remove it."),
    "string_too_long": lazy_gettext(
        "{place}: {subject} is too long: {max_length} characters are the limit, so shorten it."
    ),
    "too_short": lazy_gettext(
        "{place}: {subject} has {actual_length} entries and needs {min_length}: add some."
    ),
    "too_long": lazy_gettext(
        "{place}: {subject} has {actual_length} entries: {max_length} are the limit, so remove some."
    ),
}
"""Sentences by pydantic's types of errors: those of the kinds of keys that there are."""
SENTENCES = {**_FILES, **_KEYS, **_VALUES, **_VOICES, **_TYPES}
_ANY_OTHER = lazy_gettext("{place}: {subject} is not valid: docs/assistant.md says what it takes.")
_KEY = Message('"{key}"')
_ENTRY = lazy_gettext('an entry of "{key}"')
_NONE = lazy_pgettext("of profiles", "none")


def profile_sentence(error: ProfileError) -> Message:
    """Return the sentence for a profile that cannot be used."""
    values = error.values
    subject = _ENTRY if values.get("is_entry") else _KEY
    return SENTENCES.get(error.problem, _ANY_OTHER).format(
        **values | {"existing": values.get("existing") or _NONE},
        file=error.file,
        place=f"{error.file}:{error.line}",
        subject=subject.format(key=values.get("key", "")),
    )
