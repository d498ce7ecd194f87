"""Defines the exit codes of the commands."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command; each command's --help says more."""

    COMPLETED = 0
    NOT_COMPLETED = 1
    WRONG_INPUT = 2
    REFUSED = 3
    UNREACHABLE = 4
    INTERRUPTED = 130
