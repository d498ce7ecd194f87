"""The one error that every client raises, so that callers need to know no vendor's."""


class IntegrationError(Exception):
    """A provider did not do what was asked.

    permanent: asking again with the same words cannot help (a 4xx other than 408, 425 and 429).
    code: the provider's own code where it gave one (Twilio 21211, OpenAI "insufficient_quota").
    retry_after_s: what the provider asked us to wait, where it did.
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
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.code = code
        self.status = status
        self.retry_after_s = retry_after_s


RETRYABLE_STATUSES = frozenset({408, 425, 429})


def is_permanent(status: int) -> bool:
    """Say whether an HTTP status will stay what it is however often one asks."""
    return 400 <= status < 500 and status not in RETRYABLE_STATUSES
