"""The call as Twilio names it in every webhook: its SIDs, its numbers, its direction."""

import uuid
from dataclasses import dataclass
from typing import Literal

import phonenumbers

from simulator.twilio.signing import Params

Direction = Literal["inbound", "outbound-api"]
GEOGRAPHY = ("City", "State", "Zip", "Country")


def new_sid(prefix: str) -> str:
    """Return a made-up SID: two letters and 32 hex digits."""
    return prefix + uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class CallParams:
    """One call between a person and the assistant's number.

    person: who calls, or is called when the call is outbound; may be "anonymous" when they call.
    """

    call_sid: str
    account_sid: str
    person: str
    assistant: str
    direction: Direction = "inbound"
    answered_by: str | None = None

    @property
    def caller(self) -> str:
        """The From of the call."""
        return self.person if self.direction == "inbound" else self.assistant

    @property
    def called(self) -> str:
        """The To of the call."""
        return self.assistant if self.direction == "inbound" else self.person

    def params(self, status: str) -> Params:
        """Return the parameters common to all webhooks (Twilio: "TwiML: How it works", request parameters)."""
        standard = (
            ("AccountSid", self.account_sid),
            ("ApiVersion", "2010-04-01"),
            ("CallSid", self.call_sid),
            ("CallStatus", status),
            ("Direction", self.direction),
            ("From", self.caller),
            ("To", self.called),
            ("Caller", self.caller),
            ("Called", self.called),
        )
        places = _places("From", self.caller) + _places("Caller", self.caller)
        places += _places("To", self.called) + _places("Called", self.called)
        answered = (("AnsweredBy", self.answered_by),) if self.answered_by else ()
        return standard + places + answered


def _places(whose: str, number: str) -> Params:
    values = ("", "", "", _country(number))
    return tuple((whose + what, value) for what, value in zip(GEOGRAPHY, values, strict=True))


def _country(number: str) -> str:
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except phonenumbers.NumberParseException:
        return ""
