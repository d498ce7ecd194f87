"""Says why campaigns did not reach people, in words, and of how many that is so."""

from collections import Counter
from collections.abc import Iterable, Mapping

from dashboard.campaigns.words import CALL_ENDS, Words
from dashboard.error_messages import reason_of
from integrations.message_errors import TWILIO
from storage.reports.campaign_failures import Failure
from translations import gettext as _

_REFUSED = "refused"


def not_delivered(provider: str, code: int | None) -> str:
    """Return why a message did not arrive. code: the provider's."""
    return reason_of(provider, code) or _("It could not be sent; the server's log says why.")


def not_reached(end: str, code: int | None) -> str:
    """Return why somebody was not reached by phone. end: of the last call. code: Twilio's, or that of SIP."""
    words = str(CALL_ENDS.get(end, end))
    if code is None:
        return words
    if end == _REFUSED:
        return f"{words}: {reason_of(TWILIO, code)}"
    return f"{words} (SIP {code})"


def reasons_of(failures: Iterable[Failure]) -> list[tuple[str, int]]:
    """Return why people were not reached, and how many each is true of, the most frequent first."""
    counted = Counter[str]()
    for failure in failures:
        if failure.end:
            reason = not_reached(failure.end, failure.code)
        else:
            reason = not_delivered(failure.provider or TWILIO, failure.code)
        counted[reason] += failure.people
    return counted.most_common()


def left_out(skipped: Mapping[str, int], words: Words) -> list[tuple[str, int]]:
    """Return why people were left out, and how many each is true of, the most frequent first."""
    counted = Counter[str]()
    for reason, people in skipped.items():
        counted[str(words.skipped.get(reason, reason))] += people
    return counted.most_common()
