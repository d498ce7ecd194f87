"""Processes that go on where this one is: what they return, and what they do not take along."""

import errno
import os
import select
import signal
import subprocess
import sys
import time

import pytest

from launch.forked import Forked
from settings import ROOT


def fail():
    raise ValueError("a mishap")


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (lambda: None, 0),
        (lambda: sys.exit(7), 7),
        (lambda: sys.exit(None), 0),
        (lambda: sys.exit("no database"), 1),
        (fail, 1),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), -9),
    ],
)
def test_it_ends_as_a_program_of_its_own_would(run, code):
    assert Forked(run).wait() == code


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("lambda: sys.exit('no database')", "no database\n"),
        ("lambda: int('a mishap')", "ValueError: invalid literal for int() with base 10: 'a mishap'\n"),
    ],
)
def test_what_ended_it_is_said(run, said):
    program = f"import sys; from launch.forked import Forked; Forked({run}).wait()"

    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)

    assert ended.stderr.endswith(said)


def test_what_a_command_prints_is_read_even_where_this_process_prints_to_a_file(folder, tmp_path):
    program = "from launch.forked import ForkedCommand; print([ForkedCommand('dashboard-link').said()])"

    with (tmp_path / "said").open("w") as said:
        subprocess.run([sys.executable, "-c", program], cwd=folder, check=True, stdout=said)

    assert (tmp_path / "said").read_text() == "['Once:\\n  http://127.0.0.1/open?key=á\\n']\n"


def test_it_runs_until_it_is_told_to_end():
    forked = Forked(lambda: time.sleep(60))
    assert forked.poll() is None

    forked.terminate()

    assert forked.wait() == -signal.SIGTERM
    assert forked.poll() == -signal.SIGTERM
    forked.terminate()  # there is nobody any more


def test_what_tells_it_to_end_at_once_reaches_it():
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        for _ in range(20):
            forked = Forked(lambda: time.sleep(3))
            forked.terminate()
            assert forked.wait() == -signal.SIGTERM
    finally:
        signal.signal(signal.SIGTERM, before)


def test_signals_are_heard_after_a_fork_that_failed(monkeypatch):
    def no_room():
        raise BlockingIOError(errno.EAGAIN, "no room")

    monkeypatch.setattr(os, "fork", no_room)
    with pytest.raises(BlockingIOError):
        Forked(lambda: None)

    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()


def told_by(run, *, keep=()):
    """What a forked process writes into a pipe that it is given."""
    reading, writing = os.pipe()
    Forked(lambda: os.write(writing, repr(run()).encode()) and None, keep=[writing, *keep]).wait()
    os.close(writing)
    ready, _, _ = select.select([reading], [], [], 0)
    told = os.read(reading, 4096).decode() if ready else ""
    os.close(reading)
    return told


def is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_of_descriptors_it_has_those_that_it_was_given():
    kept, other = os.pipe()
    try:
        assert told_by(lambda: (is_open(kept), is_open(other)), keep=[kept]) == "(True, False)"
    finally:
        os.close(kept)
        os.close(other)


def test_it_has_no_terminal_to_read_from_and_a_session_of_its_own():
    assert told_by(lambda: (os.read(0, 1), os.getsid(0) == os.getpid())) == "(b'', True)"


def test_signals_are_what_they_are_in_a_new_program():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    try:
        signal.signal(signal.SIGTERM, lambda *_: None)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup asks it to stay
        signal.signal(signal.SIGINT, lambda *_: None)
        told = told_by(
            lambda: (
                signal.getsignal(signal.SIGTERM) is signal.SIG_DFL,
                signal.getsignal(signal.SIGHUP) is signal.SIG_IGN,
                signal.getsignal(signal.SIGINT) is signal.default_int_handler,
            )
        )
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

    assert told == "(True, True, True)"


def test_no_process_loads_the_asynchronous_client_that_comes_with_twilio():
    asked = "import app, sys; print('openai' in sys.modules, 'aiohttp' in sys.modules); import aiohttp"

    said = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)

    assert said.stdout.split() == ["True", "False"]
