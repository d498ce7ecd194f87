"""Words the errors in the sellers' file, one sentence each."""

from collections.abc import Mapping

from people.handoff.sellers import SellerProblem, SellersError
from phone_numbers import PhoneNumberProblem
from translations import Message, lazy_gettext

_PROBLEMS: Mapping[str, Message] = {
    SellerProblem.UNREADABLE: lazy_gettext("{file} cannot be read: {reason}."),
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
_TYPES: Mapping[str, Message] = {
    "extra_forbidden": lazy_gettext("{place}: Extra inputs are not permitted."),
    "float_parsing": lazy_gettext(
        "{place}: Input should be a valid number, unable to parse string as a number."
    ),
    "float_type": lazy_gettext("{place}: Input should be a valid number."),
    "greater_than": lazy_gettext("{place}: Input should be greater than {gt}."),
    "less_than_equal": lazy_gettext("{place}: Input should be less than or equal to {le}."),
    "list_type": lazy_gettext("{place}: Input should be a valid list."),
    "missing": lazy_gettext("{place}: Field required."),
    "model_type": lazy_gettext("{place}: Input should be a table, written [[seller]]."),
    "string_too_long": lazy_gettext("{place}: String should have at most {max_length} characters."),
    "string_too_short": lazy_gettext("{place}: String should have at least 1 character."),
    "string_type": lazy_gettext("{place}: Input should be a valid string."),
    "too_short": lazy_gettext("{place}: List should have at least 1 item after validation, not 0."),
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
