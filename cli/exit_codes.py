"""Exit codes of every command, for scripts."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command. Its meaning for one kind of command is in that command's --help."""

    COMPLETED = 0
    NOT_COMPLETED = 1
    WRONG_INPUT = 2
    REFUSED = 3
    UNREACHABLE = 4
    INTERRUPTED = 130
