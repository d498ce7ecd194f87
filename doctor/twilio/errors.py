"""Describes what Twilio refuses to a check, or does not answer."""

from collections.abc import Callable
from functools import wraps
from typing import Protocol, TypeVar

from doctor.failures import failed
from doctor.findings import Finding, Status
from integrations.errors import IntegrationError
from integrations.twilio.error_codes import advice_for
from translations import lazy_gettext as _

NOT_SET = _("TWILIO_ACCOUNT_SID or TWILIO_AUTH_TOKEN is not set: nobody is reached by Twilio.")
SET_THEM = _("Copy both from https://console.twilio.com (Account Info).")
NOT_LOOKED_AT = _("Not looked at: the account's credentials are not set.")
_NOT_ACTIVE = _("Not looked at: the Twilio account is not active.")
_NOT_LET_IN = _("Not looked at: Twilio refuses the account's credentials.")
INACTIVE_CODES = frozenset({10001, 20005})
_REFUSED_STATUSES = frozenset({401, 403})


class _Named(Protocol):
    @property
    def name(self) -> str:
        """The part's name."""


_Part = TypeVar("_Part", bound=_Named)


def refuses_account(error: IntegrationError) -> bool:
    """Return whether Twilio does not accept the credentials, or has suspended their account."""
    return error.status in _REFUSED_STATUSES or error.code in INACTIVE_CODES


def not_asked(part: str, error: IntegrationError) -> Finding:
    """Return the line about something that Twilio could not be asked."""
    advice = advice_for(error.code)
    if advice is None and isinstance(error.code, int):
        advice = _("See https://www.twilio.com/docs/api/errors/{code}.").format(code=error.code)
    return Finding(part, Status.FIX, failed("Twilio", error), advice)


def errors_as_lines(check: Callable[[_Part], list[Finding]]) -> Callable[[_Part], list[Finding]]:
    """Return a check of which Twilio's errors are a line; the account's own are told once, by its own part."""

    @wraps(check)
    def checked(part: _Part) -> list[Finding]:
        try:
            return check(part)
        except IntegrationError as error:
            if refuses_account(error):
                sentence = _NOT_ACTIVE if error.code in INACTIVE_CODES else _NOT_LET_IN
                return [Finding(part.name, Status.OFF, sentence)]
            return [not_asked(part.name, error)]

    return checked
