"""Explains a provider's error code for a WhatsApp message."""

from integrations.dialog360 import error_codes as dialog360_codes
from integrations.twilio import error_codes as twilio_codes

TWILIO = "twilio"
DIALOG360 = "360dialog"


def provider_of(sid: str | None, otherwise: str) -> str:
    """Return the provider of a message, told by its id. otherwise: the result for any other id, or none."""
    if sid is not None and sid.startswith(("SM", "MM")):
        return TWILIO
    return DIALOG360 if sid is not None and sid.startswith("wamid.") else otherwise


def what_to_do(provider: str, code: int | str | None, language: str) -> str | None:
    """Return the meaning of a provider's code and its remedy; None if the code is unknown."""
    explain = dialog360_codes.what_to_do if provider == DIALOG360 else twilio_codes.what_to_do
    return explain(code, language)
