"""Follows a call or a message in the terminal: shows each status, and explains errors of the provider."""

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
"""A function that returns the meaning and the solution of an error code, in a language; None: unknown."""

State = TypeVar("State")
Answer = TypeVar("Answer")


class Watch(Generic[State]):
    """Follows a call or a message. Inside `with`, it prints a line for each new status, and counts the seconds.

    who: the provider's name. word: returns a state's status in the reader's language. poll_s: seconds between two
    polls. patience_s: seconds without an answer from the provider before it gives up; None: never.
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
        """Poll until it is over, and return the last state. look, interrupted: return the state after a given one."""
        self._show(state)
        while not is_over(state):
            state = interrupted(state) if self._interruption.within(self._poll_s) else look(state)
            self._show(state)
        return state

    def ask(self, fetch: Callable[[], Answer]) -> Answer | None:
        """Return the provider's answer; None after a temporary failure, which is printed once.

        Raises IntegrationError if the failure is permanent, or after patience_s without an answer.
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
    """Handles ^C and TERM inside `with`: records the first, and raises KeyboardInterrupt at the second."""

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
        """Wait for the seconds; return True at once after an interruption not reported before."""
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
    """Print a provider's error and its solution, and return the exit code."""
    code = f" [{error.code}]" if error.code is not None else ""
    advice = what_to_do(error.code, terminal.language)
    if advice:
        terminal.complain(f"{advice}\n  {error}{code}")
    else:
        terminal.complain(_("{who} says: {error}{code}").format(who=who, error=error, code=code))
    return ExitCode.REFUSED if error.permanent else ExitCode.UNREACHABLE


def minutes(seconds: int) -> str:
    """Return a duration in the form 2:05."""
    return f"{seconds // 60}:{seconds % 60:02}"
