"""Places a call from the terminal, shows its progress, and sums it up."""

import signal
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any

from rich.status import Status

from cli.call_options import PATIENCE_S
from cli.console import Terminal
from cli.exit_codes import ExitCode
from integrations.errors import IntegrationError
from integrations.twilio.calls import CallState, TwilioRest, may_have_been_done, what_to_do
from translations import lazy_gettext as _
from translations import lazy_pgettext

LOOKS_FOR_THE_PRICE = 3
TWILIO = "Twilio"

Advice = Callable[[int | str | None, str], str | None]
"""What a code means and what to do about it, in a language."""

_STATUSES = {
    "queued": _("queued"),
    "initiated": _("dialing"),
    "ringing": _("ringing"),
    "in-progress": _("talking"),
    "completed": _("completed"),
    "busy": lazy_pgettext("of a call", "busy"),
    "no-answer": _("no answer"),
    "failed": lazy_pgettext("of a call", "failed"),
    "canceled": _("canceled"),
}
_ANSWERED_BY = {
    "human": _("a person answered"),
    "machine": _("a machine answered"),
    "fax": _("a fax answered"),
    "unknown": _("not known who answered"),
}


class Follower:
    """Follows one call in the terminal.

    ^C (or TERM) hangs up, and the call is followed to its end; a second one leaves at once. poll_s: seconds
    between two requests for the call. patience_s: seconds of silence from Twilio before it gives up.
    """

    def __init__(
        self, twilio: TwilioRest, terminal: Terminal, *, poll_s: float = 1, patience_s: float = PATIENCE_S
    ) -> None:
        self._twilio = twilio
        self._terminal = terminal
        self._poll_s = poll_s
        self._patience_s = patience_s
        self._interruption = Interruption()

    def place_and_follow(self, place: Callable[[], CallState]) -> ExitCode:
        """Place the call and follow it to its end. `place` raises IntegrationError."""
        with self._interruption:
            try:
                placed = place()
            except IntegrationError as error:
                return self._not_placed(error)
            except KeyboardInterrupt:
                self._unknown_whether_placed()
                return ExitCode.INTERRUPTED
            return self._follow(placed)

    def _not_placed(self, error: IntegrationError) -> ExitCode:
        if may_have_been_done(error):
            self._unknown_whether_placed()
        return explain(self._terminal, error)

    def _unknown_whether_placed(self) -> None:
        self._terminal.complain(
            _(
                "It is not known whether the call was placed: before you repeat it, look at "
                "https://console.twilio.com (Monitor, Logs, Calls)."
            ),
        )

    def _follow(self, placed: CallState) -> ExitCode:
        self._terminal.say(
            _("Calling {to} from {sender} ({sid}). ^C hangs up.").format(
                to=placed.to, sender=placed.sender, sid=placed.sid
            ),
        )
        try:
            with self._terminal.console.status("") as status:
                over = self._to_its_end(Progress(self._terminal, status), placed)
        except IntegrationError as error:
            self._may_be_on(placed)
            return explain(self._terminal, error)
        except KeyboardInterrupt:
            self._may_be_on(placed)
            return ExitCode.INTERRUPTED
        self._terminal.console.print(summary(self._terminal, over))
        if self._interruption.noted:
            return ExitCode.INTERRUPTED
        return ExitCode.COMPLETED if over.status == "completed" else ExitCode.NOT_COMPLETED

    def _to_its_end(self, progress: "Progress", state: CallState) -> CallState:
        looks = Looks(self._twilio, self._terminal, self._patience_s)
        progress.show(_status_word(self._terminal, state))
        while not state.is_over:
            interrupted = self._interruption.within(self._poll_s)
            state = self._hang_up(state) if interrupted else looks.again(state)
            progress.show(_status_word(self._terminal, state))
        return self._billed(looks, state)

    def _billed(self, looks: "Looks", state: CallState) -> CallState:
        for _attempt in range(LOOKS_FOR_THE_PRICE if state.status == "completed" else 0):
            if state.price is not None or self._interruption.within(self._poll_s):
                break
            state = looks.again(state)
        return state

    def _hang_up(self, state: CallState) -> CallState:
        self._terminal.say(
            _("Hanging up… (^C again: leave without waiting)"),
        )
        try:
            return self._twilio.end_call(state.sid)
        except IntegrationError as error:
            explain(self._terminal, error)
            return state

    def _may_be_on(self, placed: CallState) -> None:
        self._terminal.complain(
            _("The call {sid} is followed no longer; it may still be on.").format(sid=placed.sid),
        )


