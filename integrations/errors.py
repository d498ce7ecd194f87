"""The error raised by every client in place of its vendor's errors."""

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
"""Codes for calls without a readable answer from the provider."""


class IntegrationError(Exception):
    """A provider did not carry out a request. It is raised `from` the vendor's own exception.

    permanent: the same request would fail again (a 4xx other than 408, 425 and 429).
    code: the provider's own code, if any (Twilio 21211, OpenAI "insufficient_quota").
    retry_after_s: seconds to wait, if the provider asked for it.
    body: the provider's answer as JSON, if its client keeps it. It may quote people, so keep it out of logs.
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
    """Return whether the provider may have carried out the request despite the error."""
    outcome_unknown = (NO_ANSWER_IN_TIME, CONNECTION_LOST, NOT_UNDERSTOOD)
    return error.code in outcome_unknown or (error.status or 0) >= 500


RETRYABLE_STATUSES = frozenset({408, 425, 429})


def is_permanent(status: int) -> bool:
    """Return whether a request answered with this HTTP status would get it again."""
    return 400 <= status < 500 and status not in RETRYABLE_STATUSES


def retry_after_s(header: str | None) -> float | None:
    """Parse a Retry-After header (RFC 9110, 10.2.3), seconds or a date. Return None for anything else."""
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
