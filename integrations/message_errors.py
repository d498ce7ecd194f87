"""Whose a written message's error code is, and what it means: codes are the provider's own."""

from integrations.dialog360 import error_codes as dialog360_codes
from integrations.twilio import error_codes as twilio_codes

TWILIO = "twilio"
DIALOG360 = "360dialog"


def provider_of(sid: str | None, otherwise: str) -> str:
    """Return who had a message, by the id it was given. otherwise: where it has none, or one of neither's."""
    if sid is not None and sid.startswith(("SM", "MM")):
        return TWILIO
    return DIALOG360 if sid is not None and sid.startswith("wamid.") else otherwise


def what_to_do(provider: str, code: int | str | None, language: str) -> str | None:
    """Return what a provider's code means and what to do about it; None where that is not known."""
    explain = dialog360_codes.what_to_do if provider == DIALOG360 else twilio_codes.what_to_do
    return explain(code, language)
