"""Keeps processes up: starts them, restarts them when they die, ends them together."""

import os
import select
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType

from launch.forked import Forked

FIRST_WAIT_S = 0.25
DEATHS_ALLOWED = 5
DEATHS_WINDOW_S = 60.0

# A line never comes: the end of the pipe does, when we are gone, however we went.
GUARD = 'read -r _; kill -TERM "$1"'


class GivingUpError(Exception):
    """A process died as often as is allowed. The message is its name."""


class RestartPolicy:
    """The delay before a dead process is restarted, and the number of deaths allowed."""

    def __init__(self) -> None:
        self._deaths: deque[float] = deque(maxlen=DEATHS_ALLOWED)

    def wait_s(self, now: float) -> float | None:
        """Count a death at `now` (monotonic seconds); None when it was the fifth within a minute."""
        self._deaths.append(now)
        recent = sum(now - death < DEATHS_WINDOW_S for death in self._deaths)
        return None if recent >= DEATHS_ALLOWED else FIRST_WAIT_S * 2 ** (recent - 1)


class Child:
    """One process, in a session of its own so that a terminal's ^C reaches the supervisor alone."""

    def __init__(
        self, name: str, run: Callable[[], None], *, keep: Sequence[int] = (), stop_within_s: float
    ) -> None:
        """run: the process's function. keep: the descriptors that it needs."""
        self.name = name
        self.stop_within_s = stop_within_s
        self.due_at: float | None = None
        self._run, self._keep = run, keep
        self._policy = RestartPolicy()
        self._process: Forked | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """True if it was started and has not been seen dead."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, with a guard beside it to end it if this process is killed outright."""
        self.due_at = None
        self._process = Forked(self._run, keep=self._keep)
        self._guard = subprocess.Popen(  # noqa: S603
            ["/bin/sh", "-c", GUARD, "sh", str(self._process.pid)],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def note_death(self, now: float) -> int | None:
        """If it died, say when it is due again and return its exit code; else None.

        Raises GivingUpError.
        """
        if self._process is None or self._process.poll() is None:
            return None
        code = self._process.returncode
        self.clear_away()
        wait_s = self._policy.wait_s(now)
        if wait_s is None:
            raise GivingUpError(self.name)
        self.due_at = now + wait_s
        return code

    def ask_to_end(self) -> None:
        """Ask it to finish its work and end."""
        if self._process is not None:
            self._process.terminate()

    def clear_away(self) -> None:
        """Kill what is left of it, its children included, and its guard."""
        if self._process is not None:
            _kill_group(self._process)
            self._process = None
        if self._guard is not None:
            _kill_group(self._guard)
            assert self._guard.stdin is not None
            self._guard.stdin.close()
            self._guard = None


class Supervisor:
    """Keeps children up until it is told to end, or one of them dies too often."""

    def __init__(self, children: Sequence[Child], *, on_restart: Callable[[str, int], None]) -> None:
        self._children = children
        self._on_restart = on_restart
        self._signals: deque[int] = deque()
        self._wake_read, self._wake_write = os.pipe()
        self._listen_for_signals()

    @property
    def was_told_to_end(self) -> bool:
        """True once ^C, TERM or HUP has come."""
        return bool(self._signals)

    def keep_up(self) -> None:
        """Start the children and keep them up until told to end. Raises GivingUpError."""
        for child in self._children:
            child.start()
        while not self.was_told_to_end:
            now = time.monotonic()
            for child in self._children:
                self._revive(child, now)
            self._sleep(self._next_due_in_s(now))

    def end(self) -> None:
        """End the children; kill those still running after their time, or after a second ^C."""
        for child in self._children:
            child.ask_to_end()
        began = time.monotonic()
        while running := [child for child in self._children if child.is_running]:
            left_s = max(child.stop_within_s for child in running) - (time.monotonic() - began)
            if left_s <= 0 or self._is_hurried:
                break
            self._sleep(left_s)
        for child in self._children:
            child.clear_away()

    @property
    def _is_hurried(self) -> bool:
        return list(self._signals).count(signal.SIGINT) > 1

    def _revive(self, child: Child, now: float) -> None:
        code = child.note_death(now)
        if code is not None:
            self._on_restart(child.name, code)
        if child.due_at is not None and child.due_at <= now:
            child.start()

    def _next_due_in_s(self, now: float) -> float | None:
        due = [child.due_at for child in self._children if child.due_at is not None]
        return max(0.0, min(due) - now) if due else None

    def _sleep(self, longest_s: float | None) -> None:
        ready, _, _ = select.select([self._wake_read], [], [], longest_s)
        if ready:
            os.read(self._wake_read, 4096)

    def _listen_for_signals(self) -> None:
        for end in (self._wake_read, self._wake_write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        # A handler must be there for a signal to wake the pipe.
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup asks us to stay
            signal.signal(signal.SIGHUP, self._note_signal)

    def _note_signal(self, number: int, _frame: FrameType | None) -> None:
        self._signals.append(number)


def _kill_group(process: "Forked | subprocess.Popen[bytes]") -> None:
    # Nobody may be left in it; macOS says "not permitted" of a group of zombies.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
