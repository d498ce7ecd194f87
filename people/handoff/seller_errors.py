"""Words the errors in the sellers' file, one sentence each."""

from collections.abc import Mapping

from people.handoff.sellers import SellerProblem, SellersError
from phone_numbers import PhoneNumberProblem
from translations import Message, lazy_gettext

_PROBLEMS: Mapping[str, Message] = {
    SellerProblem.UNREADABLE: lazy_gettext("{file} cannot be read: {reason}."),
    SellerProblem.NOT_UTF8: lazy_gettext("{file} is not text in UTF-8: save it in that encoding."),
    SellerProblem.NOT_TOML: lazy_gettext(
        "{file}, line {line}: this is not TOML: check the quotes, brackets and = there and above."
    ),
    SellerProblem.SAME_NUMBER: lazy_gettext("{place}: two sellers have the same number."),
    SellerProblem.HOURS: lazy_gettext('{place}: must be written as "09:00-14:00, 16:00-19:30".'),
    SellerProblem.NO_HOUR: lazy_gettext("{place}: hour must be in 0..23."),
    SellerProblem.NO_MINUTE: lazy_gettext("{place}: minute must be in 0..59."),
    SellerProblem.BACKWARDS: lazy_gettext(
        "{place}: must end after they begin: hours past midnight are two spans."
    ),
    SellerProblem.NO_DAY: lazy_gettext('{place}: "{day}" is no day: write mon to sun, or lun to dom.'),
}
_NUMBERS: Mapping[str, Message] = {
    PhoneNumberProblem.NO_COUNTRY_CODE: lazy_gettext(
        "{place}: must be a number with its country code, such as +34600000001."
    ),
    PhoneNumberProblem.IMPOSSIBLE: lazy_gettext(
        "{place}: is not a possible phone number: check its country code and its length."
    ),
}
_NUMBER = lazy_gettext("{place}: must be a number.")
_TYPES: Mapping[str, Message] = {
    "extra_forbidden": lazy_gettext("{place}: is not known here: remove it, or see docs/people.md."),
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "greater_than": lazy_gettext("{place}: must be more than {gt}."),
    "less_than_equal": lazy_gettext("{place}: must be {le} or less."),
    "list_type": lazy_gettext("{place}: must be a list."),
    "missing": lazy_gettext("{place}: is missing."),
    "model_type": lazy_gettext("{place}: must be a table, written [[seller]]."),
    "string_too_long": lazy_gettext("{place}: may have {max_length} characters at most."),
    "string_too_short": lazy_gettext("{place}: is empty."),
    "string_type": lazy_gettext("{place}: must be text in quotes."),
    "too_short": lazy_gettext("{place}: must have an entry at least."),
}
"""Sentences by pydantic's types of errors: those of the kinds of keys that there are."""
SENTENCES = {**_PROBLEMS, **_NUMBERS, **_TYPES}
_ANY_OTHER = lazy_gettext("{place}: is not valid; docs/people.md says what it takes.")


def sellers_sentence(error: SellersError) -> Message:
    """Return the sentence for a sellers' file that cannot be used."""
    values = {
        name: f"{value:g}" if isinstance(value, float) else value for name, value in error.values.items()
    }
    return SENTENCES.get(error.problem, _ANY_OTHER).format(
        file=error.file, place=f"{error.file}: {error.key}", **values
    )
