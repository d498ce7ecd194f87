"""Defines what is found of a part: a status, a sentence, what to do, and the fix that does it."""

from dataclasses import dataclass
from enum import StrEnum

from translations import Message


class Status(StrEnum):
    """The state of what was looked at.

    OK: it works. FIX: it is wrong, and the advice says what to do. OFF: it is not set up, which is allowed.
    """

    OK = "ok"
    FIX = "fix"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line about a part.

    part: the part's name. advice: what to do; None where there is nothing to do. fix: the name of one of the part's
    fixes, None if there is none for this. stops_calls: True if no caller is answered as long as it is so.
    takes_replace: True if the fix replaces what somebody else has set, which --fix leaves alone.
    """

    part: str
    status: Status
    sentence: Message
    advice: Message | None = None
    fix: str | None = None
    stops_calls: bool = False
    takes_replace: bool = False
