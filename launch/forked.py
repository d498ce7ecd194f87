"""Forks processes that share the imported modules of this one, at half the memory."""

import gc
import importlib
import os
import runpy
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Never

from settings import Settings

MOST_DESCRIPTORS = 1024
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


def import_to_share(module: str, settings: Settings) -> None:
    """Import an app's modules, about 100 MB, before forking, to share their memory; call its `load_to_share`, if any.

    Neither starts a thread or leaves a file open. What is imported and loaded is frozen for the garbage collector: it
    writes to every object it visits, and a written page is no longer shared.
    """
    app = importlib.import_module(module)
    if hasattr(app, "load_to_share"):
        app.load_to_share(settings)
    gc.collect()
    gc.freeze()


def end_forked_at_once(number: int) -> None:
    """From now on let a signal end what this process forks, until that has a handler of its own.

    It would inherit this process's handler, and so lose the signal that comes while it starts: gunicorn's workers
    then run until their time to end is up, and are killed.
    """
    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {number}),
        after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, {number}),
        after_in_child=lambda: (
            signal.signal(number, signal.SIG_DFL),
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {number}),
        ),
    )


class Forked:
    """A process that runs a function and ends, in a session of its own.

    Make it while this process has no other threads, or none with a lock. keep: the descriptors to keep open in it,
    in addition to the standard ones.
    """

    def __init__(self, run: Callable[[], None], *, keep: Sequence[int] = ()) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self.returncode: int | None = None
        # What comes before the process has handlers of its own must not go to this one's, and be lost
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            self.pid = os.fork()
            if self.pid == 0:
                _run_child(run, keep, mask)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while it runs."""
        return self._look(os.WNOHANG)

    def wait(self) -> int:
        """Wait for its end, and return the exit code."""
        code = self._look(0)
        assert code is not None
        return code

    def terminate(self) -> None:
        """Tell it to end, with TERM."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)

    def _look(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


class ForkedCommand:
    """A `flask --app app` command that runs meanwhile; what it prints can be read once."""

    def __init__(self, *arguments: str) -> None:
        self._reads, writes = os.pipe()
        command = command_run(*arguments)

        def run() -> None:
            os.dup2(writes, 1)
            # Not the old one, which may be a file's and knows its position there
            sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
            command()

        self._process = Forked(run, keep=[writes])
        os.close(writes)

    def said(self) -> str:
        """Return what it printed, at its end."""
        with os.fdopen(self._reads, encoding="utf-8", errors="replace") as printed:
            text = printed.read()
        self._process.wait()
        return text


def command_run(*arguments: str) -> Callable[[], None]:
    """Return a function that runs `flask --app app ...` in a forked process."""
    return module_run("flask", "--app", "app", *arguments)


def module_run(name: str, *arguments: str) -> Callable[[], None]:
    """Return a function that runs `python -m name ...` in a forked process."""

    def run() -> None:
        sys.argv = [name, *arguments]
        runpy.run_module(name, run_name="__main__", alter_sys=True)

    return run


def _run_child(run: Callable[[], None], keep: Sequence[int], mask: set[int | signal.Signals]) -> Never:
    code = 1
    try:
        os.setsid()
        _detach(keep)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        run()
        code = 0
    except SystemExit as error:
        code = _exit_code(error)
    except BaseException:  # noqa: BLE001  (as the interpreter would at its end)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _detach(keep: Sequence[int]) -> None:
    """Reset signal handlers, and close the descriptors and the terminal of the parent process."""
    signal.set_wakeup_fd(-1)
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    first = 3
    for descriptor in (*sorted(keep), MOST_DESCRIPTORS):
        os.closerange(first, descriptor)
        first = descriptor + 1
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def _exit_code(error: SystemExit) -> int:
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code
    sys.stderr.write(f"{error.code}\n")
    return 1
