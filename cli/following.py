"""Follows in the terminal what a provider does: shows each status, bears passing failures, explains the others."""

import signal
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any, Generic, Self, TypeVar

from cli.console import Terminal
from cli.exit_codes import ExitCode
from integrations.errors import IntegrationError
from integrations.twilio.error_codes import what_to_do
from translations import lazy_gettext as _

PATIENCE_S = 60.0
TWILIO = "Twilio"

Advice = Callable[[int | str | None, str], str | None]
"""What a code means and what to do about it, in a language."""

State = TypeVar("State")
Answer = TypeVar("Answer")


class Watch(Generic[State]):
    """Follows a call or a message; while entered, a line stays for each new status, and on a terminal one counts.

    who: the provider's name. word: a state's status, in the reader's words. poll_s: seconds between two looks.
    patience_s: seconds without an answer from the provider before it gives up; None: it never does.
    """

    def __init__(
        self,
        terminal: Terminal,
        interruption: "Interruption",
        who: str,
        *,
        word: Callable[[State], str],
        poll_s: float,
        patience_s: float | None = None,
    ) -> None:
        self._terminal, self._interruption, self._who, self._word = terminal, interruption, who, word
        self._poll_s, self._patience_s = poll_s, patience_s
        self._status = terminal.console.status("")
        self._shown: str | None = None
        self._failing = False

    def __enter__(self) -> Self:
        self._began = self._answered_at = time.monotonic()
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def follow(
        self,
        state: State,
        look: Callable[[State], State],
        *,
        is_over: Callable[[State], bool],
        interrupted: Callable[[State], State],
    ) -> State:
        """Look until it is over, and return the last state. look, interrupted: return the state after the given one."""
        self._show(state)
        while not is_over(state):
            state = interrupted(state) if self._interruption.within(self._poll_s) else look(state)
            self._show(state)
        return state

    def ask(self, fetch: Callable[[], Answer]) -> Answer | None:
        """Return the provider's answer; None while it fails in passing, which is said once.

        Raises IntegrationError if the failure is permanent or patience_s have passed with no answer.
        """
        try:
            answer = fetch()
        except IntegrationError as error:
            silent_s = time.monotonic() - self._answered_at
            if error.permanent or (self._patience_s is not None and silent_s >= self._patience_s):
                raise
            if not self._failing:
                self._terminal.say(
                    _("{who} does not answer for now ({error}); still trying.").format(
                        who=self._who, error=error
                    )
                )
            self._failing = True
            return None
        self._answered_at, self._failing = time.monotonic(), False
        return answer

    def _show(self, state: State) -> None:
        status = self._word(state)
        line = f"  {minutes(int(time.monotonic() - self._began))}  {status}"
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


def minutes(seconds: int) -> str:
    """Return a length of time as 2:05."""
    return f"{seconds // 60}:{seconds % 60:02}"