class Looks:
    """Fetches a call again and again, tolerating passing failures."""

    def __init__(self, twilio: TwilioRest, terminal: Terminal, patience_s: float) -> None:
        self._twilio = twilio
        self._terminal = terminal
        self._patience_s = patience_s
        self._seen_at = time.monotonic()
        self._failing = False

    def again(self, state: CallState) -> CallState:
        """Return the call's present state, or its last known one while Twilio fails.

        Raises IntegrationError if the failure is permanent or patience_s have passed with no answer.
        """
        try:
            state = self._twilio.fetch_call(state.sid)
        except IntegrationError as error:
            self._bear(error)
        else:
            self._seen_at, self._failing = time.monotonic(), False
        return state

    def _bear(self, error: IntegrationError) -> None:
        if error.permanent or time.monotonic() - self._seen_at >= self._patience_s:
            raise error
        if not self._failing:
            tell_failing(self._terminal, error, TWILIO)
        self._failing = True


class Progress:
    """Shows a call or a message: a line stays for each new status, and on a terminal one counts the seconds."""

    def __init__(self, terminal: Terminal, status: Status) -> None:
        self._terminal = terminal
        self._status = status
        self._began = time.monotonic()
        self._shown: str | None = None

    def show(self, status: str) -> None:
        """Show the status, in the reader's words."""
        line = f"  {_minutes(int(time.monotonic() - self._began))}  {status}"
        if status != self._shown:
            self._terminal.console.print(line)
            self._shown = status
        self._status.update(line)


class Interruption:
    """While entered, the first ^C or TERM is noted and not raised; the second raises KeyboardInterrupt."""

    def __init__(self) -> None:
        self.noted = False
        # SimpleQueue, as its put may be called from a signal handler; an Event's set may deadlock there.
        self._queue: SimpleQueue[None] = SimpleQueue()
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._note)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def within(self, seconds: float) -> bool:
        """Wait for so many seconds; return True at once if there was an interruption not yet reported."""
        try:
            self._queue.get(timeout=seconds)
        except Empty:
            return False
        return True

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.noted:
            raise KeyboardInterrupt
        self.noted = True
        self._queue.put(None)


def tell_failing(terminal: Terminal, error: IntegrationError, who: str) -> None:
    """Say that somebody does not answer for the moment, and that it goes on."""
    terminal.say(_("{who} does not answer for now ({error}); still trying.").format(who=who, error=error))


def explain(
    terminal: Terminal, error: IntegrationError, who: str = TWILIO, what_to_do: Advice = what_to_do
) -> ExitCode:
    """Print what a provider said and what to do about it; return the exit code for it."""
    code = f" [{error.code}]" if error.code is not None else ""
    advice = what_to_do(error.code, terminal.language)
    if advice:
        terminal.complain(f"{advice}\n  {error}{code}")
    else:
        terminal.complain(_("{who} says: {error}{code}").format(who=who, error=error, code=code))
    return ExitCode.REFUSED if error.permanent else ExitCode.UNREACHABLE


def summary(terminal: Terminal, state: CallState) -> str:
    """Return the outcome of a finished call, in a line or two."""
    parts = [_status_word(terminal, state)]
    if state.answered_by:
        kind = state.answered_by.partition("_")[0]
        parts.append(terminal.translate(_ANSWERED_BY.get(kind, state.answered_by)))
    if state.duration_s is not None:
        parts.append(_minutes(state.duration_s))
    if state.status == "completed":
        parts.append(_price(terminal, state))
    lines = [f"{state.sid}: {' · '.join(parts)}"]
    if state.status == "failed":
        lines.append(
            terminal.translate(
                _("The reason is at https://console.twilio.com (Monitor, Logs, Calls), under that SID."),
            )
        )
    return "\n".join(lines)


def _price(terminal: Terminal, state: CallState) -> str:
    if state.price is None:
        return terminal.translate(_("price not known yet"))
    return terminal.amount(state.price, state.price_unit)


def _status_word(terminal: Terminal, state: CallState) -> str:
    return terminal.translate(_STATUSES.get(state.status, state.status))


def _minutes(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"
