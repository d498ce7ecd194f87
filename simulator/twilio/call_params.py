"""Builds the fields common to a call's webhooks: SIDs, numbers and direction."""

import uuid
from dataclasses import dataclass
from typing import Literal

import phonenumbers

from simulator.twilio.signing import Params

Direction = Literal["inbound", "outbound-api"]
GEOGRAPHY = ("City", "State", "Zip", "Country")


def new_sid(prefix: str) -> str:
    """Return a random SID: the prefix and 32 hex digits."""
    return prefix + uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class CallParams:
    """One call between a person and the assistant's number.

    person: their number; "anonymous" if a caller withholds it. answered_by: Twilio's AnsweredBy.
    """

    call_sid: str
    account_sid: str
    person: str
    assistant: str
    direction: Direction = "inbound"
    answered_by: str | None = None

    @property
    def caller(self) -> str:
        """The call's From."""
        return self.person if self.direction == "inbound" else self.assistant

    @property
    def called(self) -> str:
        """The call's To."""
        return self.assistant if self.direction == "inbound" else self.person

    def params(self, status: str) -> Params:
        """Return the fields common to all webhooks (Twilio: "TwiML: How it works", request parameters)."""
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
        geography = _geography("From", self.caller) + _geography("Caller", self.caller)
        geography += _geography("To", self.called) + _geography("Called", self.called)
        answered = (("AnsweredBy", self.answered_by),) if self.answered_by else ()
        return standard + geography + answered


def _geography(whose: str, number: str) -> Params:
    values = ("", "", "", _country(number))
    return tuple((whose + what, value) for what, value in zip(GEOGRAPHY, values, strict=True))


def _country(number: str) -> str:
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except phonenumbers.NumberParseException:
        return ""
