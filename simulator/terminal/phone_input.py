"""Reads and parses the caller's input lines."""

import re
import select
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import Protocol, TextIO


class InputAction(StrEnum):
    """A caller's action."""

    SAY = "say"
    PRESS = "press"
    INTERRUPT = "interrupt"
    KEEP_SILENT = "keep silent"
    HANG_UP = "hang up"
    ASK_FOR_HELP = "ask for help"


_KEYS = re.compile(r"[/#]([0-9*#]+)|([0-9*]*#)")


def read_line(line: str) -> tuple[InputAction, str]:
    """Parse a line into its action and its words or keys: "1#", "/1" and "#1" are keys, "!text" interrupts."""
    line = line.strip()
    if not line:
        return InputAction.KEEP_SILENT, ""
    if line.lower() in ("/hangup", "/colgar"):
        return InputAction.HANG_UP, ""
    if line.lower() in ("/help", "/ayuda", "/?"):
        return InputAction.ASK_FOR_HELP, ""
    if keys := _KEYS.fullmatch(line):
        return InputAction.PRESS, keys[1] or keys[2]
    if line.startswith("!"):
        words = line.removeprefix("!").strip()
        return (InputAction.INTERRUPT, words) if words else (InputAction.KEEP_SILENT, "")
    return InputAction.SAY, line


class Lines(Protocol):
    """A source of input lines."""

    def next(self, prompt: str, within_s: float | None) -> str | None:
        """Return the next line, or None after within_s seconds without one. Raises EOFError after the last line."""
        ...


class Keyboard:
    """Input lines from the keyboard."""

    def __init__(self) -> None:
        with suppress(ImportError):  # a Python without it edits lines less well
            import readline  # noqa: F401

    def next(self, prompt: str, within_s: float | None) -> str | None:
        """Ask for a line, and wait for it at most within_s seconds; None: as long as it takes."""
        if within_s is None:
            return input(prompt)
        sys.stdout.write(prompt.replace("\x01", "").replace("\x02", ""))
        sys.stdout.flush()
        ready, _, _ = select.select([sys.stdin], [], [], max(0.0, within_s))
        if ready:
            return input()
        if sys.stdout.isatty():
            sys.stdout.write("\r\x1b[2K\x1b[1A")  # removes the prompt: the call continues on that line
        return None


class ScriptedLines:
    """Input lines from a file: one line for each action."""

    def __init__(self, file: TextIO) -> None:
        self._lines: Iterator[str] = iter(file.read().splitlines())

    def next(self, prompt: str, within_s: float | None) -> str | None:
        """Return the file's next line at once; None if within_s is given: a script never interrupts a pause."""
        if within_s is not None:
            return None
        line = next(self._lines, None)
        if line is None:
            raise EOFError
        return line


@contextmanager
def without_echo() -> Iterator[None]:
    """Hide typed characters meanwhile, and keep them for the next line."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    quiet = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(sys.stdin, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
