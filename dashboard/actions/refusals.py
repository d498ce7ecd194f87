"""Why an action was not performed."""

from collections.abc import Sequence
from enum import StrEnum

from translations import Message


class Trouble(StrEnum):
    """The reason for refusing an action."""

    GONE = "gone"
    NOTHING_WRITTEN = "nothing-written"
    TOO_LONG = "too-long"
    OPTED_OUT = "opted-out"
    UNREACHABLE = "unreachable"
    WAITS_ALREADY = "waits-already"
    TAKEN = "taken"
    SIMULATED = "simulated"
    CALL_OVER = "call-over"
    CANNOT_TRANSFER = "cannot-transfer"
    COMES_BACK = "comes-back"
    IN_TRANSFER = "in-transfer"
    BEING_DONE = "being-done"
    NO_CREDENTIALS = "no-credentials"
    NOT_AGAIN = "not-again"
    REFUSED = "refused"
    NO_WHATSAPP = "no-whatsapp"
    NO_PHONE = "no-phone"
    NOT_IN_STATE = "not-in-state"
    NOBODY = "nobody"
    NOT_MADE = "not-made"
    TEMPLATE = "template"
    NOT_TRIED = "not-tried"
    NOT_TAKEN = "not-taken"
    NO_REMINDER = "no-reminder"
    NO_LIST = "no-list"
    LONG_LIST = "long-list"


class CannotBeDone(Exception):
    """The action was not done. code: the provider's, if it refused. why: sentences of whoever refused it."""

    def __init__(
        self, trouble: Trouble, code: int | str | None = None, why: Sequence[Message | str] = ()
    ) -> None:
        super().__init__(trouble)
        self.trouble, self.code, self.why = trouble, code, why


class DoneBefore(Exception):
    """The same form was sent before, by a second click for instance, and its action was performed then."""
