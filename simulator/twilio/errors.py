"""Defines a simulated call's errors."""


class WebhookError(Exception):
    """A document could not be had or read: Twilio turns to the fallback URL, or ends the call.

    code: Twilio's, as in its error dictionary. url: the one that failed, as it was signed.
    """

    def __init__(self, code: int, message: str, url: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.url = url


class NoCallError(RuntimeError):
    """The caller was told to do something when there was no call: not dialled yet, or over."""


class CallLoopsError(RuntimeError):
    """The documents lead to each other without ever asking the caller anything."""
