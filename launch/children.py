"""Keeps processes running: starts them, restarts them when they die, and ends them together."""

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
LONGEST_WAIT_S = 15.0
NO_ROOM_WAIT_S = 5.0

# No line ever comes: the read ends with the pipe, when this process is gone for whatever reason.
WATCHDOG = 'read -r _; kill -TERM "$1"'


class GivingUpError(Exception):
    """A process died too often. The message is its name."""


class RestartPolicy:
    """The delays before restarts, and the limit of deaths: of a process without which there is nothing to keep up."""

    def __init__(self, *, is_vital: bool) -> None:
        self._is_vital = is_vital
        self._deaths: deque[float] = deque(maxlen=DEATHS_ALLOWED)

    def wait_s(self, now: float) -> float | None:
        """Count a death at `now` (monotonic seconds). Return the delay; None at a vital one's fifth within a minute."""
        self._deaths.append(now)
        recent = sum(now - death < DEATHS_WINDOW_S for death in self._deaths)
        if recent < DEATHS_ALLOWED:
            return FIRST_WAIT_S * float(2 ** (recent - 1))
        return None if self._is_vital else LONGEST_WAIT_S


class Child:
    """One process, in a session of its own: a terminal's ^C reaches only the supervisor."""

    def __init__(
        self,
        name: str,
        run: Callable[[], None],
        *,
        keep: Sequence[int] = (),
        stop_within_s: float,
        is_vital: bool = True,
    ) -> None:
        """run: the process's function. keep: its open descriptors. stop_within_s: the seconds it has to end.

        is_vital: whether all is given up if it dies too often.
        """
        self.name = name
        self.stop_within_s = stop_within_s
        self.due_at: float | None = None
        self._run, self._keep = run, keep
        self._policy = RestartPolicy(is_vital=is_vital)
        self._process: Forked | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """True if it was started and is not known to be dead."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, with a watchdog to end it if this process is killed; later, if the system has no room for it."""
        self.due_at = None
        try:
            self._process = Forked(self._run, keep=self._keep)
            self._watchdog = subprocess.Popen(  # noqa: S603
                ["/bin/sh", "-c", WATCHDOG, "sh", str(self._process.pid)],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        except OSError:  # there is no memory, process or descriptor left at the moment
            self.kill()
            self.due_at = time.monotonic() + NO_ROOM_WAIT_S

    def note_death(self, now: float) -> int | None:
        """Schedule a restart and return the exit code if it died, else None. Raises GivingUpError."""
        if self._process is None or self._process.poll() is None:
            return None
        code = self._process.returncode
        self.kill()
        wait_s = self._policy.wait_s(now)
        if wait_s is None:
            raise GivingUpError(self.name)
        self.due_at = now + wait_s
        return code

    def terminate(self) -> None:
        """Tell it to finish its work and end."""
        if self._process is not None:
            self._process.terminate()

    def kill(self) -> None:
        """Kill the rest of its process group, and its watchdog."""
        if self._process is not None:
            _kill_group(self._process)
            self._process = None
        if self._watchdog is not None:
            _kill_group(self._watchdog)
            assert self._watchdog.stdin is not None
            self._watchdog.stdin.close()
            self._watchdog = None


class Supervisor:
    """Keeps children running until it is told to end, or one of them dies too often."""

    def __init__(self, children: Sequence[Child], *, on_restart: Callable[[str, int], None]) -> None:
        self._children = children
        self._on_restart = on_restart
        self._signals: deque[int] = deque()
        self._wake_read, self._wake_write = os.pipe()
        self._listen_for_signals()

    @property
    def was_told_to_end(self) -> bool:
        """True after ^C, TERM or HUP."""
        return bool(self._signals)

    def run(self) -> None:
        """Start the children and keep them running until told to end. Raises GivingUpError."""
        for child in self._children:
            child.start()
        while not self.was_told_to_end:
            now = time.monotonic()
            for child in self._children:
                self._restart_if_due(child, now)
            self._sleep(self._next_due_in_s(now))

    def end(self) -> None:
        """End the children; kill the remaining ones after their time, or at a second ^C."""
        for child in self._children:
            child.terminate()
        began = time.monotonic()
        while running := [child for child in self._children if child.is_running]:
            left_s = max(child.stop_within_s for child in running) - (time.monotonic() - began)
            if left_s <= 0 or self._must_hurry:
                break
            self._sleep(left_s)
        for child in self._children:
            child.kill()

    @property
    def _must_hurry(self) -> bool:
        return list(self._signals).count(signal.SIGINT) > 1

    def _restart_if_due(self, child: Child, now: float) -> None:
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
        # A signal wakes the pipe only if it has a handler.
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup: keep running
            signal.signal(signal.SIGHUP, self._note_signal)

    def _note_signal(self, number: int, _frame: FrameType | None) -> None:
        self._signals.append(number)


def _kill_group(process: "Forked | subprocess.Popen[bytes]") -> None:
    # The group may be empty; for a group of zombies, macOS says "not permitted".
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
