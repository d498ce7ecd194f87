"""Defines a simulated call's errors."""

from translations import Message


class WebhookError(Exception):
    """A document could not be fetched or read. Twilio then asks the fallback URL, or ends the call.

    code: from Twilio's error dictionary. url: the one that failed, as signed.
    """

    def __init__(self, code: int, message: Message | str, url: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.url = url


class NoCallError(RuntimeError):
    """The caller cannot act: the call has not begun, or is over."""


class CallLoopsError(RuntimeError):
    """The documents redirect to each other without ever asking the caller for input."""
