"""Decides where a caller is transferred to, and recognises a transfer that comes back to us.

A person's phone may be forwarded to our own number: our <Dial> then rings here. Such a leg has the caller's number, or
ours where the caller shows none, and ForwardedFrom where the carrier sends it.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Connection

from ivr.twiml import RING_S
from phone_numbers import matching_number
from storage.queries import dials
from storage.queries.calls import CallFacts

LEG_COMES_WITHIN = timedelta(seconds=RING_S + 15)
"""The longest time from the answer that transfers a caller to the leg that comes back: its words are spoken before."""


class Leg(StrEnum):
    """The part of an incoming call in a transfer of ours."""

    NONE = "none"
    OURS = "ours"
    """It is our own <Dial>."""
    LIKELY_OURS = "likely"
    """Its caller is in a <Dial> of ours, unless they have just hung up and called again."""


class CallEnds(Protocol):
    """The numbers of a call."""

    @property
    def direction(self) -> str:
        """Twilio's: "inbound", or one of those for calls of ours."""
        ...

    @property
    def from_number(self) -> str:
        """The caller's."""
        ...

    @property
    def to_number(self) -> str:
        """The called one."""
        ...

    @property
    def forwarded_from(self) -> str:
        """The one that was called first; empty if it is not known."""
        ...


class Transfer:
    """Transfers to one person. number: theirs; None: nobody is rung."""

    def __init__(self, number: str | None) -> None:
        self.number = number

    def number_for(self, call: CallEnds) -> str | None:
        """Return the number to ring for a call; None where it would ring one of the call's own ends."""
        ends = map(matching_number, (call.from_number, call.to_number, call.forwarded_from))
        return None if self.number is None or matching_number(self.number) in ends else self.number

    def leg_of(self, connection: Connection, facts: CallFacts, now: datetime) -> Leg:
        """Return what an incoming call is to our transfers."""
        if self.number is None or facts.direction != "inbound":
            return Leg.NONE
        if facts.from_number == facts.to_number:
            return Leg.OURS
        if not dials.is_being_transferred(connection, facts, now - LEG_COMES_WITHIN):
            return Leg.NONE
        is_forwarded = matching_number(facts.forwarded_from) == matching_number(self.number)
        return Leg.OURS if is_forwarded else Leg.LIKELY_OURS


def caller_id(call: CallEnds, *, withheld: bool) -> str | None:
    """Return the number that a transfer shows: ours where the caller shows none; None for Twilio's default.

    withheld: the caller shows no number that could be shown on.
    """
    return call.to_number if withheld and call.direction == "inbound" else None
