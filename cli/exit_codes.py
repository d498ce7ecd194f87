"""How every command ends, for scripts."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of a command. What it means for one kind of command, its --help says."""

    COMPLETED = 0
    NOT_COMPLETED = 1
    WRONG_INPUT = 2
    REFUSED = 3
    UNREACHABLE = 4
    INTERRUPTED = 130
