"""Forks processes that share the imported modules of this one, at half the memory."""

import gc
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Never

MOST_DESCRIPTORS = 1024
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)


def import_to_share(module: str) -> None:
    """Import an app's modules, about 100 MB, before forking, to share their memory.

    The import starts no thread and opens no file. The imported objects are frozen for the garbage collector: it writes
    to every object it visits, and a written page is no longer shared.
    """
    importlib.import_module(module)
    gc.collect()
    gc.freeze()


class Forked:
    """A process that runs a function and ends, in a session of its own.

    Make it while this process has no other threads, or none with a lock. keep: the descriptors to keep open in it,
    in addition to the standard ones.
    """

    def __init__(self, run: Callable[[], None], *, keep: Sequence[int] = ()) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            _run_child(run, keep)

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


def _run_child(run: Callable[[], None], keep: Sequence[int]) -> Never:
    code = 1
    try:
        os.setsid()
        _detach(keep)
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
