"""Programs that start at once: each is forked from a process that has imported the application already.

What is run is what `python PROGRAM` or `python -m MODULE` runs: a process of its own, with its own environment,
folder, files and signals. Only the second that importing takes is saved. Importing a module of ours does nothing
(tests/launch/test_gunicorn.py says so), hence nothing is shared by it.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
SERVER = Path(__file__).with_name("warm_server.py")


def hear_signals_in_programs():
    """Let what is started hear signals, also where these are ignored: in the background, or under nohup."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            # Ignored as before here, but not in programs: exec() resets a handler, and keeps SIG_IGN.
            signal.signal(number, lambda _number, _frame: None)


class WarmPrograms:
    """The process that others are forked from: started with the first of them, and over when we are."""

    def __init__(self):
        self._ours = None
        self._server = None

    def start(
        self, arguments, *, env, cwd=ROOT, stdin=None, stdout=None, stderr=None, start_new_session=False
    ):
        """Start what would be `[sys.executable, *arguments]`; files are as Popen takes them, and nothing is nothing.

        Of pipes there are those for output, of text.
        """
        if self._server is None:
            self._begin()
        ours, theirs = socket.socketpair()
        request = {
            "arguments": [str(argument) for argument in arguments], "environment": env, "folder": str(cwd),
            "session": start_new_session,
        }  # fmt: skip
        with ExitStack() as ours_alone:
            pipes = []

            def number(file, usual):
                if file is None:
                    return usual
                if file == subprocess.DEVNULL:
                    return ours_alone.enter_context(Path(os.devnull).open("r+b", buffering=0)).fileno()
                if file == subprocess.PIPE:
                    reads, writes = os.pipe()
                    ours_alone.callback(os.close, writes)
                    pipes.append(os.fdopen(reads, encoding="utf-8"))
                    return writes
                return file if isinstance(file, int) else file.fileno()

            given = [number(stdin, 0), number(stdout, 1)]
            given.append(given[1] if stderr == subprocess.STDOUT else number(stderr, 2))
            ours_alone.enter_context(theirs)
            socket.send_fds(self._ours, [b"."], [theirs.fileno(), *given])
            ours.sendall(json.dumps(request).encode() + b"\n")
        return WarmProcess(arguments, ours, pipes)

    def run(self, arguments, *, timeout, input=None, **options):
        """Run one to its end, and return a CompletedProcess with what it said. input: what is typed to it."""
        with tempfile.TemporaryFile() as typed:
            typed.write((input or "").encode())
            typed.seek(0)
            process = self.start(
                arguments, stdin=typed, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
            )
            out, err = process.communicate(timeout)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def _begin(self):
        self._ours, theirs = socket.socketpair()
        with theirs:
            self._server = subprocess.Popen(
                [sys.executable, SERVER, str(theirs.fileno())], cwd=ROOT, pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )  # fmt: skip


PROGRAMS = WarmPrograms()


class WarmProcess:
    """One of them, with what a test asks of a subprocess.Popen."""

    def __init__(self, args, told, pipes):
        self.args = args
        self.returncode = None
        self.stdout, self.stderr = (*pipes, None, None)[:2]
        self._told = told
        self._lines = told.makefile()
        self.pid = int(self._lines.readline())

    def poll(self):
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout=None):
        """Return its exit code, or minus the signal that ended it. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            ready, _, _ = select.select([self._told], [], [], timeout)
            if not ready:
                raise subprocess.TimeoutExpired(self.args, timeout)
            self.returncode = int(self._lines.readline())
            self._lines.close()
            self._told.close()
        return self.returncode

    def communicate(self, timeout=None):
        """Wait for its end and return what it said."""
        with ThreadPoolExecutor() as readers:
            said = [readers.submit(pipe.read) if pipe else None for pipe in (self.stdout, self.stderr)]
            try:
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
            out, err = (reading.result(timeout) if reading else None for reading in said)
        for pipe in (self.stdout, self.stderr):
            if pipe:
                pipe.close()
        return out, err

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def terminate(self):
        self.send_signal(signal.SIGTERM)
