"""The error raised by every client in place of its vendor's errors."""

import re
import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from translations import Message

NO_CONNECTION = "no-connection"
NO_ANSWER_IN_TIME = "timeout"
CONNECTION_LOST = "connection-lost"
NOT_SECURE = "tls"
NOT_UNDERSTOOD = "not-understood"
"""Codes for calls without a readable answer from the provider."""


class IntegrationError(Exception):
    """A provider did not carry out a request. It is raised `from` the vendor's own exception.

    message: the reason, which str() says in the current language where it is ours; it stands within a sentence.
    permanent: the same request would fail again (a 4xx other than 408, 425 and 429).
    code: the provider's own code, if any (Twilio 21211, OpenAI "insufficient_quota").
    retry_after_s: seconds to wait, if the provider asked for it.
    body: the provider's answer as JSON, if its client keeps it. It may quote people, so keep it out of logs.
    said: what the provider said, for the log: short, without people's words and without keys.
    repeats: the provider was asked again and failed in the same way, so asking once more is no use for now.
    """

    def __init__(
        self,
        message: str | Message,
        *,
        permanent: bool,
        code: str | int | None = None,
        status: int | None = None,
        retry_after_s: float | None = None,
        body: Any = None,
        said: str = "",
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.code = code
        self.status = status
        self.retry_after_s = retry_after_s
        self.body = body
        self.said = said
        self.repeats = False

    def says_the_same_as(self, other: "IntegrationError") -> bool:
        """Return whether the provider failed in the same way."""
        return (self.status, self.code) == (other.status, other.code)


def may_have_been_done(error: IntegrationError) -> bool:
    """Return whether the provider may have carried out the request despite the error."""
    outcome_unknown = (NO_ANSWER_IN_TIME, CONNECTION_LOST, NOT_UNDERSTOOD)
    return error.code in outcome_unknown or (error.status or 0) >= 500


CONTENT_FILTER = "content_filter"
_FILTER_CODES = frozenset(
    {CONTENT_FILTER, "content_policy_violation", "invalid_prompt", "data_inspection_failed"}
)
"""How servers of models name what their filter refused; also Azure OpenAI's, DashScope's."""


def is_filtered(error: IntegrationError) -> bool:
    """Return whether a model's server refused words for what they say: asked again, it would again."""
    return error.code in _FILTER_CODES


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
