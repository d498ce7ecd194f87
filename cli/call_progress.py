"""Places a call from the terminal, shows its progress, and prints a summary."""

from collections.abc import Callable

from cli.call_options import DialOptions
from cli.console import Terminal
from cli.exit_codes import ExitCode
from cli.following import TWILIO, Interruption, Watch, explain, minutes
from integrations.errors import IntegrationError, may_have_been_done
from integrations.twilio.calls import CallState, TwilioRest
from translations import lazy_gettext as _
from translations import lazy_pgettext

PRICE_POLLS = 3
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


def place_and_follow(
    terminal: Terminal,
    twilio: TwilioRest | None,
    options: DialOptions,
    place: Callable[[TwilioRest], CallState],
) -> ExitCode:
    """Place a call, follow it to its end, and return the exit code. place: may raise IntegrationError.

    ^C (or TERM) hangs up; the call is still followed to its end. A second one ends the program at once.
    """
    assert twilio is not None  # numbers_of requires its credentials
    return _Follower(terminal, twilio, options).place_and_follow(place)


class _Follower:
    """Follows one call in the terminal. options: the command's."""

    def __init__(self, terminal: Terminal, twilio: TwilioRest, options: DialOptions) -> None:
        self._terminal, self._twilio, self._options = terminal, twilio, options
        self._interruption = Interruption()

    def place_and_follow(self, place: Callable[[TwilioRest], CallState]) -> ExitCode:
        with self._interruption:
            try:
                placed = place(self._twilio)
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
            over = self._to_its_end(placed)
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

    def _to_its_end(self, placed: CallState) -> CallState:
        def look(state: CallState) -> CallState:
            return watch.ask(lambda: self._twilio.fetch_call(state.sid)) or state

        watch = Watch[CallState](
            self._terminal, self._interruption, TWILIO, word=lambda state: _status_word(self._terminal, state),
            poll_s=self._options.poll_s, patience_s=self._options.patience_s,
        )  # fmt: skip
        with watch:
            state = watch.follow(placed, look, is_over=lambda state: state.is_over, interrupted=self._hang_up)
            for _attempt in range(PRICE_POLLS if state.status == "completed" else 0):
                if state.price is not None or self._interruption.within(self._options.poll_s):
                    break
                state = look(state)
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


def summary(terminal: Terminal, state: CallState) -> str:
    """Return the outcome of a finished call, in a line or two."""
    parts = [_status_word(terminal, state)]
    if state.answered_by:
        kind = state.answered_by.partition("_")[0]
        parts.append(terminal.translate(_ANSWERED_BY.get(kind, state.answered_by)))
    if state.duration_s is not None:
        parts.append(minutes(state.duration_s))
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
