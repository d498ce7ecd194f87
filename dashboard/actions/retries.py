"""Whether sending a message again can help."""

from integrations.message_errors import TWILIO, provider_of
from integrations.twilio.error_codes import PASSING_CODES
from storage.models import LOST
from storage.privacy.tables import ERASED
from storage.reports.lists import MessageRow

_CORRECTABLE = frozenset({10001, 20003, 21608, 30002, 30003, 30008, 63005, 63007, 63015, 63038})
"""Twilio's codes for errors that the business (account, settings) or the contact (phone off) can correct."""


def may_retry(row: MessageRow) -> bool:
    """Return whether a retry can help: a lost message, a passing or corrected error, a contact who still wants it.

    What failed without ever having been a provider's was given up here: nobody knows that it would fail again.
    """
    message = row.message
    is_lost = message.outbound and message.status in LOST and message.kind != ERASED
    if not is_lost or row.opted_out_at is not None:
        return False
    if message.sid is None and message.error_code is None:
        return True
    is_twilios = provider_of(message.sid, row.provider) == TWILIO
    return is_twilios and message.error_code in _CORRECTABLE | PASSING_CODES
