"""Builds the webhook fields of the caller's input."""

from simulator.twilio.call_params import new_sid
from simulator.twilio.signing import Params
from simulator.twilio.twiml_interpreter import Listening

EMPTY: Params = (("SpeechResult", ""), ("Digits", ""))
"""The fields of silence. Twilio does not document if it sends them empty or leaves them out."""


def speech(text: str, confidence: float | None) -> Params:
    """Return the fields of recognised speech. confidence: 0 to 1; None: left out, as Twilio sometimes does."""
    given: Params = (("SpeechResult", text),)
    return given if confidence is None else (*given, ("Confidence", str(confidence)))


def recording(account_sid: str, seconds: float, digits: str | None = None) -> Params:
    """Return the fields of a <Record>. digits: the final key, or "hangup"; None: silence."""
    url = f"https://api.twilio.com/2010-04-01/Accounts/{account_sid}/Recordings/{new_sid('RE')}"
    given: Params = (("RecordingUrl", url), ("RecordingDuration", str(round(seconds))))
    return given if digits is None else (*given, ("Digits", digits))


def read_keys(listening: Listening, digits: str) -> tuple[str, bool, str]:
    """Return the submitted digits, True if they ended the input, and the digits pressed after its end."""
    finish = listening.verb.get("finishOnKey", "#")
    most = listening.verb.number("numDigits", 0)
    for position, key in enumerate(digits):
        if key in finish:
            return digits[:position], True, digits[position + 1 :]
        if position + 1 == most:
            return digits[:most], True, digits[most:]
    return digits, False, ""
