"""Defines the error that every client raises in place of its vendor's errors."""

import re
import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

NO_CONNECTION = "no-connection"
NO_ANSWER_IN_TIME = "timeout"
CONNECTION_LOST = "connection-lost"
NOT_SECURE = "tls"
NOT_UNDERSTOOD = "not-understood"
"""Codes of our own, for where no provider answered, or not in a way that could be read."""


class IntegrationError(Exception):
    """A provider did not do what was asked.

    permanent: asking again with the same words cannot help (a 4xx other than 408, 425 and 429).
    code: the provider's own code where it gave one (Twilio 21211, OpenAI "insufficient_quota").
    retry_after_s: what the provider asked us to wait, where it did.
    body: the provider's answer as JSON, where its client keeps it; it may quote people, so it is not for logs.
    Raised `from` the vendor's own exception.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        code: str | int | None = None,
        status: int | None = None,
        retry_after_s: float | None = None,
        body: Any = None,
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.code = code
        self.status = status
        self.retry_after_s = retry_after_s
        self.body = body


def may_have_been_done(error: IntegrationError) -> bool:
    """Say whether a provider may have done what was asked all the same: it was asked, but did not say no."""
    in_the_open = (NO_ANSWER_IN_TIME, CONNECTION_LOST, NOT_UNDERSTOOD)
    return error.code in in_the_open or (error.status or 0) >= 500


RETRYABLE_STATUSES = frozenset({408, 425, 429})


def is_permanent(status: int) -> bool:
    """Say whether an HTTP status will stay what it is however often one asks."""
    return 400 <= status < 500 and status not in RETRYABLE_STATUSES


def retry_after_s(header: str | None) -> float | None:
    """Read a Retry-After (RFC 9110, 10.2.3): seconds, or a date. None for what is neither."""
    if header is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", header.strip()):
        return float(header)
    try:
        date = parsedate_to_datetime(header)
        until = date if date.tzinfo else date.replace(tzinfo=UTC)
        return max(0.0, until.timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
