"""Explains a provider's error code for a WhatsApp message."""

from enum import StrEnum

from integrations.dialog360 import error_codes as dialog360_codes
from integrations.twilio import error_codes as twilio_codes

TWILIO = "twilio"
DIALOG360 = "360dialog"


class Cause(StrEnum):
    """What a message failed of, and so what else would fail."""

    PASSING = "passing"  # sent again, it may arrive
    OPTED_OUT = "opted out"  # the person wants no messages
    TEMPLATE = "template"  # so would everybody's with this template
    ACCOUNT = "account"  # so would everything of this account's, or of this number's
    PERSON = "person"  # this message to this person


def provider_of(sid: str | None, otherwise: str) -> str:
    """Return the provider of a message, told by its id. otherwise: the result for any other id, or none."""
    if sid is not None and sid.startswith(("SM", "MM")):
        return TWILIO
    return DIALOG360 if sid is not None and sid.startswith("wamid.") else otherwise


def what_to_do(provider: str, code: int | str | None, language: str) -> str | None:
    """Return the meaning of a provider's code and its remedy; None if the code is unknown."""
    explain = dialog360_codes.what_to_do if provider == DIALOG360 else twilio_codes.what_to_do
    return explain(code, language)


def cause_of(provider: str, code: int | str | None) -> Cause:
    """Return what a message failed of, by the provider's code; PERSON if the code is unknown."""
    codes = dialog360_codes if provider == DIALOG360 else twilio_codes
    for cause, listed in (
        (Cause.PASSING, codes.PASSING_CODES),
        (Cause.OPTED_OUT, codes.OPTED_OUT_CODES),
        (Cause.TEMPLATE, codes.TEMPLATE_CODES),
        (Cause.ACCOUNT, codes.ACCOUNT_CODES),
    ):
        if code in listed:
            return cause
    return Cause.PERSON
